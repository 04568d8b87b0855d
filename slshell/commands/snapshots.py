"""`slshell snapshots`."""

from __future__ import annotations

from datetime import datetime

import click
import msgspec

from slshell.commands.environment import Environment
from slshell.commands.kinds import SNAPSHOT
from slshell.commands.parameters import VolumeId, resolve_volumes
from slshell.commands.registry import Danger, command
from slshell.model.errors import SlshellError
from slshell.output.listing import Listing


class SnapshotRow(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot and the volume that it is of."""

    id: str
    volume_id: str
    name: str
    size_bytes: int
    created_at: datetime


@command(danger=Danger.READ)
@click.argument("volumes", type=VolumeId, nargs=-1, metavar="[VOLUME…]")
def snapshots_command(environment: Environment, volumes: tuple[str, ...]) -> Listing:
    """List the snapshots of all volumes, or of some, oldest first."""
    found = environment.cloud.volumes()
    errors: list[SlshellError] = []
    if volumes:
        found, errors = resolve_volumes(found, volumes)
    rows = [
        SnapshotRow(
            id=each.id,
            volume_id=one.id,
            name=each.name,
            size_bytes=each.size_bytes,
            created_at=each.created_at,
        )
        for one in found
        for each in one.snapshots
    ]
    return Listing(kind=SNAPSHOT, items=sorted(rows, key=lambda each: each.created_at), errors=tuple(errors))
