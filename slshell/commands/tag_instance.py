"""`slshell tag-instance`."""

from __future__ import annotations

import click

from slshell.commands.actions import act
from slshell.commands.environment import Environment
from slshell.commands.parameters import InstanceId
from slshell.commands.registry import Danger, command
from slshell.model.errors import UsageError
from slshell.model.instance import InstanceUpdate
from slshell.output.listing import Listing


@command(danger=Danger.CHANGE)
@click.argument("machines", type=InstanceId, nargs=-1, required=True, metavar="MACHINE…")
@click.option("-a", "--add", multiple=True, metavar="TAG", help="A tag to add; may be repeated.")
@click.option("-r", "--remove", multiple=True, metavar="TAG", help="A tag to take away; may be repeated.")
def tag_instance_command(
    environment: Environment, machines: tuple[str, ...], add: tuple[str, ...], remove: tuple[str, ...]
) -> Listing:
    """Add tags to machines, or take some away."""
    if not add and not remove:
        raise UsageError("nothing is to be changed", hint="say --add TAG or --remove TAG")
    change = InstanceUpdate(add_tags=add, remove_tags=remove)
    cloud = environment.cloud
    return act(environment, machines, lambda number: cloud.update_instance(number, change), goal=None)
