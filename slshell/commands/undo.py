"""`slshell undo`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from slshell.commands.environment import Environment
from slshell.commands.registry import Danger, command
from slshell.commands.volume_actions import bring_back
from slshell.model.errors import NotFound
from slshell.model.volume import ROOT_DISK_OF, Volume, VolumeState
from slshell.output.listing import Listing
from slshell.output.text import human_span


@command(danger=Danger.CHANGE)
@click.option(
    "-n", "--number", type=click.IntRange(min=1), default=1, help="How many of the last things; 1 by default."
)
def undo_command(environment: Environment, number: int) -> Listing:
    """Bring back what was deleted last, as long as the quarantine holds it.

    Volumes come back as they were. Of a killed machine only the root disk comes back, as a volume.
    """
    held = environment.cloud.volumes(state=str(VolumeState.DELETED))
    if not held:
        raise NotFound(
            "there is nothing to undo",
            why="the quarantine is empty; what was purged from it, deleted snapshots, and the memory, swap "
            "and volatile disks of killed machines cannot be brought back",
            hint="slshell events tells what was done",
        )
    newest = sorted(held, key=_deleted_at, reverse=True)[:number]
    if len(newest) < number:
        environment.output.notice(
            f"the quarantine holds only {len(newest)}; what was purged is gone for good"
        )
    for one in newest:
        _say(environment, one)
    return bring_back(environment, [one.id for one in newest])


def _deleted_at(volume: Volume) -> datetime:
    return volume.deleted_at or volume.created_at


def _say(environment: Environment, volume: Volume) -> None:
    """What it is that comes back, and what of it does not."""
    ago = human_span((datetime.now(UTC) - _deleted_at(volume)).total_seconds())
    name = volume.tag or volume.id
    if not volume.origin.startswith(ROOT_DISK_OF):
        environment.output.notice(f"{name} was deleted {ago} ago")
        return
    environment.output.notice(
        f"{name} is {volume.origin}, which was killed {ago} ago; the machine itself, its memory, its swap "
        "and volatile disks cannot be brought back; slshell attach-volume gives the disk to another machine"
    )
