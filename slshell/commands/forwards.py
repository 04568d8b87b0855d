"""`slshell forwards`."""

from __future__ import annotations

from slshell.commands.environment import Environment
from slshell.commands.forward_kind import FORWARD
from slshell.commands.registry import Danger, command
from slshell.output.listing import Listing


@command(danger=Danger.READ, shows=FORWARD)
def forwards_command(environment: Environment) -> Listing:
    """List the ports that this REPL or dashboard holds open.

    A forward of another process, such as slshell forward in a shell, is known to that process only.
    """
    return Listing(kind=FORWARD, items=environment.forwards.all())
