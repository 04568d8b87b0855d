"""`slshell resize-volume`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment
from slshell.commands.kinds import volume_lines
from slshell.commands.parameters import resolve_volume, volume_in
from slshell.commands.registry import Danger, command
from slshell.commands.volume_actions import ready
from slshell.model.errors import Conflict
from slshell.model.volume import GIB, VolumeState
from slshell.output.listing import Listing

RESIZED = volume_lines(lambda each: f"RESIZED {each.id} to {each.size_bytes / GIB:g} GiB")


@command(danger=Danger.CHANGE)
@click.argument("volume", type=volume_in(VolumeState.AVAILABLE, VolumeState.ATTACHED), metavar="VOLUME")
@click.option("-s", "--size", type=int, required=True, metavar="GB", help="The new size in GiB.")
def resize_volume_command(environment: Environment, volume: str, size: int) -> Listing:
    """Make a volume larger, also while a machine uses it.

    The disk grows, not what is on it: in the guest, `resize2fs DEVICE` lets an ext file system follow.
    """
    cloud = environment.cloud
    one = resolve_volume(cloud.volumes(), volume)
    grown = ready(environment, cloud.resize_volume(one.id, size), "growing the volume")
    if grown.size_bytes != size * GIB:
        raise Conflict(f"the volume did not grow: {grown.reason}", hint="slshell events tells more")
    return Listing(kind=RESIZED, items=[grown], single=True)
