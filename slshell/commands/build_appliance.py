"""`slshell build-appliance`."""

from __future__ import annotations

from contextlib import nullcontext

import click

from slshell.commands.environment import Environment
from slshell.commands.kinds import APPLIANCE
from slshell.commands.making import or_stopped, until_ready
from slshell.commands.registry import Danger, command
from slshell.model.appliance import ApplianceState
from slshell.output.listing import Listing


@command(danger=Danger.CHANGE)
@click.argument("name", metavar="RECIPE")
@click.option("--no-wait", is_flag=True, help="Return while the cloud still builds it.")
def build_appliance_command(environment: Environment, name: str, no_wait: bool) -> Listing:
    """Build a bundled appliance from the distribution's packages, unless it is here.

    `debian` is a whole system with cloud-init and OpenSSH, for create-image and for every day; it takes some
    minutes and 4 GiB of disk space while it is made. The same packages give the same identifier. Ctrl-C
    stops the building.
    """
    cloud = environment.cloud
    revision = cloud.status().revision
    under_way = {one.id for one in cloud.appliances() if one.state is ApplianceState.IMPORTING}
    appliance = cloud.build_appliance(name)
    if not no_wait:
        # What others began is not this command's to stop.
        own = nullcontext() if appliance.id in under_way else or_stopped(environment, appliance)
        with own:
            appliance = until_ready(environment, appliance, revision, "building")
    return Listing(kind=APPLIANCE, items=[appliance], single=True)
