"""Sessions in real machines with dropbear: a shell of a terminal, ports, several at once, and a reboot."""

from __future__ import annotations

import io
import json
import re
import socket
import threading

import pytest
import tenacity

from slshell.commands.environment import Environment
from slshell.commands.registry import run_line
from slshell.model.errors import CloudUnreachable
from slshell.output.writer import Output
from slshell.sessions.session import Session, State
from slshell.sessions.wire import SessionPlan, Wire
from tests.support.desk import Desk
from tests.support.shell import Shell

pytestmark = [pytest.mark.machine, pytest.mark.timeout(900)]

START_S = 240.0
"""A machine that is emulated under load takes its time."""


def face(shell: Shell) -> Environment:
    """A face in this process, on the user's cloud, that goes on after each command."""
    made = Environment(
        output=Output(stdout=io.StringIO(), stderr=io.StringIO()),
        stdin=io.StringIO(),
        environ=shell.environment,
    )
    made.lasts = True
    return made


def read_to(wire: Wire, pattern: str) -> str:
    """What comes until a pattern fits, which is answered."""
    heard = ""
    while (found := re.search(pattern, heard)) is None:
        data = wire.read()
        assert data, f"{pattern} did not come: {heard!r}"
        heard += data.decode("utf-8", "replace")
    return found[0]


def opened(plan: SessionPlan) -> Wire:
    """The session, tried as a face tries it: under load a connection may break off while it is made."""
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(CloudUnreachable),
        wait=tenacity.wait_fixed(1.0),
        stop=tenacity.stop_after_delay(START_S),
        reraise=True,
    )
    return attempts(plan.open, 91, 23)


def test_a_shell_ports_both_ways_several_machines_and_a_reboot(shell: Shell) -> None:
    shell("run", "ttylinux", "--name", "other")
    shell("run", "ttylinux", "--name", "box")
    shell("wait", "box", "other", "--for", "reachable", timeout_s=START_S)
    environment = face(shell)
    plans: list[SessionPlan] = []

    def open_session(plan: SessionPlan) -> int:
        plans.append(plan)
        return 0

    environment.open_session = open_session
    assert run_line("connect box -e COLOUR=red", environment).exit_code == 0
    (plan,) = plans

    wire = opened(plan)
    assert wire.read() == b"slshell: the machine does not take the variable COLOUR\r\n"
    wire.write(b"stty size\r")
    read_to(wire, "23 91")
    wire.resize(100, 30)
    wire.write(b"stty size\r")
    read_to(wire, "30 100")
    wire.write(b"exit 3\r")
    while wire.read():
        pass
    assert wire.ending().status == 3

    _ports(environment)
    _several(shell)
    _reboot(shell, plan)

    environment.forwards.close_all()


def _several(shell: Shell) -> None:
    """Each machine answers for itself, and the worst code is that of all."""
    shell("connect", "box", "--", "touch here")
    command = (
        "exec",
        "--on",
        "box,other",
        "-o",
        "json",
        "--",
        "cat /proc/sys/kernel/random/boot_id; ls here",
    )
    box, other = json.loads(shell(*command, expect=1).stdout)
    assert (box["name"], box["exit_code"], other["name"], other["exit_code"]) == ("box", 0, "other", 1)
    booted, listed = box["stdout"].splitlines()
    assert listed == "here"
    assert other["stdout"].strip() != booted
    assert "here" in other["stderr"]


def _reboot(shell: Shell, plan: SessionPlan) -> None:
    """A session comes back by itself, with all that was there before."""
    desk = Desk()
    session: Session = desk.book.open(plan, (91, 23))
    try:
        desk.until(lambda: session.state is State.OPEN, START_S)
        session.write(b"cat /proc/sys/kernel/random/boot_id; echo be''fore\r")
        desk.until(lambda: "before" in session.screen.text(), START_S)
        shell("reboot", "box", timeout_s=START_S)
        desk.until(lambda: session.state is not State.OPEN, START_S)
        desk.until(lambda: session.state is State.OPEN, START_S)
        session.write(b"echo af''ter\r")
        desk.until(lambda: "after" in session.screen.text(), START_S)
        kept = session.screen.text()
        assert kept.index("before") < kept.index("after")
    finally:
        desk.book.close_all()


def _ports(environment: Environment) -> None:
    """A port into the machine, and one out of it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            client, _ = server.accept()
            with client:
                client.sendall(b"hello from outside\n")

        threading.Thread(target=answer, daemon=True).start()
        result = run_line(f"forward box 0:22 -R 0:{port}", environment)
        assert result.exit_code == 0, result.notices
        inward, outward = result.data
        assert _greeting(inward.listen).startswith(b"SSH-2.0-dropbear")
        there = outward.listen.rpartition(":")[2]
        # The loopback of the machine is where dropbear listens.
        said = run_line(f"connect box -- 'nc 127.0.0.1 {there} </dev/null'", environment)
        assert said.output == "hello from outside\n", said.notices


@tenacity.retry(wait=tenacity.wait_fixed(1.0), stop=tenacity.stop_after_delay(START_S), reraise=True)
def _greeting(listen: str) -> bytes:
    """What an SSH server behind a forwarded port says first."""
    host, _, port = listen.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=30) as sock:
        data = sock.recv(100)
    assert data, "the forward closed the connection"
    return data
