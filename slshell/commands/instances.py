"""`slshell instances`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from slshell.commands.environment import Environment
from slshell.commands.kinds import INSTANCE
from slshell.commands.parameters import AnyCase, ApplianceId, InstanceId, TypeName, near_id, resolve_ids
from slshell.commands.registry import Danger, command
from slshell.model.errors import SlshellError, UsageError
from slshell.model.instance import Instance, State
from slshell.output.listing import Listing

if TYPE_CHECKING:
    from slshell.client.cloud import Cloud


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
@click.option(
    "--all-profiles", is_flag=True, help="Ask all clouds side by side; one that is down is one row."
)
def instances_command(
    environment: Environment,
    instances: tuple[str, ...],
    state: str | None,
    name: str | None,
    appliance: str | None,
    type_name: str | None,
    every: bool,
    all_profiles: bool,
) -> Listing:
    """List the machines, or those given by id or name."""

    def matching(cloud: Cloud) -> list[Instance]:
        return cloud.instances(state=state, name=name, appliance=appliance, type=type_name, all=every)

    if all_profiles:
        if instances:
            raise UsageError("an id belongs to one cloud", hint="leave the ids or --all-profiles out")
        from slshell.commands.side_by_side import across

        return across(environment, INSTANCE, matching)
    cloud = environment.cloud
    if not instances:
        return Listing(kind=INSTANCE, items=matching(cloud))
    ids, errors = resolve_ids(cloud, instances)
    items = []
    for number in ids:
        try:
            items.append(cloud.instance(number))
        except SlshellError as error:
            errors.append(near_id(cloud, number, error))
    return Listing(kind=INSTANCE, items=items, errors=tuple(errors))
