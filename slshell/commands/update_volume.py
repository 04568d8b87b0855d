"""`slshell update-volume`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment
from slshell.commands.kinds import VOLUME
from slshell.commands.parameters import VolumeId
from slshell.commands.registry import Danger, command
from slshell.commands.volume_actions import act
from slshell.model.errors import UsageError
from slshell.model.volume import Visibility, VolumeUpdate
from slshell.output.listing import Listing


@command(danger=Danger.CHANGE)
@click.argument("volumes", type=VolumeId, nargs=-1, required=True, metavar="VOLUME…")
@click.option("-t", "--tag", help="The new tag.")
@click.option("--private", "visibility", flag_value="private", help="Keep it to yourself.")
@click.option("--public", "visibility", flag_value="public", help="Let everybody on this cloud see it.")
def update_volume_command(
    environment: Environment, volumes: tuple[str, ...], tag: str | None, visibility: str | None
) -> Listing:
    """Change the tag or the visibility of volumes."""
    if tag is None and visibility is None:
        raise UsageError("nothing is to be changed", hint="say --tag TAG, --private or --public")
    change = VolumeUpdate(tag=tag, visibility=None if visibility is None else Visibility(visibility))
    cloud = environment.cloud
    return act(environment, volumes, lambda one: cloud.update_volume(one.id, change), VOLUME)
