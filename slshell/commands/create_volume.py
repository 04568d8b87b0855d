"""`slshell create-volume`."""

from __future__ import annotations

import click

from slshell.client.cloud import new_request_id
from slshell.commands.environment import Environment
from slshell.commands.kinds import volume_lines
from slshell.commands.registry import Danger, command
from slshell.commands.volume_actions import ready
from slshell.model.volume import Visibility, VolumeRequest
from slshell.output.listing import Listing

CREATED = volume_lines(lambda each: f"DISK {each.id}")


@command(danger=Danger.CHANGE)
@click.option("-s", "--size", type=int, required=True, metavar="GB", help="Size in GiB.")
@click.option("-t", "--tag", default="", help="A name for people, at most 40 characters.")
@click.option("--public", is_flag=True, help="Let everybody on this cloud see and attach it.")
@click.option("--private", is_flag=True, help="Keep it to yourself, as without this option.")
@click.option("--no-wait", is_flag=True, help="Return while the cloud still makes it.")
def create_volume_command(
    environment: Environment, size: int, tag: str, public: bool, private: bool, no_wait: bool
) -> Listing:
    """Make an empty volume: a disk that outlives machines.

    It takes space on the host only for what is written to it. Format it once, in a machine that has it.
    """
    visibility = Visibility.PUBLIC if public and not private else Visibility.PRIVATE
    request = VolumeRequest(request_id=new_request_id(), size_gib=size, tag=tag, visibility=visibility)
    volume = environment.cloud.create_volume(request)
    if not no_wait:
        volume = ready(environment, volume, "making the volume")
    return Listing(kind=CREATED, items=[volume], single=True)
