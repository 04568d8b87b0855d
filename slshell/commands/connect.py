"""`slshell connect`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from slshell.commands.access import Access, refuse_gone
from slshell.commands.environment import Environment
from slshell.commands.opening import descriptor, has_terminal, open_plan, terminal_kind
from slshell.commands.parameters import instance_in, resolve_instance
from slshell.commands.registry import Danger, command
from slshell.commands.waiting import TIMEOUT_S
from slshell.model.instance import State


@command(danger=Danger.CHANGE)
@click.argument("instance", type=instance_in(State.RUNNING), metavar="ID")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND…]")
@click.option(
    "-i",
    "--identity",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Private key to use before all others.",
)
@click.option("--no-wait", is_flag=True, help="Do not wait for a machine that is starting.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0),
    default=TIMEOUT_S,
    show_default=True,
    metavar="SECONDS",
    help="Longest wait for a machine that is starting.",
)
def connect_command(
    environment: Environment,
    instance: str,
    words: tuple[str, ...],
    identity: Path | None,
    no_wait: bool,
    timeout_s: float,
) -> int:
    """Open an SSH session in a machine, or run one command there.

    The exit code is that of the session or command. One word behind -- is a line for the machine's
    shell; several words are taken as they are.
    """
    machine = resolve_instance(environment.cloud, instance)
    refuse_gone(machine)
    access = Access(environment, machine, identity=identity, wait=not no_wait, timeout_s=timeout_s)
    if not words and has_terminal(environment):
        return open_plan(environment, access.plan(term=terminal_kind(environment)))
    from slshell.ssh.session import run_remote

    connection = access.link.take()
    try:
        stdin = descriptor(environment)
        return run_remote(connection.transport, _line(words), stdin=stdin, sink=environment.output.raw)
    finally:
        access.link.leave(connection)


def _line(words: tuple[str, ...]) -> str | None:
    if not words:
        return None
    return words[0] if len(words) == 1 else shlex.join(words)
