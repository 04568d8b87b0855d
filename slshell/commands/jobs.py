"""`slshell jobs`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment
from slshell.commands.kinds import JOB
from slshell.commands.parameters import InstanceId, resolve_instance
from slshell.commands.registry import Danger, command
from slshell.model.event import JobState
from slshell.output.listing import Listing


@command(danger=Danger.READ, shows=JOB)
@click.option("--state", type=click.Choice([str(state) for state in JobState]), help="Only in this state.")
@click.option("--instance", type=InstanceId, help="Only work on this machine.")
def jobs_command(environment: Environment, state: str | None, instance: str | None) -> Listing:
    """List what the cloud does and did, newest first."""
    number = resolve_instance(environment.cloud, instance).id if instance else None
    return Listing(kind=JOB, items=environment.cloud.jobs(state=state, instance=number))
