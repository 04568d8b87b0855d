"""`slshell quarantine`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment, Question
from slshell.commands.kinds import VOLUME, volume_lines
from slshell.commands.parameters import resolve_volumes, volume_in
from slshell.commands.registry import Danger, group, subcommand
from slshell.commands.volume_actions import act, loss
from slshell.model.errors import UsageError
from slshell.model.volume import VolumeState
from slshell.output.listing import Kind, Listing
from slshell.output.text import human_size, human_span

QUARANTINED = Kind(
    columns=VOLUME.columns,
    name=VOLUME.name,
    quiet=VOLUME.quiet,
    empty="nothing is in quarantine",
)
PURGED = volume_lines(lambda each: f"PURGED {each.id}")


@group(default="list")
def quarantine_command() -> None:
    """Look into the quarantine of deleted volumes and root disks of killed machines, or empty it."""


@subcommand(quarantine_command, danger=Danger.READ, name="list")
def list_command(environment: Environment) -> Listing:
    """List what can be brought back, and what it takes."""
    cloud = environment.cloud
    found = cloud.volumes(state=f"{VolumeState.DELETED},{VolumeState.PURGING}")
    status = cloud.storage()
    if found:
        space = human_size(status.quarantined_bytes)
        environment.output.notice(f"{space} in quarantine, kept for {human_span(status.quarantine_s)}")
    return Listing(kind=QUARANTINED, items=found)


@subcommand(quarantine_command, danger=Danger.DESTROY, name="purge")
@click.argument("volumes", type=volume_in(VolumeState.DELETED), nargs=-1, metavar="[VOLUME…]")
@click.option("--all", "every", is_flag=True, help="Everything that is in quarantine.")
def purge_command(environment: Environment, volumes: tuple[str, ...], every: bool) -> Listing:
    """Remove things in quarantine for good."""
    cloud = environment.cloud
    known = cloud.volumes(state=str(VolumeState.DELETED))
    if every:
        volumes = tuple(each.id for each in known)
    elif not volumes:
        raise UsageError("nothing is named", hint="name volumes, or say --all")
    found, _ = resolve_volumes(known, volumes)
    if found and not environment.assume_yes:
        what = "this" if len(found) == 1 else f"these {len(found)}"
        losses = tuple(loss(each) for each in found)
        names = tuple(each.tag or each.id for each in found)
        environment.ask(Question(text=f"Purge {what} for good?", names=names, losses=losses, action="purge"))
    return act(environment, volumes, lambda one: cloud.purge_volume(one.id), PURGED, deleted=True)
