"""`slshell clone-volume`."""

from __future__ import annotations

import click

from slshell.client.cloud import new_request_id
from slshell.commands.create_volume import CREATED
from slshell.commands.environment import Environment
from slshell.commands.parameters import resolve_volume, volume_in
from slshell.commands.registry import Danger, command
from slshell.commands.volume_actions import ready
from slshell.model.volume import VolumeRequest, VolumeState
from slshell.output.listing import Listing


@command(danger=Danger.CHANGE)
@click.argument("volume", type=volume_in(VolumeState.AVAILABLE, VolumeState.ATTACHED), metavar="VOLUME")
@click.option("--snapshot", metavar="NAME", help="Clone the volume as it was at this snapshot.")
@click.option("-s", "--size", type=int, metavar="GB", help="Make the clone larger.")
@click.option("-t", "--tag", default="", help="A name for people.")
@click.option("--no-wait", is_flag=True, help="Return while the cloud still makes it.")
def clone_volume_command(
    environment: Environment, volume: str, snapshot: str | None, size: int | None, tag: str, no_wait: bool
) -> Listing:
    """Make a volume that begins with the content of another, also while a machine uses that one.

    Nothing is copied: what both have in common is kept once. Of a volume in use the clone has what the
    guest has written out; run `sync` there first.
    """
    source = resolve_volume(environment.cloud.volumes(), volume)
    request = VolumeRequest(
        request_id=new_request_id(), source=source.id, snapshot=snapshot, size_gib=size, tag=tag
    )
    clone = environment.cloud.create_volume(request)
    if not no_wait:
        clone = ready(environment, clone, f"cloning {source.tag or source.id[:8]}")
    return Listing(kind=CREATED, items=[clone], single=True)
