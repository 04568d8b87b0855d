"""`slshell create-snapshot`."""

from __future__ import annotations

import click
import msgspec

from slshell.client.cloud import new_request_id
from slshell.commands.environment import Environment
from slshell.commands.kinds import volume_lines
from slshell.commands.parameters import resolve_volume, volume_in
from slshell.commands.registry import Danger, command
from slshell.commands.volume_actions import ready
from slshell.model.errors import Conflict
from slshell.model.volume import SnapshotRequest, VolumeState
from slshell.output.listing import Listing

KEPT = volume_lines(lambda each: f"SNAPSHOT {each.snapshots[-1].name} of {each.id}")


@command(danger=Danger.CHANGE, aliases=("snapshot-volume",))
@click.argument("volume", type=volume_in(VolumeState.AVAILABLE, VolumeState.ATTACHED), metavar="VOLUME")
@click.argument("name", required=False, metavar="[NAME]")
def create_snapshot_command(environment: Environment, volume: str, name: str | None) -> Listing:
    """Keep a volume as it is now, at once, also while a machine uses it.

    A snapshot of a volume in use has what the guest has written out; run `sync` there first.
    """
    cloud = environment.cloud
    one = resolve_volume(cloud.volumes(), volume)
    before = {each.id for each in one.snapshots}
    asked = cloud.snapshot_volume(one.id, SnapshotRequest(request_id=new_request_id(), name=name))
    kept = ready(environment, asked, "keeping the volume")
    new = tuple(each for each in kept.snapshots if each.id not in before)
    if not new:
        raise Conflict(f"no snapshot was taken: {kept.reason}", hint="slshell events tells more")
    return Listing(kind=KEPT, items=[msgspec.structs.replace(kept, snapshots=new)], single=True)
