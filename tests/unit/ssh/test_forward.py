"""Forwarded ports, both ways, over real SSH."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import paramiko
import pytest

from slshell.client.cloud import Cloud, LocalLink
from slshell.commands.environment import Environment
from slshell.commands.registry import Result, run_line
from slshell.model.errors import ExitCode, UsageError
from slshell.model.instance import State
from slshell.output.writer import Output
from slshell.sessions.forwards import ForwardState, Phase
from slshell.ssh import forward
from slshell.ssh.connection import Connection
from slshell.ssh.forward_spec import ForwardSpec, forward_spec
from slshell.ssh.link import Link
from tests.unit.client.served import ServedCloud
from tests.unit.ssh.server import SshServer

PATIENCE_S = 30.0


class _Echo(socketserver.BaseRequestHandler):
    """Answers with what it has got, in capitals, once the other side has said all."""

    def handle(self) -> None:
        heard = b""
        while data := self.request.recv(65536):
            heard += data
        self.request.sendall(heard.upper())


class _Echoes(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server on the loopback that says everything in capitals."""
    with _Echoes(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def environment(served: ServedCloud, machine: SshServer) -> Iterator[Environment]:
    """A face that goes on, whose cloud has the SSH server as machine 1."""
    served.put(machine.instance())
    made = Environment(output=Output(stdout=io.StringIO(), stderr=io.StringIO()), stdin=io.StringIO())
    made.make_cloud = lambda profile, start, notice: Cloud(LocalLink(served.home, start=False))
    made.lasts = True
    yield made
    made.forwards.close_all()


def run(environment: Environment, line: str) -> Result:
    return run_line(line, environment)


def opened(environment: Environment, line: str) -> list[ForwardState]:
    result = run(environment, line)
    assert result.exit_code == 0, result.notices
    return list(result.data)


def said(port: int, text: bytes) -> bytes:
    """What comes back from a port for a text."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as sock:
        sock.sendall(text)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def port_of(state: ForwardState) -> int:
    return int(state.listen.rpartition(":")[2])


def until(environment: Environment, holds: Callable[[ForwardState], bool]) -> ForwardState:
    """The only forward, once something holds of it."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        (state,) = environment.forwards.all()
        if holds(state):
            return state
        assert time.monotonic() < deadline, state
        threading.Event().wait(0.02)


@pytest.mark.parametrize(
    ("text", "listen", "target"),
    [
        ("80", "127.0.0.1:80", "127.0.0.1:80"),
        ("8080:80", "127.0.0.1:8080", "127.0.0.1:80"),
        ("0:80", "127.0.0.1:0", "127.0.0.1:80"),
        ("8080:db.lab:5432", "127.0.0.1:8080", "db.lab:5432"),
        ("0.0.0.0:8080:80", "0.0.0.0:8080", "127.0.0.1:80"),
        ("*:8080:db:80", "*:8080", "db:80"),
        ("[::1]:8080:[2001:db8::7]:80", "[::1]:8080", "[2001:db8::7]:80"),
    ],
)
def test_ports_are_named_in_few_or_many_parts(text: str, listen: str, target: str) -> None:
    spec = forward_spec(text)
    assert (spec.listen, spec.target) == (listen, target)
    assert spec == ForwardSpec(
        remote=False, bind=spec.bind, port=spec.port, host=spec.host, host_port=spec.host_port
    )


@pytest.mark.parametrize(
    "text",
    ["", "x", ":80", "80:", "8080:0", "65536:80", "80:99999999999", "1:2:3:4:5", "8080::80", "8080:*:80",
     "8080:a b:80", "[::1:80:80", "[::1]80", "²:80", "8080:-x y:1"],
)  # fmt: skip
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not \[BIND:\]PORT:\[HOST:\]PORT"):
        forward_spec(text)


def test_a_port_here_leads_into_the_machine_and_is_counted(environment: Environment, echo: int) -> None:
    (state,) = opened(environment, f"forward 1 0:{echo}")
    text = bytes(range(97, 123)) * 100_000
    assert said(port_of(state), text) == text.upper()
    assert said(port_of(state), b"again") == b"AGAIN"
    after = until(environment, lambda state: state.connections == 0)
    assert (after.served, after.sent, after.received) == (2, len(text) + 5, len(text) + 5)
    assert (after.phase, after.title, after.instance_id, after.trouble) == (Phase.OPEN, "vm-1", 1, "")


def test_a_port_in_the_machine_leads_here(environment: Environment, machine: SshServer, echo: int) -> None:
    (state,) = opened(environment, f"forward 1 -R 0:{echo}")
    assert machine.ports.asked == [("localhost", 0)]
    assert state.remote
    assert port_of(state) == machine.ports.listening(1)
    assert said(port_of(state), b"inside") == b"INSIDE"
    assert run(environment, "close-forward 1").exit_code == 0
    assert machine.ports.closed.wait(PATIENCE_S)


def test_several_are_opened_and_closed_one_by_one(
    environment: Environment, machine: SshServer, echo: int
) -> None:
    states = opened(environment, f"forward 1 0:{echo} 0:127.0.0.1:{echo} -R 0:{echo} -R 0:127.0.0.1:{echo}")
    assert [each.id for each in states] == [1, 2, 3, 4]
    assert len(machine.sessions) == 1
    assert run(environment, "close-forward 2 3").exit_code == 0
    assert [each.id for each in environment.forwards.all()] == [1, 4]
    assert said(port_of(states[0]), b"one") == b"ONE"
    assert machine.ports.closed.wait(PATIENCE_S)
    assert said(port_of(states[3]), b"four") == b"FOUR"
    with pytest.raises(ConnectionRefusedError):
        said(port_of(states[1]), b"two")
    assert run(environment, "close-forward --all").exit_code == 0
    machine.sessions[0].join(PATIENCE_S)
    assert not machine.sessions[0].is_active()


def test_they_are_listed_with_both_ends(environment: Environment, echo: int) -> None:
    (state,) = opened(environment, f"forward 1 0:{echo}")
    (row,) = json.loads(run(environment, "forwards -o json").output)
    assert (row["listen"], row["target"], row["phase"]) == (state.listen, f"127.0.0.1:{echo}", "open")
    assert f"vm-1 127.0.0.1:{echo}" in run(environment, "forwards").output
    assert run(environment, "close-forward 7").exit_code == ExitCode.NOT_FOUND


def test_a_port_in_use_is_told_and_none_of_the_others_stays_open(
    environment: Environment, machine: SshServer, echo: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run(environment, f"forward 1 0:{echo} {port}:80")
    assert result.exit_code == ExitCode.CONFLICT
    assert f"127.0.0.1:{port} is in use here" in result.notices
    assert environment.forwards.all() == []
    machine.sessions[0].join(PATIENCE_S)
    assert not machine.sessions[0].is_active()


def test_an_address_that_is_not_ours_is_told(environment: Environment) -> None:
    result = run(environment, "forward 1 192.0.2.1:0:80")
    assert result.exit_code == ExitCode.USAGE
    assert "192.0.2.1:0 cannot be opened" in result.notices


def test_a_machine_that_forbids_forwarding_is_told(
    environment: Environment, machine: SshServer, echo: int
) -> None:
    machine.forwards = False
    result = run(environment, f"forward 1 -R 9000:{echo}")
    assert result.exit_code == ExitCode.CONFLICT
    assert "machine 1 does not open port 9000" in result.notices
    (state,) = opened(environment, f"forward 1 0:{echo}")
    assert said(port_of(state), b"") == b""
    assert (
        "its SSH server forbids forwarding" in until(environment, lambda state: bool(state.trouble)).trouble
    )


def test_where_nothing_answers_behind_it_the_connection_is_closed_and_the_reason_kept(
    environment: Environment, echo: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        dead = free.getsockname()[1]
    (state,) = opened(environment, f"forward 1 0:{dead}")
    assert said(port_of(state), b"") == b""
    told = until(environment, lambda state: bool(state.trouble))
    assert told.trouble == f"the machine does not reach 127.0.0.1:{dead}: nothing answers there"
    assert told.phase is Phase.OPEN


@pytest.mark.parametrize("option", ["", "-R "])
def test_a_forward_lasts_over_a_break_of_its_connection(
    environment: Environment, machine: SshServer, echo: int, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward, "LOOK_S", 0.05)
    monkeypatch.setattr(forward, "RETRY_S", 0.05)
    (state,) = opened(environment, f"forward 1 {option}0:{echo}")
    machine.ports.close_all()
    machine.sessions[0].close()
    if option:
        assert machine.ports.listening(2) == port_of(state)
    until(environment, lambda state: state.phase is Phase.OPEN and len(machine.sessions) > 1)
    assert said(port_of(state), b"back") == b"BACK"


def test_one_that_is_closed_while_it_connects_again_ends(
    environment: Environment, machine: SshServer, echo: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: broken.append(told.exc_value))
    opened(environment, f"forward 1 0:{echo}")
    closed, take = threading.Event(), Link.take

    def take_late(link: Link) -> Connection:
        connection = take(link)
        environment.forwards.close_all()
        closed.set()
        return connection

    monkeypatch.setattr(Link, "take", take_late)
    machine.sessions[-1].close()
    assert closed.wait(PATIENCE_S)
    for thread in threading.enumerate():
        if thread.name == "ssh-forward":
            thread.join(PATIENCE_S)
    assert broken == []


def test_a_machine_that_is_gone_ends_its_forwards(
    environment: Environment,
    machine: SshServer,
    served: ServedCloud,
    echo: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forward, "LOOK_S", 0.05)
    opened(environment, f"forward 1 0:{echo}")
    served.change(1, state=State.DONE, reachable=False)
    machine.sessions[0].close()
    ended = until(environment, lambda state: state.phase is Phase.ENDED)
    assert "machine 1 is Done" in ended.trouble
    with pytest.raises(ConnectionRefusedError):
        said(port_of(ended), b"x")


def test_closing_ends_connections_that_are_open(environment: Environment, echo: int) -> None:
    (state,) = opened(environment, f"forward 1 0:{echo}")
    with socket.create_connection(("127.0.0.1", port_of(state)), timeout=PATIENCE_S) as sock:
        sock.sendall(b"begun")
        until(environment, lambda state: state.sent == 5)
        assert run(environment, "close-forward 1").exit_code == 0
        assert sock.recv(10) == b""


def test_closing_goes_on_when_the_connection_ends_at_the_same_time(
    environment: Environment, echo: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (state,) = opened(environment, f"forward 1 0:{echo}")
    closing = paramiko.Channel.close

    def closed_too_late(channel: paramiko.Channel) -> None:
        closing(channel)
        if not channel.get_transport().server_mode:
            raise EOFError

    with ExitStack() as both:
        socks = [
            both.enter_context(socket.create_connection(("127.0.0.1", port_of(state)), timeout=PATIENCE_S))
            for _ in range(2)
        ]
        for sock in socks:
            sock.sendall(b"begun")
        until(environment, lambda state: state.sent == 10)
        monkeypatch.setattr(paramiko.Channel, "close", closed_too_late)
        assert run(environment, "close-forward 1").exit_code == 0
        for sock in socks:
            assert sock.recv(10) == b""


class Shell:
    """`slshell forward` as a program of its own."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "slshell", "forward", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ), text=True,
        )  # fmt: skip

    def end(self) -> str:
        """Press Ctrl-C; answers what it told."""
        self.process.send_signal(signal.SIGINT)
        _, told = self.process.communicate(timeout=PATIENCE_S)
        return told


def test_in_a_shell_it_tells_what_is_open_and_holds_until_ctrl_c(
    served: ServedCloud, machine: SshServer, echo: int, own_settings: Path
) -> None:
    served.put(machine.instance())
    shell = Shell("1", f"0:{echo}", "--no-header")
    assert shell.process.stdout is not None
    row = shell.process.stdout.readline().split()
    assert row[:2] == ["1", "open"]
    port = int(row[2].rpartition(":")[2])
    assert said(port, b"there") == b"THERE"
    told = shell.end()
    assert shell.process.returncode == ExitCode.INTERRUPTED
    assert told == "Ctrl-C ends it\ninterrupted\n"
    with pytest.raises(ConnectionRefusedError):
        said(port, b"x")


def test_in_a_shell_troubles_are_told_as_they_come(
    served: ServedCloud, machine: SshServer, echo: int, own_settings: Path
) -> None:
    served.put(machine.instance())
    machine.forwards = False
    shell = Shell("1", f"0:{echo}", "-o", "json")
    assert shell.process.stdout is not None
    assert shell.process.stderr is not None
    text = ""
    while not text.endswith("]\n"):
        text += shell.process.stdout.readline()
    (row,) = json.loads(text)
    assert said(int(row["listen"].rpartition(":")[2]), b"") == b""
    assert "its SSH server forbids forwarding" in shell.process.stderr.readline()
    shell.end()


def test_a_port_must_be_named(environment: Environment) -> None:
    result = run(environment, "forward 1")
    assert result.exit_code == ExitCode.USAGE
    assert "no port is named" in result.notices
