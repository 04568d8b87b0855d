"""`slshell connect`."""

from __future__ import annotations

import io
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slshell.commands.environment import Environment
from slshell.commands.parameters import instance_in, resolve_instance
from slshell.commands.registry import Danger, command
from slshell.commands.waiting import REACHABLE, TIMEOUT_S, wait_for
from slshell.model.errors import Conflict, UsageError
from slshell.model.instance import Instance, State

if TYPE_CHECKING:
    import paramiko

BOOTING = frozenset({State.PENDING, State.PROLOG, State.BOOT})
REMEDIES = {
    State.SHUTDOWN: "wait until it is off, then slshell start {id}",
    State.UNKNOWN: "slshell start {id} boots it",
    State.EPILOG: "it is being cleared away; slshell run starts a new one",
    State.DONE: "slshell run starts a new one",
    State.FAILED: "slshell events --instance {id} tells more; slshell kill {id} clears it away",
}


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
    machine = ready(environment, resolve_instance(environment.cloud, instance), not no_wait, timeout_s)
    if not words and environment.open_session is not None:
        return environment.open_session(machine)
    return _session(environment, machine, _line(words), identity)


def ready(environment: Environment, instance: Instance, wait: bool, timeout_s: float) -> Instance:
    """The machine once SSH answers.

    Raises:
        Conflict: it is off, on its way out, or failed. TimedOut: it did not come up in time.
    """
    if instance.state in REMEDIES:
        reason = f": {instance.reason}" if instance.reason else ""
        raise Conflict(
            f"machine {instance.id} is {instance.state}{reason}",
            hint=REMEDIES[instance.state].format(id=instance.id),
            details={"id": instance.id, "state": str(instance.state)},
        )
    if not wait or (instance.state is State.RUNNING and instance.reachable):
        return instance
    environment.output.notice(f"machine {instance.id} is {instance.state}: waiting until SSH answers")
    seen, errors = wait_for(environment, [instance.id], REACHABLE, timeout_s)
    if errors:
        raise errors[0]
    return seen[0]


def _line(words: tuple[str, ...]) -> str | None:
    if not words:
        return None
    return words[0] if len(words) == 1 else shlex.join(words)


def _session(environment: Environment, instance: Instance, line: str | None, identity: Path | None) -> int:
    from slshell.ssh.connection import connected
    from slshell.ssh.keys import private_keys
    from slshell.ssh.session import interactive, run_remote

    own = identity or environment.profile.private_key
    identities = ([own] if own else []) + private_keys(environment.environ)
    output = environment.output
    stdin = _descriptor(environment)
    transport: paramiko.Transport
    with connected(instance, identities=identities) as transport:
        if line is None and environment.stdin_is_tty and stdin is not None:
            if not output.stdout_is_tty:
                raise UsageError("a session needs a terminal for its output", hint="name a command behind --")
            term = environment.environ.get("TERM") or "vt100"
            return interactive(transport, stdin=stdin, stdout=output.stdout.fileno(), term=term)
        return run_remote(transport, line, stdin=stdin, sink=output.raw)


def _descriptor(environment: Environment) -> int | None:
    try:
        return environment.stdin.fileno()
    except (io.UnsupportedOperation, ValueError):
        return None
