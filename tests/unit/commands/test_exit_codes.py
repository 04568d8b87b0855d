"""Each exit code of the documented table, met by a real process that really fails."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from slshell.model.errors import ExitCode
from slshell.model.instance import State
from tests.support.shell import ROOT
from tests.unit.client.served import ServedCloud, instance

COMMAND = [sys.executable, "-m", "slshell"]
TABLE = dict(
    re.findall(r"^\| (\d+) \| ([a-z ]+) \|", (ROOT / "docs" / "exit-codes.md").read_text(), re.MULTILINE)
)


def code(*words: str, **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        [*COMMAND, *words, "-o", "json"],
        capture_output=True, text=True, check=False, env=os.environ | variables, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, json.loads(done.stderr)["code"] if done.stderr else ""


def done(served: ServedCloud, home: Path) -> tuple[int, str]:
    return code("instances")


def failed(served: ServedCloud, home: Path) -> tuple[int, str]:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([*COMMAND, "instances"], stdout=full, stderr=subprocess.PIPE, check=False)
    return ended.returncode, ""


def usage(served: ServedCloud, home: Path) -> tuple[int, str]:
    return code("instances", "--nonsense")


def unreachable(served: ServedCloud, home: Path) -> tuple[int, str]:
    return code("cloud", "status", SLSHELL_HOME=str(home / "nothing"))


def timed_out(served: ServedCloud, home: Path) -> tuple[int, str]:
    return code("wait", "2", "--timeout", "0.1")


def not_found(served: ServedCloud, home: Path) -> tuple[int, str]:
    return code("instances", "77")


def conflict(served: ServedCloud, home: Path) -> tuple[int, str]:
    return code("connect", "3")


def not_allowed(served: ServedCloud, home: Path) -> tuple[int, str]:
    path = home / ".stratuslab" / "stratuslab-user.cfg"
    path.parent.mkdir()
    path.write_text("[lab]\nendpoint = https://lab\npassword = x\n")
    path.chmod(0o644)
    return code("instances", "-S", "lab")


def interrupted(served: ServedCloud, home: Path) -> tuple[int, str]:
    process = subprocess.Popen(
        [*COMMAND, "events", "--follow", "-o", "json"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any("/v1/changes" in target for _, target, _ in list(served.requests)):
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    return process.returncode, json.loads(told)["code"]


def pipe(served: ServedCloud, home: Path) -> tuple[int, str]:
    served.instances = {number: instance(number) for number in range(1, 5001)}
    process = subprocess.Popen([*COMMAND, "instances"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    return process.wait(timeout=30), ""


FAILURES: dict[ExitCode, tuple[Callable[[ServedCloud, Path], tuple[int, str]], str]] = {
    ExitCode.DONE: (done, ""),
    ExitCode.FAILED: (failed, ""),
    ExitCode.USAGE: (usage, "usage"),
    ExitCode.UNREACHABLE: (unreachable, "unreachable"),
    ExitCode.TIMED_OUT: (timed_out, "timed_out"),
    ExitCode.NOT_FOUND: (not_found, "not_found"),
    ExitCode.CONFLICT: (conflict, "conflict"),
    ExitCode.NOT_ALLOWED: (not_allowed, "not_allowed"),
    ExitCode.INTERRUPTED: (interrupted, "interrupted"),
    ExitCode.PIPE: (pipe, ""),
}


@pytest.mark.parametrize("wanted", list(ExitCode), ids=lambda code: code.name.lower())
def test_a_failure_ends_with_its_code(wanted: ExitCode, served: ServedCloud, own_settings: Path) -> None:
    served.put(instance(1))
    served.put(instance(2, state=State.PROLOG, reachable=False))
    served.put(instance(3, state=State.UNKNOWN, reachable=False))
    failure, word = FAILURES[wanted]
    assert failure(served, own_settings) == (wanted, word)


def test_the_table_names_every_code_and_no_other() -> None:
    assert {int(number): name.replace(" ", "_").upper() for number, name in TABLE.items()} == {
        int(code): code.name for code in ExitCode
    }


def test_a_fault_of_slshell_itself_is_three_lines_and_no_trace(served: ServedCloud) -> None:
    program = (
        "import slshell.output.formats as formats\n"
        "def broken(*_, **__): raise KeyError('x')\n"
        "formats.as_table = broken\n"
        "from slshell.cli import main; main(['instances'] + {words!r})"
    )
    served.put(instance(1))
    for words, told in (
        ([], "slshell: there is a fault in slshell itself\n  KeyError: 'x'\n  the same command with --debug"),
        (["--debug"], "Traceback (most recent call last)"),
    ):
        ended = subprocess.run(
            [sys.executable, "-c", program.format(words=words)], capture_output=True, text=True, check=False
        )
        assert ended.returncode == ExitCode.FAILED
        assert ended.stderr.startswith(told)


def test_debug_shows_where_an_error_came_from_and_without_it_nothing_does(served: ServedCloud) -> None:
    for words, traced in ((["--debug"], True), ([], False)):
        ended = subprocess.run(
            [*COMMAND, "instances", "77", *words], capture_output=True, text=True, check=False
        )
        assert ended.returncode == ExitCode.NOT_FOUND
        assert ("Traceback" in ended.stderr) is traced
