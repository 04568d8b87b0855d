"""`slshell undelete-volume`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment
from slshell.commands.parameters import volume_in
from slshell.commands.registry import Danger, command
from slshell.commands.volume_actions import bring_back
from slshell.model.volume import VolumeState
from slshell.output.listing import Listing


@command(danger=Danger.CHANGE)
@click.argument("volumes", type=volume_in(VolumeState.DELETED), nargs=-1, required=True, metavar="VOLUME…")
def undelete_volume_command(environment: Environment, volumes: tuple[str, ...]) -> Listing:
    """Bring volumes back from quarantine. The root disk of a killed machine comes back as a volume."""
    return bring_back(environment, volumes)
