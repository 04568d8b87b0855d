"""`slshell types`."""

from __future__ import annotations

from slshell.commands.environment import Environment
from slshell.commands.kinds import TYPE
from slshell.commands.parameters import offered_types
from slshell.commands.registry import Danger, command
from slshell.output.listing import Listing


@command(danger=Danger.READ, shows=TYPE)
def types_command(environment: Environment) -> Listing:
    """List the machine sizes; * marks the one used when none is named.

    Those of stratuslab-user.cfg are among them.
    """
    return Listing(kind=TYPE, items=offered_types(environment))
