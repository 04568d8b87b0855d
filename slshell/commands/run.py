"""`slshell run`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import click

from slshell.client.cloud import new_request_id
from slshell.commands.actions import wait_options
from slshell.commands.context_files import context_of, context_options, parts_of
from slshell.commands.environment import Environment
from slshell.commands.kinds import LAUNCHED, TYPE
from slshell.commands.parameters import (
    ApplianceId,
    KeyValue,
    StaticDiskId,
    TypeName,
    offered_types,
    resolve_volume,
    volume_in,
)
from slshell.commands.registry import Danger, command
from slshell.commands.waiting import REACHABLE, wait_for
from slshell.model.appliance import ContextMethod
from slshell.model.entry import Standing
from slshell.model.errors import UsageError
from slshell.model.instance import Instance, RunRequest
from slshell.model.names import checked_name
from slshell.model.volume import VolumeState
from slshell.output.listing import Listing
from slshell.ssh.keys import public_keys


@command(danger=Danger.CHANGE)
@click.argument("appliance", type=ApplianceId, required=False)
@click.option("-n", "--number", type=click.IntRange(min=1), default=1, help="How many machines.")
@click.option("--name", help="Name of the machine; several get numbers behind it.")
@click.option("-t", "--type", "type_name", type=TypeName, metavar="TYPE", help="Machine size, see -l.")
@click.option("--cpu", type=click.IntRange(min=1), help="CPUs instead of the type's.")
@click.option("--ram", type=click.IntRange(min=1), metavar="MB", help="Memory instead of the type's.")
@click.option("--swap", type=click.IntRange(min=0), metavar="MB", help="Swap space instead of the type's.")
@click.option(
    "-k",
    "--key",
    "keys",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Public SSH key for the machine; may be repeated.",
)
@click.option(
    "--context",
    type=KeyValue(),
    multiple=True,
    metavar="NAME=VALUE",
    help="A variable for the machine; any value. May be repeated.",
)
@context_options
@click.option(
    "--persistent-disk",
    "persistent",
    type=volume_in(VolumeState.AVAILABLE),
    multiple=True,
    metavar="VOLUME",
    help="A volume to begin with; may be repeated.",
)
@click.option(
    "--volatile-disk",
    "volatile",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="GB",
    help="An empty disk that ends with the machine; may be repeated.",
)
@click.option(
    "--readonly-disk",
    "readonly",
    type=StaticDiskId,
    multiple=True,
    metavar="ID",
    help="A static disk to read; may be repeated.",
)
@click.option("--tag", "tags", multiple=True, help="A word to find the machine by; may be repeated.")
@click.option("-l", "--list-types", "list_types", is_flag=True, help="List the machine sizes and end.")
@wait_options
@click.option("--for", "goal", type=click.Choice(["running", REACHABLE]), help="What --wait waits for.")
def run_command(
    environment: Environment,
    appliance: str | None,
    number: int,
    name: str | None,
    type_name: str | None,
    cpu: int | None,
    ram: int | None,
    swap: int | None,
    keys: tuple[Path, ...],
    context: tuple[tuple[str, str], ...],
    context_files: tuple[Path, ...],
    context_method: ContextMethod | None,
    cloud_init: tuple[str, ...],
    persistent: tuple[str, ...],
    volatile: tuple[int, ...],
    readonly: tuple[str, ...],
    tags: tuple[str, ...],
    list_types: bool,
    wait: bool,
    timeout_s: float,
    goal: str | None,
) -> Listing:
    """Start machines of an appliance.

    --quiet prints `ID, ADDRESS` of each. Disks come in this order: root, swap, volatile, persistent, static.
    """
    if list_types:
        return Listing(kind=TYPE, items=offered_types(environment))
    size = _size(environment, type_name)
    parts, key_files = parts_of(cloud_init, environment.environ)
    request = RunRequest(
        request_id=new_request_id(),
        appliance=_named(appliance, name),
        type=size.type,
        count=number,
        name=name,
        vcpu=cpu or size.vcpu,
        ram_mib=ram or size.ram_mib,
        swap_mib=size.swap_mib if swap is None else swap,
        keys=_keys(environment, (*keys, *key_files)),
        context=context_of(context, context_files),
        context_method=context_method,
        user_data=parts,
        volumes=_volumes(environment, persistent),
        volatile_gib=volatile,
        statics=readonly,
        tags=tags,
    )
    return _awaited(environment, request, goal or (REACHABLE if wait else None), timeout_s)


def _awaited(environment: Environment, request: RunRequest, goal: str | None, timeout_s: float) -> Listing:
    started = environment.cloud.run_instance(request)
    if started and started[0].endorser:
        _tell_endorser(environment, started[0])
    if goal is None:
        return Listing(kind=LAUNCHED, items=started)
    target = "Running" if goal == "running" else REACHABLE
    items, errors = wait_for(environment, [each.id for each in started], target, timeout_s)
    return Listing(kind=LAUNCHED, items=items, errors=tuple(errors))


def _tell_endorser(environment: Environment, machine: Instance) -> None:
    """Say who endorsed what was started, and what is to be known of it although it may run."""
    line = f"{machine.appliance} is endorsed by {machine.endorser}"
    entries = environment.cloud.facts(machine.appliance_id).entries
    one = next((each for each in entries if each.latest and each.endorser == machine.endorser), None)
    if one is None or one.status == Standing.VALID:
        environment.output.notice(line)
        return
    why = f": {one.deprecated}" if one.deprecated else ""
    environment.output.warning(f"{line}, and is {one.status}{why}")


class _Size(NamedTuple):
    """A type of the cloud's, or the numbers of one that only the user's file knows."""

    type: str | None
    vcpu: int | None = None
    ram_mib: int | None = None
    swap_mib: int | None = None


def _named(appliance: str | None, name: str | None) -> str:
    if appliance is None:
        raise UsageError("no appliance is named", hint="slshell appliances lists them, for example ttylinux")
    if name is not None:
        checked_name(name)
    return appliance


def _size(environment: Environment, type_name: str | None) -> _Size:
    chosen = type_name or environment.profile.instance_type or None
    own = environment.clouds.file.types.get(chosen or "")
    return _Size(chosen) if own is None else _Size(None, own.vcpu, own.ram_mib, own.swap_mib)


def _keys(environment: Environment, given: tuple[Path, ...]) -> tuple[str, ...]:
    setting = environment.profile.public_key or environment.settings.ssh.key
    found = public_keys(given, setting=setting, environ=environment.environ)
    environment.output.notice(found.notice)
    return found.lines


def _volumes(environment: Environment, references: tuple[str, ...]) -> tuple[str, ...]:
    if not references:
        return ()
    known = environment.cloud.volumes()
    return tuple(resolve_volume(known, reference).id for reference in references)
