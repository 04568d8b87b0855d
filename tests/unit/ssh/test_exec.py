"""One command on several machines at once."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import paramiko
import pytest

from slshell.client.cloud import Cloud, LocalLink
from slshell.commands import executed
from slshell.commands.environment import Environment
from slshell.commands.registry import Result, run_line
from slshell.model.errors import ExitCode
from slshell.model.instance import State
from slshell.output.writer import Output
from tests.unit.client.served import ServedCloud
from tests.unit.ssh.keys import PHRASE, Asked, Make, public
from tests.unit.ssh.server import SshServer


@pytest.fixture
def machines(served: ServedCloud, machine: SshServer) -> Iterator[list[SshServer]]:
    """Three machines that let the user in: red, green and blue."""
    with ExitStack() as stack:
        servers = [machine, *(stack.enter_context(SshServer(*machine.accepted)) for _ in range(2))]
        for number, (name, server) in enumerate(zip(("red", "green", "blue"), servers, strict=True), 1):
            served.put(msgspec.structs.replace(server.instance(name=name), id=number))
        yield servers


@pytest.fixture
def environment(served: ServedCloud) -> Environment:
    """A face of the cloud that the machines are in."""
    made = Environment(output=Output(stdout=io.StringIO(), stderr=io.StringIO()), stdin=io.StringIO())
    made.make_cloud = lambda profile, start, notice: Cloud(LocalLink(served.home, start=False))
    return made


def run(environment: Environment, rest: str) -> Result:
    return run_line(f"exec {rest}", environment)


def table_of(result: Result) -> dict[str, str]:
    """Name → exit code, from the table at the end."""
    rows = [line.split() for line in result.notices.splitlines() if line.strip()]
    at = next(number for number, row in enumerate(rows) if row[:1] == ["ID"])
    return {row[1]: row[2] for row in rows[at + 1 :]}


def test_each_line_has_its_machines_name_and_a_table_of_codes_follows(
    environment: Environment, machines: list[SshServer]
) -> None:
    result = run(environment, "--on red,2 --on blue -- 'echo one; echo two; echo bad >&2'")
    assert sorted(result.output.splitlines()) == sorted(
        f"{name} | {word}" for name in ("red  ", "green", "blue ") for word in ("one", "two")
    )
    assert [line for line in result.notices.splitlines() if "bad" in line]
    assert table_of(result) == {"red": "0", "green": "0", "blue": "0"}
    assert result.exit_code == 0


def test_the_exit_code_is_the_highest_of_all(
    environment: Environment, machines: list[SshServer], served: ServedCloud
) -> None:
    assert run(environment, "--on red,green,blue -- 'exit 4'").exit_code == 4
    machines[1].stop_listening()
    served.change(3, state=State.FAILED, reason="no room")
    result = run(environment, "--on red,green,blue -- 'exit 2'")
    assert table_of(result) == {"red": "2", "green": "3", "blue": "6"}
    assert result.exit_code == 6
    assert "green | slshell: machine 2 does not answer" in result.notices
    assert "blue  | slshell: machine 3 is Failed: no room" in result.notices


def test_json_gives_an_object_for_each_machine(environment: Environment, machines: list[SshServer]) -> None:
    machines[2].stop_listening()
    result = run(environment, "--on red,blue -o json -- 'printf out; printf err >&2; exit 3'")
    red, blue = json.loads(result.output)
    assert (red["id"], red["name"], red["exit_code"], red["stdout"], red["stderr"], red["error"]) == (
        1, "red", 3, "out", "err", None,
    )  # fmt: skip
    assert (blue["exit_code"], blue["stdout"], blue["error"]["code"]) == (3, "", "unreachable")
    assert result.exit_code == 3


def test_output_that_is_too_much_for_data_is_cut_and_said_so(
    environment: Environment, machines: list[SshServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executed, "MOST_KEPT", 5)
    (red,) = json.loads(run(environment, "--on red -o json -- echo 123456").output)
    assert (red["stdout"], red["truncated"], red["exit_code"]) == ("12345", True, 0)


def test_what_machines_write_cannot_steer_the_terminal_and_endless_lines_are_broken(
    environment: Environment, machines: list[SshServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executed, "LONGEST_LINE", 8)
    result = run(environment, "--on red -- 'printf \"\\033[2J\\ta\\r\\n\"; printf 123456789012'")
    assert result.output.splitlines()[0] == "red | \\x1b[2J    a"
    assert "".join(line.removeprefix("red | ") for line in result.output.splitlines()[1:]) == "123456789012"


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ("state:running", {"red", "green", "blue"}),
        ("STATE:x", None),
        ("*e*", {"red", "green", "blue"}),
        ("gr*,1,red", {"red", "green"}),
        ("b?ue", {"blue"}),
        ("purple", None),
        ("x*", None),
        ("state:sleeping", None),
        (",", None),
    ],
)
def test_machines_are_chosen_by_id_name_pattern_and_state(
    environment: Environment, machines: list[SshServer], selection: str, names: set[str] | None
) -> None:
    result = run(environment, f"--on '{selection}' -o json -- true")
    if names is None:
        assert result.exit_code in (ExitCode.NOT_FOUND, ExitCode.USAGE)
        assert not machines[0].sessions
    else:
        assert {each["name"] for each in json.loads(result.output)} == names


def test_machines_of_one_name_are_told_apart(
    environment: Environment, machines: list[SshServer], served: ServedCloud
) -> None:
    served.change(2, name="red")
    result = run(environment, "--on 1,2 -- echo x")
    assert sorted(result.output.splitlines()) == ["red/1 | x", "red/2 | x"]


def test_not_more_than_so_many_are_entered_at_once(
    environment: Environment, machines: list[SshServer], tmp_path: Path
) -> None:
    # Each fails when another one is inside: mkdir succeeds for one only.
    line = f"mkdir {tmp_path}/inside && sleep 0.2 && rmdir {tmp_path}/inside"
    assert run(environment, f"--on red,green,blue --parallel 1 -- '{line}'").exit_code == 0
    # Each ends once all three are inside.
    meet = tmp_path / "meet"
    meet.mkdir()
    script = tmp_path / "script"
    script.write_text(f"touch {meet}/$$; until [ $(ls {meet} | wc -l) = 3 ]; do sleep 0.1; done")
    line = f"--on red,green,blue --parallel 3 -- timeout 60 sh {script}"
    assert run(environment, line).exit_code == 0


def test_a_locked_key_is_asked_for_once_for_all(
    environment: Environment, served: ServedCloud, make: Make
) -> None:
    key = make("locked", PHRASE)
    environment.ask_secret = ask = Asked(PHRASE)
    with ExitStack() as stack:
        for number in (1, 2, 3):
            server = stack.enter_context(SshServer(public(key)))
            served.put(msgspec.structs.replace(server.instance(), id=number))
        assert run(environment, f"--on 1,2,3 -i {key} -- true").exit_code == 0
    assert len(ask.prompts) == 1


def test_ctrl_c_ends_all(machines: list[SshServer], own_settings: Path) -> None:
    words = [sys.executable, "-m", "slshell", "exec", "--on", "red,green,blue", "--", "echo begun; sleep 600"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ))
    assert process.stdout is not None
    assert sorted(process.stdout.readline() for _ in range(3)) == [
        b"blue  | begun\n", b"green | begun\n", b"red   | begun\n",
    ]  # fmt: skip
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED
    assert told == b"interrupted\n"
    for server in machines:
        server.sessions[0].join(30)
        assert not server.sessions[0].is_active()


def test_a_fault_of_a_machine_without_keys_names_it(
    environment: Environment, machines: list[SshServer]
) -> None:
    machines[1].accepted = (paramiko.ECDSAKey.generate(),)
    result = run(environment, "--on red,green -- true")
    assert table_of(result) == {"red": "0", "green": "7"}
    assert result.exit_code == ExitCode.NOT_ALLOWED
