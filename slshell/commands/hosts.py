"""`slshell hosts`."""

from __future__ import annotations

from slshell.commands.environment import Environment
from slshell.commands.kinds import HOST
from slshell.commands.registry import Danger, command
from slshell.output.listing import Listing


@command(danger=Danger.READ, shows=HOST)
def hosts_command(environment: Environment) -> Listing:
    """List the physical machines: CPUs times 100 and memory, in all (T), free (F), not yet promised (A)."""
    return Listing(kind=HOST, items=environment.cloud.hosts())
