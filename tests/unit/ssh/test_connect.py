"""`connect` as a command: run by a face, with its exit codes."""

from __future__ import annotations

import io
from pathlib import Path

import paramiko
import pytest

from slshell.client.cloud import Cloud, LocalLink
from slshell.commands.environment import Environment
from slshell.commands.registry import Result, run_line
from slshell.model.errors import ExitCode
from slshell.model.instance import State
from slshell.output.writer import Output
from slshell.sessions.wire import SessionKind, SessionPlan
from tests.unit.client.served import ServedCloud
from tests.unit.ssh.server import SshServer


@pytest.fixture
def environment(served: ServedCloud, machine: SshServer) -> Environment:
    """A face whose cloud has the SSH server as machine 1."""
    served.put(machine.instance())
    made = Environment(output=Output(stdout=io.StringIO(), stderr=io.StringIO()), stdin=io.StringIO())
    made.make_cloud = lambda profile, start, notice: Cloud(LocalLink(served.home, start=False))
    return made


def connect(environment: Environment, rest: str) -> Result:
    return run_line(f"connect {rest}", environment)


def test_streams_and_status_of_a_command_come_back(environment: Environment) -> None:
    result = connect(environment, "vm-1 -- 'echo out; echo err >&2; exit 5'")
    assert (result.exit_code, result.output, result.notices) == (5, "out\n", "err\n")


def test_several_words_reach_the_machine_as_they_are(environment: Environment) -> None:
    assert connect(environment, "1 -- echo '$HOME' 'a  b' '*'").output == "$HOME a  b *\n"


def test_what_a_machine_writes_is_cleaned_where_it_becomes_text(environment: Environment) -> None:
    result = connect(environment, r"""1 -- "printf 'a\033[2Jb\n\tc\n'" """)
    assert result.output == "a\\x1b[2Jb\n\\x09c\n"


def test_an_impostor_is_refused_with_conflict(environment: Environment, served: ServedCloud) -> None:
    other = paramiko.ECDSAKey.generate()
    served.change(1, host_key=f"{other.get_name()} {other.get_base64()}")
    result = connect(environment, "1 -- true")
    assert result.exit_code == ExitCode.CONFLICT
    assert other.fingerprint in result.notices


def test_a_machine_that_hangs_up_while_it_settles_is_tried_again(
    environment: Environment, machine: SshServer
) -> None:
    machine.hang_ups = 2
    assert connect(environment, "1 -- echo here").output == "here\n"
    machine.hang_ups = 1
    result = connect(environment, "1 --no-wait -- echo here")
    assert (result.exit_code, result.output) == (ExitCode.UNREACHABLE, "")


def test_a_named_identity_opens_a_machine_that_has_another_key(
    environment: Environment, served: ServedCloud, own_settings: Path
) -> None:
    other = paramiko.ECDSAKey.generate()
    path = own_settings / "other"
    other.write_private_key_file(str(path))
    with SshServer(other) as machine:
        served.put(machine.instance())
        assert connect(environment, "1 -- true").exit_code == ExitCode.NOT_ALLOWED
        assert connect(environment, f"1 --identity {path} -- true").exit_code == 0


def test_a_face_may_open_sessions_its_own_way(environment: Environment) -> None:
    opened: list[SessionPlan] = []

    def open_session(plan: SessionPlan) -> int:
        opened.append(plan)
        return 3

    environment.open_session = open_session
    assert connect(environment, "1").exit_code == 3
    assert [(each.kind, each.instance_id, each.title) for each in opened] == [(SessionKind.SSH, 1, "vm-1")]


@pytest.mark.parametrize(
    ("reachable", "rest", "shown"), [(True, "", False), (False, "", True), (False, " --no-wait", False)]
)
def test_a_face_may_show_the_console_of_a_machine_that_boots(
    environment: Environment, served: ServedCloud, reachable: bool, rest: str, shown: bool
) -> None:
    served.change(1, reachable=reachable)
    opened: list[SessionPlan] = []

    def open_session(plan: SessionPlan) -> int:
        opened.append(plan)
        return 0

    environment.open_session = open_session
    assert connect(environment, f"1{rest}").exit_code == 0
    assert (opened[0].until_open is not None) == shown


@pytest.mark.parametrize("state", [State.SHUTDOWN, State.UNKNOWN, State.EPILOG, State.DONE, State.FAILED])
def test_a_machine_that_cannot_answer_is_a_conflict_with_a_remedy(
    environment: Environment, served: ServedCloud, state: State
) -> None:
    served.change(1, state=state, reachable=False, reason="so it is")
    result = connect(environment, "1 -- true")
    assert result.exit_code == ExitCode.CONFLICT
    assert f"machine 1 is {state}: so it is" in result.notices
    assert result.notices.count("\n") == 2


def test_without_waiting_a_machine_that_boots_is_tried_at_once(
    environment: Environment, served: ServedCloud
) -> None:
    served.change(1, state=State.BOOT, reachable=False)
    assert connect(environment, "1 --no-wait -- true").exit_code == 0
