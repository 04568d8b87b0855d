"""`slshell marketplaces`."""

from __future__ import annotations

import click

from slshell.commands.entry_kinds import SOURCE
from slshell.commands.environment import Environment
from slshell.commands.registry import Danger, command
from slshell.output.listing import Listing


@command(danger=Danger.READ, shows=SOURCE)
@click.option("--refresh", is_flag=True, help="Have all of them asked for news now.")
def marketplaces_command(environment: Environment, refresh: bool) -> Listing:
    """List the other marketplaces whose entries the catalogue shows, and how old our copy of each is."""
    return Listing(kind=SOURCE, items=environment.cloud.sources(refresh=refresh))
