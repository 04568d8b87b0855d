"""`slshell revert-volume`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment
from slshell.commands.kinds import volume_lines
from slshell.commands.parameters import resolve_volume, volume_in
from slshell.commands.registry import Danger, command
from slshell.commands.volume_actions import ready
from slshell.model.errors import Conflict
from slshell.model.volume import VolumeState
from slshell.output.listing import Listing

REVERTED = volume_lines(lambda each: f"REVERTED {each.id}; what it held is kept as {each.snapshots[-1].name}")


@command(danger=Danger.CHANGE)
@click.argument("volume", type=volume_in(VolumeState.AVAILABLE), metavar="VOLUME")
@click.argument("snapshot", metavar="SNAPSHOT")
def revert_volume_command(environment: Environment, volume: str, snapshot: str) -> Listing:
    """Take a volume that no machine uses back to one of its snapshots.

    Nothing is lost: what the volume held until now is kept as another snapshot.
    """
    cloud = environment.cloud
    one = resolve_volume(cloud.volumes(), volume)
    before = {each.id for each in one.snapshots}
    back = ready(environment, cloud.revert_volume(one.id, snapshot), f"going back to {snapshot}")
    if before.issuperset(each.id for each in back.snapshots):
        raise Conflict(f"the volume did not go back: {back.reason}", hint="slshell events tells more")
    return Listing(kind=REVERTED, items=[back], single=True)
