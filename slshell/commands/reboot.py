"""`slshell reboot`."""

from __future__ import annotations

import click

from slshell.commands.actions import act, wait_options
from slshell.commands.environment import Environment
from slshell.commands.parameters import instance_in
from slshell.commands.registry import Danger, command
from slshell.commands.waiting import REACHABLE
from slshell.model.instance import State
from slshell.output.listing import Listing


@command(danger=Danger.CHANGE)
@click.argument("instances", type=instance_in(State.RUNNING), nargs=-1, required=True, metavar="ID…")
@wait_options
def reboot_command(
    environment: Environment, instances: tuple[str, ...], wait: bool, timeout_s: float
) -> Listing:
    """Restart machines at once, as their reset button does."""
    goal = REACHABLE if wait else None
    return act(environment, instances, environment.cloud.reboot, goal=goal, timeout_s=timeout_s)
