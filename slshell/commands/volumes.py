"""`slshell volumes`."""

from __future__ import annotations

import re
from collections.abc import Callable

import click
import msgspec

from slshell.commands.environment import Environment
from slshell.commands.kinds import VOLUME
from slshell.commands.parameters import InstanceId, VolumeId, resolve_instance, resolve_volumes
from slshell.commands.registry import Danger, command
from slshell.model.errors import SlshellError, UsageError
from slshell.model.volume import Volume, VolumeState
from slshell.output.listing import Listing


@command(danger=Danger.READ, aliases=("describe-volumes",))
@click.argument("volumes", type=VolumeId, nargs=-1, metavar="[VOLUME…]")
@click.option("--state", type=click.Choice([str(state) for state in VolumeState]))
@click.option("--tag", metavar="PATTERN", help="Only these tags; * stands for anything.")
@click.option("--instance", type=InstanceId, metavar="ID", help="Only what this machine holds.")
@click.option("-f", "--filter", "filters", multiple=True, metavar="NAME:REGEX", help="Only where it matches.")
@click.option("-a", "--all", "every", is_flag=True, help="Deleted volumes as well.")
def volumes_command(
    environment: Environment,
    volumes: tuple[str, ...],
    state: str | None,
    tag: str | None,
    instance: str | None,
    filters: tuple[str, ...],
    every: bool,
) -> Listing:
    """List the volumes, or those given by UUID, its beginning, or tag.

    A device with a question mark is where the volume is expected; the guest has not been asked.
    """
    cloud = environment.cloud
    number = None if instance is None else resolve_instance(cloud, instance).id
    found = cloud.volumes(state=state, tag=tag, instance=number, all=every or bool(volumes))
    errors: list[SlshellError] = []
    if volumes:
        found, errors = resolve_volumes(found, volumes)
    tests = [_filter(each) for each in filters]
    shown = [each for each in found if all(test(each) for test in tests)]
    warning = cloud.storage().warning
    if warning:
        environment.output.warning(f"warning: {warning}")
    return Listing(kind=VOLUME, items=shown, errors=tuple(errors))


def _filter(text: str) -> Callable[[Volume], bool]:
    name, sign, pattern = text.partition(":")
    known = Volume.__struct_fields__
    if not sign or name not in known:
        raise UsageError(f"“{text}” is not NAME:REGEX", hint=f"names: {', '.join(known)}")
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"“{pattern}” is not a regular expression: {error}") from error
    return lambda volume: expression.search(str(msgspec.to_builtins(volume)[name])) is not None
