"""`slshell kill`."""

from __future__ import annotations

import click

from slshell.commands.actions import act_on, loss, wait_options
from slshell.commands.environment import Environment, Question
from slshell.commands.parameters import InstanceId, resolve_ids
from slshell.commands.registry import Danger, command
from slshell.commands.waiting import GONE
from slshell.model.errors import NotFound
from slshell.output.listing import Listing


@command(danger=Danger.DESTROY)
@click.argument("instances", type=InstanceId, nargs=-1, required=True, metavar="ID…")
@wait_options
def kill_command(
    environment: Environment, instances: tuple[str, ...], wait: bool, timeout_s: float
) -> Listing:
    """End machines for good: the power is cut and their disks are removed."""
    cloud = environment.cloud
    ids, errors = resolve_ids(cloud, instances)
    if not environment.assume_yes:
        _ask(environment, ids)
    goal = GONE if wait else None
    return act_on(environment, ids, errors, cloud.kill, goal=goal, timeout_s=timeout_s)


def _ask(environment: Environment, ids: list[int]) -> None:
    """Ask about those that exist; the rest is reported when the command is carried out."""
    cloud = environment.cloud
    found = []
    for number in ids:
        try:
            found.append(cloud.instance(number))
        except NotFound:
            continue
    if found:
        machines = "this machine" if len(found) == 1 else f"these {len(found)} machines"
        question = Question(
            text=f"Kill {machines}?",
            names=tuple(each.name for each in found),
            losses=tuple(loss(each) for each in found),
            action="kill",
        )
        environment.ask(question)
