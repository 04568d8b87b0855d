"""`slshell start`."""

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
@click.argument("instances", type=instance_in(State.UNKNOWN), nargs=-1, required=True, metavar="ID…")
@wait_options
def start_command(
    environment: Environment, instances: tuple[str, ...], wait: bool, timeout_s: float
) -> Listing:
    """Boot machines that are off."""
    goal = REACHABLE if wait else None
    return act(environment, instances, environment.cloud.start, goal=goal, timeout_s=timeout_s)
