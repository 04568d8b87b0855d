"""`slshell appliance`."""

from __future__ import annotations

import click

from slshell.commands.entry_kinds import FACTS
from slshell.commands.environment import Environment
from slshell.commands.parameters import ApplianceId
from slshell.commands.registry import Danger, command
from slshell.output.listing import Listing


@command(danger=Danger.READ, aliases=("show-image",))
@click.argument("appliance", type=ApplianceId)
def appliance_command(environment: Environment, appliance: str) -> Listing:
    """Show all that is known of one image: who endorses it, until when, its checksums and where it is.

    Each entry about it is told, also those that a newer one of the same endorser has taken the place of, and
    whether the cloud's policy lets it run.
    """
    return Listing(kind=FACTS, items=[environment.cloud.facts(appliance)], single=True)
