"""`slshell instances`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment
from slshell.commands.kinds import INSTANCE
from slshell.commands.parameters import AnyCase, ApplianceId, InstanceId, TypeName, resolve_ids
from slshell.commands.registry import Danger, command
from slshell.model.errors import SlshellError
from slshell.model.instance import State
from slshell.output.listing import Listing


@command(danger=Danger.READ, shows=INSTANCE, aliases=("describe-instance",))
@click.argument("instances", type=InstanceId, nargs=-1, metavar="[ID…]")
@click.option(
    "--state",
    type=AnyCase(State),
    metavar="STATE",
    help="Only machines in this state.",
)
@click.option("--name", metavar="PATTERN", help="Only these names; * stands for anything.")
@click.option("--appliance", type=ApplianceId, help="Only machines of this appliance.")
@click.option("-t", "--type", "type_name", type=TypeName, help="Only machines of this type.")
@click.option("-a", "--all", "every", is_flag=True, help="Machines that have ended as well.")
def instances_command(
    environment: Environment,
    instances: tuple[str, ...],
    state: str | None,
    name: str | None,
    appliance: str | None,
    type_name: str | None,
    every: bool,
) -> Listing:
    """List the machines, or those given by id or name."""
    cloud = environment.cloud
    if not instances:
        found = cloud.instances(state=state, name=name, appliance=appliance, type=type_name, all=every)
        return Listing(kind=INSTANCE, items=found)
    ids, errors = resolve_ids(cloud, instances)
    items = []
    for number in ids:
        try:
            items.append(cloud.instance(number))
        except SlshellError as error:
            errors.append(error)
    return Listing(kind=INSTANCE, items=items, errors=tuple(errors))
