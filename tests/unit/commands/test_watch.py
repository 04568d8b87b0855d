"""`--watch`: redrawn in place on a terminal, appended in a pipe, ended by Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pexpect
import pytest

from slshell.model.errors import ExitCode
from slshell.model.instance import InstanceType, State
from tests.unit.client.served import ServedCloud, instance
from tests.unit.commands.conftest import Run

COMMAND = [sys.executable, "-m", "slshell"]


@contextmanager
def watching(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A watch in a pipe, which must end by Ctrl-C with 130."""
    process = subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout and process.stderr
    try:
        yield process
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == ExitCode.INTERRUPTED
    finally:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def test_in_a_pipe_each_change_appends_a_table_with_its_time(served: ServedCloud) -> None:
    served.put(instance(1, name="web"))
    with watching("instances", "--watch") as process:
        first = [line(process) for _ in range(3)]
        served.change(1, state=State.UNKNOWN, reachable=False)
        second = [line(process) for _ in range(4)]
    assert first[1].startswith("ID  NAME")
    assert "Running+" in first[2]
    assert second[0] == "\n"
    assert first[0].count(":") == second[1].count(":") == 2
    assert "Unknown" in second[3]


def test_as_json_each_change_is_one_line(served: ServedCloud) -> None:
    served.put(instance(1))
    with watching("instances", "--watch", "-o", "json", "--columns", "id,state") as process:
        assert json.loads(line(process)) == [{"id": 1, "state": "Running"}]
        served.put(instance(2, state=State.BOOT))
        assert [each["state"] for each in json.loads(line(process))] == ["Running", "Boot"]


def test_csv_has_one_header_for_all(served: ServedCloud) -> None:
    served.put(instance(1))
    with watching("instances", "--watch", "-o", "csv", "--columns", "id,state") as process:
        assert (line(process), line(process)) == ("id,state\n", "1,Running\n")
        served.change(1, state=State.UNKNOWN)
        assert line(process) == "1,Unknown\n"


def test_what_the_cloud_tells_no_changes_of_is_asked_again(served: ServedCloud) -> None:
    served.types = []
    with watching("types", "--watch", "0.1", "-q") as process:
        served.types = [InstanceType(name="m9.new", vcpu=1, ram_mib=1, swap_mib=0)]
        assert line(process) == "m9.new\n"
        assert not [target for _, target, _ in served.requests if "changes" in target]


def test_a_change_of_something_else_shows_nothing_new(served: ServedCloud) -> None:
    served.put(instance(1))
    with watching("instances", "--watch", "-q") as process:
        assert line(process) == "1\n"
        served.change(1, cpu_percent=99.0)
        served.put(instance(2))
        assert (line(process), line(process)) == ("1\n", "2\n")


def test_a_cloud_that_goes_away_is_told_once_and_waited_for(served: ServedCloud) -> None:
    served.put(instance(1))
    with watching("instances", "--watch", "-q") as process:
        assert line(process) == "1\n"
        (served.home / "daemon.json").unlink()
        served.__exit__(None, None, None)
        assert process.stderr and "trying again" in process.stderr.readline()
        served.put(instance(2))
        served.__enter__()
        assert (line(process), line(process)) == ("1\n", "2\n")


def test_a_first_look_that_fails_ends_it(served: ServedCloud, run: Run) -> None:
    done = subprocess.run(
        [*COMMAND, "instances", "--watch", "--columns", "nmae"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "did you mean name?" in done.stderr) == (ExitCode.USAGE, True)


@pytest.mark.parametrize("wrong", ["--watch=x", "--watch 0", "--watch web"])
def test_seconds_must_be_seconds(run: Run, wrong: str) -> None:
    result = run(f"instances {wrong}")
    assert result.exit_code == ExitCode.USAGE
    assert "--watch" in result.notices


def test_inside_a_face_that_shows_results_at_the_end_it_is_refused(run: Run) -> None:
    result = run("instances --watch")
    assert result.exit_code == ExitCode.USAGE
    assert "never ends" in result.notices


def test_on_a_terminal_it_redraws_in_place_and_fits(served: ServedCloud) -> None:
    served.instances = {number: instance(number, name=f"vm-{number:02}") for number in range(1, 31)}
    unsized = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    child = pexpect.spawn(
        sys.executable, ["-m", "slshell", "instances", "--watch"], dimensions=(12, 70), encoding="utf-8",
        env={**unsized, "TERM": "xterm", "NO_COLOR": "1"}, timeout=30,
    )  # fmt: skip
    try:
        child.expect("… 22 more\r\n")
        frame = f"{child.before}{child.after}"
        assert max(len(each) for each in frame.splitlines() if "\x1b" not in each) <= 70
        served.change(3, state=State.UNKNOWN)
        child.expect_exact("\r\x1b[11A\x1b[J")
        child.expect("vm-03 +Unknown")
        child.sendintr()
        child.expect(pexpect.EOF)
    finally:
        child.close()
    assert child.exitstatus == ExitCode.INTERRUPTED
