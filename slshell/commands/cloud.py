"""`slshell cloud`: the bundled cloud's daemon."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import click

from slshell.client import local
from slshell.commands.environment import Environment, Question
from slshell.commands.registry import Danger, group, subcommand
from slshell.model.cloud import CloudStatus
from slshell.model.errors import NotFound, UsageError
from slshell.model.instance import State
from slshell.output.text import human_span

SHUTDOWN_S = 60.0
FOLLOW_S = 0.2
OFF = frozenset({State.UNKNOWN, State.FAILED, State.EPILOG, State.DONE})


@group()
def cloud_command() -> None:
    """Start, stop and look at the cloud itself."""


@subcommand(cloud_command, danger=Danger.CHANGE)
def up(environment: Environment) -> None:
    """Start the bundled cloud; does nothing when it runs."""
    if environment.profile.is_local:
        local.ensure(environment.profile.home, environment.output.notice)
    show_status(environment, environment.cloud.status())


@subcommand(cloud_command, danger=Danger.CHANGE)
@click.option("--all", "everything", is_flag=True, help="Shut the machines down first.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0),
    default=SHUTDOWN_S,
    show_default=True,
    metavar="SECONDS",
    help="With --all: machines that are not off by then lose their power.",
)
@click.option("-y", "--yes", "yes", is_flag=True, help="With --all: do it without asking.")
def down(environment: Environment, everything: bool, timeout_s: float, yes: bool) -> None:
    """Stop the bundled cloud's daemon. Machines run on, unless --all shuts them down first."""
    home = _local_home(environment)
    output = environment.output
    daemon = local.running(home)
    if daemon is None:
        _already_down(environment, everything)
        return
    cloud = environment.cloud_if_up()
    machines = _powered(cloud.status())
    if everything and machines and not yes and environment.confirm is not None:
        names = tuple(each.name for each in cloud.instances() if each.state not in OFF)
        environment.ask(Question(text=f"Shut {_machines(machines)} down?", names=names, action="shut down"))
    with output.progress() as progress:
        if everything and machines:
            output.notice(
                f"shutting {_machines(machines)} down, at most {timeout_s:g} s; then the cloud stops"
            )
        progress.say("stopping the cloud")
        cloud.stop_cloud(shut_machines_down=everything, timeout_s=timeout_s)
        cloud.close()
        local.wait_stopped(home, daemon, local.STOP_S + (timeout_s if everything else 0))
    if everything:
        output.notice("the cloud is down, and no machine runs")
    elif machines:
        theirs = "its machine goes on" if machines == 1 else f"its {machines} machines go on"
        output.notice(f"the cloud is down; {theirs}")
    else:
        output.notice("the cloud is down")


@subcommand(cloud_command, danger=Danger.READ)
def status(environment: Environment) -> None:
    """Show whether the cloud runs; exit code 3 when it is down. Starts nothing."""
    show_status(environment, environment.cloud_if_up().status())


@subcommand(cloud_command, danger=Danger.READ)
@click.option("-f", "--follow", is_flag=True, help="Go on as lines are written, until Ctrl-C.")
@click.option("-n", "--lines", type=click.IntRange(min=0), default=100, show_default=True, help="How many.")
def logs(environment: Environment, follow: bool, lines: int) -> None:
    """Show what the bundled cloud's daemon logged."""
    home = _local_home(environment)
    path = home / "daemon.log"
    if not path.exists():
        raise NotFound(f"there is no log at {path}", hint="the cloud has not run in this folder yet")
    size = path.stat().st_size
    tail = local.log_tail(home, lines) if lines else []
    if not follow:
        environment.output.show_data(tail, "\n".join(tail))
        return
    environment.output.lines(tail)
    environment.output.lines(_following(path, size))


def _already_down(environment: Environment, everything: bool) -> None:
    """With `--all` a cloud whose daemon is down is started, for its machines may still run."""
    if not everything or not (environment.profile.home / "cloud.db").exists():
        environment.output.notice("the cloud is down already")
        return
    cloud = environment.cloud
    if _powered(cloud.status()):
        environment.output.notice("the daemon was down; it is started to shut its machines down")
    cloud.stop_cloud(shut_machines_down=True, timeout_s=SHUTDOWN_S)
    daemon = local.read(environment.profile.home)
    if daemon is not None:
        local.wait_stopped(environment.profile.home, daemon, local.STOP_S + SHUTDOWN_S)
    environment.output.notice("the cloud is down, and no machine runs")


def _local_home(environment: Environment) -> Path:
    if not environment.profile.is_local:
        raise UsageError(
            f"profile “{environment.profile.name}” is a cloud elsewhere",
            hint="this works for the bundled cloud only: --profile local",
        )
    return environment.profile.home


def show_status(environment: Environment, found: CloudStatus) -> None:
    """Write a cloud's status: one object as data, a few lines as text."""
    counts = ", ".join(f"{count} {state}" for state, count in found.instances.items() if count)
    rows = {
        "cloud": found.id,
        "state": f"up for {human_span(found.uptime_s)}, version {found.version}, pid {found.pid}",
        "machines": counts or "none",
        "runs by": f"{found.accelerator}: {found.accelerator_reason}",
        "engine": f"{found.engine} at {found.libvirt_uri}",
        "folder": found.home,
        "socket": found.socket,
    }
    environment.output.show_data(found, "\n".join(f"{name:<9} {text}" for name, text in rows.items()))


def _following(path: Path, position: int) -> Iterator[str]:
    """Lines as they are written; a file that shrinks was begun anew."""
    rest = b""
    while True:
        size = path.stat().st_size if path.exists() else 0
        position = position if size >= position else 0
        if size > position:
            with path.open("rb") as file:
                file.seek(position)
                *lines, rest = (rest + file.read(size - position)).split(b"\n")
            position = size
            yield from (line.decode("utf-8", "replace") for line in lines)
        else:
            time.sleep(FOLLOW_S)


def _powered(found: CloudStatus) -> int:
    """How many machines are on, or on their way there."""
    return sum(count for state, count in found.instances.items() if state not in OFF)


def _machines(count: int) -> str:
    return "1 machine" if count == 1 else f"{count} machines"
