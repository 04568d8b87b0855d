"""Serial consoles as sessions: what `console` opens, and what is shown of a machine that still boots."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable

from slshell.client.cloud import Cloud
from slshell.commands.environment import Environment
from slshell.model.instance import Instance
from slshell.output.plain import plain
from slshell.sessions.console import Leavable, Prefaced, Watched
from slshell.sessions.wire import SessionKind, SessionPlan, Wire

LINES_BEFORE = 20
"""What was written last is shown first, for a console that waits for keys is silent."""


def console_plan(environment: Environment, instance: Instance, *, force: bool) -> SessionPlan:
    """The console of a machine; Ctrl-] leaves it unless a face draws it, which has keys of its own."""
    cloud = environment.cloud
    leavable = environment.open_session is None

    def open_console(columns: int, rows: int) -> Wire:
        nonlocal force
        wire: Wire = cloud.open_console(instance.id, who=_who(), force=force)
        force = False
        wire = Prefaced(wire, _last_words(cloud, instance.id))
        return Leavable(wire) if leavable else wire

    return SessionPlan(
        kind=SessionKind.CONSOLE,
        title=instance.name,
        open=open_console,
        instance_id=instance.id,
    )


def boot_console(environment: Environment, instance_id: int) -> Callable[[int, int], Wire]:
    """For `SessionPlan.until_open`: what a machine writes from its first byte on, also before it starts.

    Any number may watch; who types takes the console, unless another has it.
    """
    cloud = environment.cloud

    def watch(columns: int, rows: int) -> Wire:
        return Watched(cloud.follow_console(instance_id), lambda: cloud.open_console(instance_id, who=_who()))

    return watch


def _last_words(cloud: Cloud, instance_id: int) -> bytes:
    """As text: a terminal would answer the questions of a program that asked long ago."""
    text = plain(cloud.console(instance_id, lines=LINES_BEFORE))
    return text.replace("\n", "\r\n").encode()


def _who() -> str:
    """What others are told of us."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return f"{name} at {socket.gethostname()} (process {os.getpid()})"
