"""`slshell build-appliance`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment
from slshell.commands.kinds import APPLIANCE
from slshell.commands.making import until_ready
from slshell.commands.registry import Danger, command
from slshell.output.listing import Listing


@command(danger=Danger.CHANGE)
@click.argument("name", metavar="RECIPE")
@click.option("--no-wait", is_flag=True, help="Return while the cloud still builds it.")
def build_appliance_command(environment: Environment, name: str, no_wait: bool) -> Listing:
    """Build a bundled appliance from the distribution's packages, unless it is here.

    `debian` is a whole system with cloud-init and OpenSSH, for create-image and for every day; it takes some
    minutes and 4 GiB of disk space while it is made. The same packages give the same identifier.
    """
    cloud = environment.cloud
    revision = cloud.status().revision
    appliance = cloud.build_appliance(name)
    if not no_wait:
        appliance = until_ready(environment, appliance, revision, "building")
    return Listing(kind=APPLIANCE, items=[appliance], single=True)
