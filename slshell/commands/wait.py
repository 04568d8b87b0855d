"""`slshell wait`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment
from slshell.commands.kinds import INSTANCE
from slshell.commands.parameters import AnyCase, InstanceId, resolve_ids
from slshell.commands.registry import Danger, command
from slshell.commands.waiting import GOALS, REACHABLE, TIMEOUT_S, wait_for
from slshell.output.listing import Listing


@command(danger=Danger.READ, watch=False)
@click.argument("instances", type=InstanceId, nargs=-1, required=True, metavar="ID…")
@click.option(
    "--for",
    "goal",
    type=AnyCase(GOALS),
    default=REACHABLE,
    show_default=True,
    help="A state, reachable (SSH answers) or gone.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0),
    default=TIMEOUT_S,
    show_default=True,
    metavar="SECONDS",
    help="Longest wait; exit code 4 when it is over.",
)
def wait_command(
    environment: Environment, instances: tuple[str, ...], goal: str, timeout_s: float
) -> Listing:
    """Wait until machines are in a state, answer SSH, or are gone."""
    ids, errors = resolve_ids(environment.cloud, instances)
    items, late = wait_for(environment, ids, goal, timeout_s)
    return Listing(kind=INSTANCE, items=items, errors=(*errors, *late))
