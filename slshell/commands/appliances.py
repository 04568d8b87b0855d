"""`slshell appliances`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment
from slshell.commands.kinds import APPLIANCE
from slshell.commands.parameters import ApplianceId
from slshell.commands.registry import Danger, command
from slshell.model.appliance import ApplianceKind, ApplianceState
from slshell.model.errors import SlshellError
from slshell.output.listing import Listing


@command(danger=Danger.READ)
@click.argument("appliances", type=ApplianceId, nargs=-1, metavar="[APPLIANCE…]")
@click.option("--name", metavar="PATTERN", help="Only these names; * stands for anything.")
@click.option("--state", type=click.Choice([str(state) for state in ApplianceState]))
@click.option("--kind", type=click.Choice([str(kind) for kind in ApplianceKind]))
def appliances_command(
    environment: Environment,
    appliances: tuple[str, ...],
    name: str | None,
    state: str | None,
    kind: str | None,
) -> Listing:
    """List the catalogue: the images that machines start from, and the static disks that they read."""
    if not appliances:
        found = environment.cloud.appliances(name=name, state=state, kind=kind)
        return Listing(kind=APPLIANCE, items=found)
    items, errors = [], []
    for reference in dict.fromkeys(appliances):
        try:
            items.append(environment.cloud.appliance(reference))
        except SlshellError as error:
            errors.append(error)
    return Listing(kind=APPLIANCE, items=items, errors=tuple(errors))
