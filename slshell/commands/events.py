"""`slshell events`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from slshell.client.cloud import Cloud
from slshell.commands.environment import Environment
from slshell.commands.kinds import EVENT
from slshell.commands.parameters import InstanceId, resolve_instance
from slshell.commands.registry import Danger, command
from slshell.model.event import Event, Severity
from slshell.output.listing import Listing

WAIT_S = 20.0


@command(danger=Danger.READ, shows=EVENT)
@click.option("--instance", type=InstanceId, help="Only what happened to this machine.")
@click.option(
    "--severity", type=click.Choice([str(severity) for severity in Severity]), help="Only of this severity."
)
@click.option("--after", type=int, metavar="EVENT", help="Only events after this one.")
@click.option("-f", "--follow", is_flag=True, help="Go on as things happen, until Ctrl-C.")
def events_command(
    environment: Environment, instance: str | None, severity: str | None, after: int | None, follow: bool
) -> Listing | None:
    """List what happened, oldest first."""
    cloud = environment.cloud
    number = resolve_instance(cloud, instance).id if instance else None
    revision = cloud.status().revision if follow else 0
    found = cloud.events(instance=number, after=after, severity=severity)
    if not follow:
        return Listing(kind=EVENT, items=found)
    output = environment.output
    last = max((each.id for each in found), default=after or 0)
    output.stream(EVENT, found)
    for event in _coming(cloud, revision):
        wanted = (number is None or event.instance_id == number) and severity in (None, event.severity)
        if event.id > last and wanted:
            output.stream(EVENT, [event])
    return None


def _coming(cloud: Cloud, revision: int) -> Iterator[Event]:
    while True:
        changes = cloud.changes(revision, WAIT_S)
        revision = changes.revision
        yield from sorted(changes.events, key=lambda event: event.id)
