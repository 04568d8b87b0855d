"""`slshell remove-appliance`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment, Question
from slshell.commands.image_cache import loss
from slshell.commands.kinds import APPLIANCE
from slshell.commands.parameters import ApplianceId
from slshell.commands.registry import Danger, command
from slshell.model.appliance import Appliance
from slshell.model.errors import SlshellError
from slshell.output.listing import Kind, Listing

REMOVED = Kind(
    columns=APPLIANCE.columns,
    name=APPLIANCE.name,
    quiet=APPLIANCE.quiet,
    empty="nothing was removed",
    line=lambda each: f"REMOVED {each.name} {each.id}",
)


@command(danger=Danger.DESTROY)
@click.argument("appliances", type=ApplianceId, nargs=-1, required=True, metavar="APPLIANCE…")
def remove_appliance_command(environment: Environment, appliances: tuple[str, ...]) -> Listing:
    """Take appliances out of the catalogue, with their images.

    One that machines or root disks in quarantine stand on stays, and so does what comes with slshell. A
    published cloud image stays in the list, to be fetched again. One that is coming in is stopped.
    """
    cloud = environment.cloud
    found: list[Appliance] = []
    errors: list[SlshellError] = []
    for reference in dict.fromkeys(appliances):
        try:
            found.append(cloud.appliance(reference))
        except SlshellError as error:
            errors.append(error)
    if found and not environment.assume_yes:
        held = {one.id: one for one in cloud.image_cache()}
        what = f"the appliance {found[0].name}" if len(found) == 1 else f"these {len(found)} appliances"
        losses = tuple(loss(held[one.id]) if one.id in held else one.name for one in found)
        names = tuple(one.name for one in found)
        environment.ask(Question(text=f"Remove {what}?", names=names, losses=losses, action="remove"))
    gone = []
    for one in found:
        try:
            cloud.remove_appliance(one.id)
            gone.append(one)
        except SlshellError as error:
            errors.append(error)
    return Listing(kind=REMOVED, items=gone, errors=tuple(errors))
