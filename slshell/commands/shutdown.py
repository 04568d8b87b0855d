"""`slshell shutdown`."""

from __future__ import annotations

import click

from slshell.commands.actions import act, wait_options
from slshell.commands.environment import Environment
from slshell.commands.parameters import instance_in
from slshell.commands.registry import Danger, command
from slshell.model.instance import State
from slshell.output.listing import Listing


@command(danger=Danger.CHANGE)
@click.argument("instances", type=instance_in(State.RUNNING), nargs=-1, required=True, metavar="ID…")
@wait_options
def shutdown_command(
    environment: Environment, instances: tuple[str, ...], wait: bool, timeout_s: float
) -> Listing:
    """Ask machines to power themselves off; they keep their disks and can be started again."""
    goal = State.UNKNOWN if wait else None
    return act(environment, instances, environment.cloud.shutdown, goal=goal, timeout_s=timeout_s)
