"""`slshell delete-volume`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment, Question
from slshell.commands.kinds import volume_lines
from slshell.commands.parameters import resolve_volumes, volume_in
from slshell.commands.registry import Danger, command
from slshell.commands.volume_actions import act, loss
from slshell.model.volume import VolumeState
from slshell.output.listing import Listing
from slshell.output.text import human_span

DELETED = volume_lines(lambda each: f"DELETED {each.id}")


@command(danger=Danger.DESTROY)
@click.argument(
    "volumes",
    type=volume_in(VolumeState.AVAILABLE, VolumeState.FAILED, VolumeState.RECEIVING),
    nargs=-1,
    required=True,
    metavar="VOLUME…",
)
def delete_volume_command(environment: Environment, volumes: tuple[str, ...]) -> Listing:
    """Delete volumes. They stay in quarantine for a while: undelete-volume brings them back."""
    cloud = environment.cloud
    if not environment.assume_yes:
        found, _ = resolve_volumes(cloud.volumes(), volumes)
        if found:
            kept = cloud.storage().quarantine_s
            what, it = ("this volume", "it") if len(found) == 1 else (f"these {len(found)} volumes", "they")
            until = f"; {it} can be brought back for {human_span(kept)}" if kept else " for good"
            losses = tuple(loss(each) for each in found)
            names = tuple(each.tag or each.id for each in found)
            question = Question(text=f"Delete {what}{until}?", names=names, losses=losses, action="delete")
            environment.ask(question)
    return act(environment, volumes, lambda one: cloud.delete_volume(one.id), DELETED)
