"""`slshell create-image`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from slshell.client.cloud import new_request_id
from slshell.commands.environment import Environment
from slshell.commands.kinds import APPLIANCE
from slshell.commands.parameters import ApplianceId, TypeName
from slshell.commands.registry import Danger, command
from slshell.commands.save_instance import save, wait_until_off
from slshell.commands.waiting import GONE, REACHABLE, TIMEOUT_S, wait_for
from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.errors import Conflict, NotFound, SlshellError, UsageError
from slshell.model.instance import Instance, RunRequest
from slshell.model.making import SaveRequest
from slshell.model.names import checked_name
from slshell.model.volume import ROOT_DISK_OF, VolumeState
from slshell.output.listing import Listing
from slshell.output.plain import plain

TIMEOUT = click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0), default=TIMEOUT_S, show_default=True,
    metavar="SECONDS", help="Longest wait for the machine to boot, and to power itself off.",
)  # fmt: skip
_PACKAGE = re.compile(r"[^\s-]\S*")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be made."""

    base: str
    request: SaveRequest
    type: str | None
    ram_mib: int | None
    packages: tuple[str, ...]
    scripts: tuple[tuple[Path, tuple[str, ...]], ...]
    keep: bool
    prove: bool
    timeout_s: float


@command(danger=Danger.CHANGE)
@click.argument("base", type=ApplianceId)
@click.option("--name", help="Name of the new appliance; without it, made of the base's.")
@click.option(
    "-a", "--package", "packages", multiple=True, metavar="NAME", help="To install; may be repeated."
)
@click.option(
    "-s", "--script", "scripts", multiple=True, metavar="FILE", help="To run as root; with arguments."
)
@click.option("--title", default="", help="What it is, in a few words.")
@click.option("--author", default="", help="Who made it.")
@click.option("--author-email", default="", metavar="ADDRESS", help="Where the author is reached.")
@click.option("--comment", default="", help="What there is to say of it.")
@click.option("-t", "--type", "type_name", type=TypeName, metavar="TYPE", help="Size of the machine.")
@click.option("--ram", type=click.IntRange(min=1), metavar="MB", help="Memory instead of the type's.")
@click.option("--keep", is_flag=True, help="Leave the machine for a look inside when something fails.")
@click.option("--no-prove", is_flag=True, help="Do not boot the new appliance once.")
@TIMEOUT
def create_image_command(
    environment: Environment,
    base: str,
    name: str | None,
    packages: tuple[str, ...],
    scripts: tuple[str, ...],
    title: str,
    author: str,
    author_email: str,
    comment: str,
    type_name: str | None,
    ram: int | None,
    keep: bool,
    no_prove: bool,
    timeout_s: float,
) -> Listing:
    """Make a new appliance: a base with further packages and what scripts do to it.

    A machine of the base is started, packages are installed and scripts run, in that order. Then what makes
    it that one machine is removed: host keys, machine id, keys, logs, histories. It powers itself off, its
    disk becomes the appliance, and the appliance is booted once. If anything fails nothing is left.
    """
    plan = Plan(
        base=base,
        request=_request(environment, base, name, title, f"{author} {author_email}".strip(), comment),
        type=type_name,
        ram_mib=ram,
        packages=tuple(_package(one) for each in packages for one in each.split(",") if one),
        scripts=tuple(_script(one) for each in scripts for one in each.split(",") if one),
        keep=keep,
        prove=not no_prove,
        timeout_s=timeout_s,
    )
    return Listing(kind=APPLIANCE, items=[_made(environment, plan)], single=True)


def _request(
    environment: Environment, base: str, name: str | None, title: str, author: str, comment: str
) -> SaveRequest:
    chosen = checked_name(name or f"{environment.cloud.appliance(base).name}-image")
    holder: Appliance | None
    try:
        holder = environment.cloud.appliance(chosen)
    except NotFound:
        holder = None
    if holder is None or holder.state is ApplianceState.FAILED:
        return SaveRequest(
            request_id=new_request_id(),
            name=chosen,
            title=title,
            author=author,
            comment=comment,
            cleaned=True,
        )
    raise Conflict(
        f"the name “{chosen}” is taken by another appliance ({holder.id})", hint="choose one with --name"
    )


def _package(text: str) -> str:
    """A package's name as it is; not all package managers can tell one from an option otherwise.

    Raises:
        UsageError: it cannot be one.
    """
    if _PACKAGE.fullmatch(text) is None:
        raise UsageError(
            f"“{text}” cannot be the name of a package", hint="for example --package nginx --package git"
        )
    return text


def _script(text: str) -> tuple[Path, tuple[str, ...]]:
    """A script's file and arguments.

    Raises:
        UsageError: there is no such file, or it does not say what runs it.
    """
    words = [text] if Path(text).is_file() else shlex.split(text) or [text]
    path, arguments = Path(words[0]), tuple(words[1:])
    try:
        with path.open("rb") as file:
            first = file.readline(200)
    except OSError as error:
        raise UsageError(f"the script {path} cannot be read", why=str(error.strerror)) from error
    if not first.startswith(b"#!") or first.rstrip(b"\n").endswith(b"\r"):
        raise UsageError(
            f"{path}, line 1: a script begins with #! and the program that runs it",
            hint="for example #!/bin/sh, without the line ends of Windows",
        )
    return path, arguments


def _made(environment: Environment, plan: Plan) -> Appliance:
    step = environment.output.notice
    step(f"starting a machine of {plan.base}")
    with _machine(environment, plan, plan.base, keep=plan.keep) as machine:
        _work_inside(environment, plan, machine)
        step("waiting until the machine has powered itself off")
        wait_until_off(environment, machine.id, plan.timeout_s)
        step(f"saving its disk as the appliance {plan.request.name}")
        made = _saved(environment, machine.id, plan.request)
    if plan.prove:
        step(f"booting {made.name} once")
        try:
            with _machine(environment, plan, made.id, keep=False):
                step(f"{made.name} boots and answers")
        except BaseException:
            step(f"{made.name} is removed again")
            environment.lasting.cloud.remove_appliance(made.id)
            raise
    return made


def _saved(environment: Environment, instance_id: int, request: SaveRequest) -> Appliance:
    """Save the machine's disk; the entry of a save that failed is not left either."""
    try:
        return save(environment, instance_id, request)
    except Conflict as error:
        failed = str(error.details.get("id", ""))
        if any(each.id == failed for each in environment.cloud.appliances()):
            environment.cloud.remove_appliance(failed)
        raise


def _work_inside(environment: Environment, plan: Plan, machine: Instance) -> None:
    from slshell.ssh.building import PATIENCE_S, clean_and_power_off, install, run_script
    from slshell.ssh.connection import connected
    from slshell.ssh.keys import make_own_key

    step = environment.output.notice

    def show(line: str) -> None:
        step(f"    {plain(line.encode())}")

    keys = [make_own_key(environment.environ)]
    with (
        connected(machine, identities=keys, allow_agent=False, patience_s=PATIENCE_S) as transport,
        environment.breakable(transport.close),
    ):
        if plan.packages:
            step(f"installing {', '.join(plan.packages)}")
            install(transport, machine, plan.packages, show)
        for path, arguments in plan.scripts:
            step(f"running {' '.join([path.name, *arguments])}")
            run_script(transport, machine, path, arguments, show)
        step("cleaning the machine's identity")
        clean_and_power_off(transport, machine, show)


@contextmanager
def _machine(environment: Environment, plan: Plan, appliance: str, *, keep: bool) -> Iterator[Instance]:
    """A machine that answers; it is killed at the end, or when something fails and `keep` is False."""
    from slshell.ssh.keys import make_own_key, read_public

    cloud = environment.cloud
    key = read_public(make_own_key(environment.environ).with_suffix(".pub"))
    [started] = cloud.run_instance(
        RunRequest(
            request_id=new_request_id(), appliance=appliance, type=plan.type, ram_mib=plan.ram_mib,
            keys=tuple(key),
        )
    )  # fmt: skip
    try:
        [machine], errors = wait_for(environment, [started.id], REACHABLE, plan.timeout_s)
        if errors:
            raise errors[0]
        yield machine
    except BaseException:
        if keep:
            environment.output.warning(
                f"machine {started.id} is left: slshell connect {started.id}, then slshell kill {started.id}"
            )
        else:
            _end(environment, started.id)
        raise
    _end(environment, started.id)


def _end(environment: Environment, instance_id: int) -> None:
    """Kill a machine, by the connections of the face: those of a command that was stopped are closed."""
    face = environment.lasting
    try:
        face.cloud.kill(instance_id)
    except SlshellError as error:
        environment.output.warning(f"machine {instance_id} could not be ended: {error.message}")
        return
    wait_for(face, [instance_id], GONE, TIMEOUT_S)
    _purge_root_disk(face, instance_id)


def _purge_root_disk(face: Environment, instance_id: int) -> None:
    """Keep nothing in quarantine of a machine that was made for this only: it would hold its image, too."""
    cloud = face.cloud
    revision = cloud.status().revision
    begins = f"{ROOT_DISK_OF} {instance_id} "
    for disk in cloud.volumes(state=str(VolumeState.DELETED)):
        if disk.origin.startswith(begins):
            cloud.purge_volume(disk.id)
            while disk.id in {each.id for each in cloud.volumes(all=True)}:
                revision = cloud.changes(revision).revision
