"""Opening a session: in the face that runs the command, else in the terminal that it was started from."""

from __future__ import annotations

import io

from slshell.commands.environment import Environment
from slshell.model.errors import CloudUnreachable, UsageError
from slshell.sessions.wire import Ending, SessionPlan

OWN_TERMINAL = "xterm-256color"
"""What the terminals that a face draws itself are, whatever it is drawn on."""

NO_STATUS = 255
"""What OpenSSH answers when the other side gave no exit status."""


def open_plan(environment: Environment, plan: SessionPlan) -> int:
    """Open the session and answer its exit status.

    Raises:
        SlshellError: it could not be opened. UsageError: there is no terminal for it.
        CloudUnreachable: the other side went away.
    """
    if environment.open_session is not None:
        return environment.open_session(plan)
    output, stdin = environment.output, descriptor(environment)
    if stdin is None or not environment.stdin_is_tty:
        raise UsageError("a session needs a terminal for its input", hint="run it where you can type")
    if not output.stdout_is_tty:
        raise UsageError("a session needs a terminal for its output", hint="name a command behind --")
    from slshell.sessions import terminal
    from slshell.sessions.attach import attach

    wire = plan.open(*terminal.size(stdin))
    return status_of(attach(wire, stdin=stdin, stdout=output.stdout.fileno()))


def status_of(ending: Ending) -> int:
    """The exit status of a session that is over, 255 where the other side gave none.

    Raises:
        CloudUnreachable: the connection broke.
    """
    if ending.lost:
        raise CloudUnreachable(ending.text, hint="slshell instances shows what became of it")
    return NO_STATUS if ending.status is None else ending.status


def has_terminal(environment: Environment) -> bool:
    """Whether a session can be shown: by the face, or where somebody types."""
    if environment.open_session is not None:
        return True
    return environment.stdin_is_tty and descriptor(environment) is not None


def terminal_kind(environment: Environment) -> str:
    """What programs are told of the terminal: the face's own kind, else that of the user's one."""
    if environment.open_session is not None:
        return OWN_TERMINAL
    return environment.environ.get("TERM") or "vt100"


def descriptor(environment: Environment) -> int | None:
    """The file descriptor of the command's input; None when there is none behind it."""
    try:
        return environment.stdin.fileno()
    except (io.UnsupportedOperation, ValueError):
        return None
