"""Variables and the user's agent in a session."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import paramiko
import pytest

from slshell.client.cloud import Cloud, LocalLink
from slshell.commands.environment import Environment
from slshell.commands.registry import Result, run_line
from slshell.model.errors import ExitCode
from slshell.output.writer import Output
from slshell.sessions.wire import SessionPlan, Wire
from tests.unit.client.served import ServedCloud
from tests.unit.ssh.keys import Make, public
from tests.unit.ssh.server import SshServer

LIST_KEYS = b"\x00\x00\x00\x01\x0b"
"""What a program asks an agent for its keys with."""
PATIENCE_S = 20.0


def face(served: ServedCloud, server: SshServer) -> Environment:
    """A face whose cloud has the server as machine 1."""
    served.put(server.instance())
    made = Environment(output=Output(stdout=io.StringIO(), stderr=io.StringIO()), stdin=io.StringIO())
    made.make_cloud = lambda profile, start, notice: Cloud(LocalLink(served.home, start=False))
    return made


def connect(served: ServedCloud, server: SshServer, rest: str) -> Result:
    return run_line(f"connect 1 {rest}", face(served, server))


@pytest.fixture
def willing(machine: SshServer) -> SshServer:
    """A machine that lets LANG and COLOUR be set."""
    machine.variables = frozenset({"LANG", "COLOUR"})
    return machine


def test_variables_reach_a_command_and_refused_ones_are_named(
    served: ServedCloud, willing: SshServer
) -> None:
    result = connect(
        served, willing, "--env LANG=de_DE --env PATH=/evil -e 'COLOUR=dark red' -- 'echo $LANG $COLOUR'"
    )
    assert (result.exit_code, result.output) == (0, "de_DE dark red\n")
    assert result.notices == "the machine does not take the variable PATH\n"


def test_variables_reach_a_shell_and_refused_ones_stand_before_its_words(
    served: ServedCloud, willing: SshServer
) -> None:
    opened: list[Wire] = []

    def open_session(plan: SessionPlan) -> int:
        opened.append(plan.open(80, 24))
        return 0

    environment = face(served, willing)
    environment.open_session = open_session
    assert run_line("connect 1 -e LANG=C -e PS2=x", environment).exit_code == 0
    (wire,) = opened
    assert wire.read() == b"slshell: the machine does not take the variable PS2\r\n"
    wire.write(b"echo =$LANG=; exit\r")
    assert b"=C=" in b"".join(iter(wire.read, b""))
    wire.close()


@pytest.mark.parametrize("word", ["LANG", "=x", "A B=c", "1A=x"])
def test_a_word_that_sets_no_variable_is_refused(served: ServedCloud, willing: SshServer, word: str) -> None:
    result = connect(served, willing, f"--env '{word}' -- true")
    assert result.exit_code == ExitCode.USAGE
    assert "is not NAME=VALUE" in result.notices
    assert not willing.sessions


class Asking:
    """An SSH machine that asks the user's agent for its keys while a command runs there."""

    def __init__(self, server: SshServer) -> None:
        self.server = server
        self.answer = b""

    def ask(self) -> None:
        channel = self.server.sessions[-1].open_forward_agent_channel()
        channel.sendall(LIST_KEYS)
        while len(self.answer) < 4 or len(self.answer) < 4 + int.from_bytes(self.answer[:4], "big"):
            data = channel.recv(4096)
            assert data
            self.answer += data
        channel.close()


def test_the_agent_is_lent_when_it_is_asked_for(
    served: ServedCloud, machine: SshServer, make: Make, agent: Callable[[Path], None]
) -> None:
    key = make("mine")
    agent(key)
    asking = Asking(machine)
    environment = face(served, machine)
    environment.open_session = lambda plan: _with_shell(plan, asking)
    assert run_line("connect 1 --forward-agent", environment).exit_code == 0
    assert public(key).asbytes() in asking.answer


def _with_shell(plan: SessionPlan, asking: Asking) -> int:
    wire = plan.open(80, 24)
    asking.ask()
    wire.close()
    return 0


def test_the_agent_is_never_lent_unasked(
    served: ServedCloud, machine: SshServer, make: Make, agent: Callable[[Path], None]
) -> None:
    agent(make("mine"))
    environment = face(served, machine)
    asking = Asking(machine)
    environment.open_session = lambda plan: _with_shell(plan, asking)
    assert run_line("connect 1 -- true", environment).exit_code == 0
    assert not machine.agent_asked.is_set()
    with pytest.raises(paramiko.ChannelException):
        run_line("connect 1", environment)


def test_a_machine_that_takes_no_agent_is_told_of(
    served: ServedCloud, machine: SshServer, agent: Callable[[Path], None]
) -> None:
    machine.agent = False
    result = connect(served, machine, "-A -- true")
    assert result.exit_code == 0
    assert result.notices == "the machine does not take the way to your agent\n"


def test_without_an_agent_there_is_none_to_lend(served: ServedCloud, machine: SshServer) -> None:
    assert "SSH_AUTH_SOCK" not in os.environ
    result = connect(served, machine, "-A -- true")
    assert result.exit_code == ExitCode.USAGE
    assert "SSH_AUTH_SOCK is not set" in result.notices
