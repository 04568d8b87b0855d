"""`slshell context`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment
from slshell.commands.parameters import InstanceId, resolve_instance
from slshell.commands.registry import Danger, command
from slshell.model.context import InstanceContext

METHODS = {
    "one": "the _STRATUSLAB disc",
    "cloud-init": "the seed of cloud-init",
    "both": "the _STRATUSLAB disc and the seed of cloud-init",
}


@command(danger=Danger.READ)
@click.argument("instance", type=InstanceId)
@click.option("--secrets", is_flag=True, help="Show passwords and private keys as they are.")
def context_command(environment: Environment, instance: str, secrets: bool) -> None:
    """Show what a machine was told when it started, and what it has said of it since.

    Passwords, tokens and private keys are hidden: values whose name says what they are. What cloud-init
    did is told as far as the machine wrote it to its console.
    """
    cloud = environment.cloud
    told = cloud.context(resolve_instance(cloud, instance).id, secrets=secrets)
    environment.output.show_data(told, "\n".join(_lines(told)))


def _lines(told: InstanceContext) -> list[str]:
    labels = f" (label {', '.join(told.labels)})" if told.labels else ""
    lines = [f"{told.id} {told.name} is told by {METHODS[told.method]}{labels}"]
    lines += [f"account {told.user} with the SSH keys"]
    lines += [f"    {key}" for key in told.keys]
    if told.variables:
        lines.append("variables")
        for name, value in told.variables.items():
            first, *rest = value.split("\n")
            lines += [f"    {name}={first}", *(f"    {' ' * len(name)} {line}" for line in rest)]
    for part in told.parts:
        lines.append(f"document {part.name} ({part.type})")
        lines += [f"    {line}" for line in part.content.rstrip("\n").split("\n")]
    if told.masked and "********" in "\n".join(lines):
        lines.append("--secrets shows what is hidden")
    if told.status:
        lines.append(told.status)
    if told.console:
        lines.append("last lines of the console")
        lines += [f"    {line}" for line in told.console]
    return lines
