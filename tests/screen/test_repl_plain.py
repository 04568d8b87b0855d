"""The REPL without a capable terminal: plain, from a file, from standard input."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from slshell.model.errors import ExitCode
from slshell.model.instance import State
from tests.screen.served import ScreenCloud
from tests.unit.client.served import instance

SLSHELL = [sys.executable, "-m", "slshell"]


class Line:
    """A program at the end of a pseudo-terminal; all that it wrote is kept."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int) -> None:
        self.process = process
        self.written = b""
        self._terminal = terminal

    def until(self, words: str) -> str:
        """Read until it has written these words after what was read before; answers what came."""
        start = len(self.written)
        while words.encode() not in self.written[start:]:
            self.written += os.read(self._terminal, 4096)
        return self.written[start:].decode()

    def type(self, text: str) -> None:
        """Type."""
        os.write(self._terminal, text.encode())


@contextmanager
def line(*words: str, **environ: str) -> Iterator[Line]:
    outside, inside = pty.openpty()
    process = subprocess.Popen(
        [*SLSHELL, *words],
        stdin=inside, stdout=inside, stderr=inside, start_new_session=True, env={**os.environ, **environ},
    )  # fmt: skip
    os.close(inside)
    try:
        yield Line(process, outside)
    finally:
        os.close(outside)
        process.wait(timeout=30)


def run(*words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SLSHELL, *words], input=stdin or "", capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(("words", "term"), [(("--plain",), "xterm"), ((), "dumb"), (("repl",), "dumb")])
def test_the_plain_repl_moves_no_cursor(cloud: ScreenCloud, words: tuple[str, ...], term: str) -> None:
    cloud.put(instance(1, name="web"))
    with line(*words, TERM=term, NO_COLOR="1") as plain:
        plain.until("slshell> ")
        plain.type("instances --name 'w\n")
        plain.until("> ")
        plain.type("*'; echo $?\n")
        plain.until("slshell> ")
        plain.type("instances | kill\n")
        told = plain.until("[y/N] ")
        assert "1 web (ttylinux, Running" in told
        plain.type("y\n")
        assert "Epilog" in plain.until("slshell> ")
        plain.type("exit 3\n")
        assert plain.process.wait(timeout=30) == 3
        assert b"\x1b" not in plain.written


def test_the_plain_repl_tells_notices_before_the_next_prompt(cloud: ScreenCloud) -> None:
    cloud.put(instance(1, name="web"))
    with line("--plain", TERM="xterm") as plain:
        plain.until("slshell> ")
        while not any(
            "/v1/changes?since=" in target and "since=0" not in target for _, target, _ in cloud.requests
        ):
            plain.type("\n")
            plain.until("slshell> ")
        cloud.change(1, state=State.FAILED, reason="the disk is full")
        while "web (1) failed. the disk is full" not in plain.written.decode():
            plain.type("\n")
            plain.until("slshell> ")
        plain.type("\x04")
        assert plain.process.wait(timeout=30) == 0


def test_ctrl_c_in_the_plain_repl_ends_the_line_only(cloud: ScreenCloud) -> None:
    cloud.put(instance(1))
    with line("--plain", TERM="xterm") as plain:
        plain.until("slshell> ")
        plain.type("echo 'half\n")
        plain.until("> ")
        plain.process.send_signal(2)
        assert plain.until("slshell> ").endswith("\nslshell> ")
        plain.type("wait 1 --for gone\n")
        plain.until("waiting for gone")
        plain.process.send_signal(2)
        assert "interrupted" in plain.until("slshell> ")
        plain.type("exit\n")
        assert plain.process.wait(timeout=30) == ExitCode.INTERRUPTED


def test_a_script_runs_with_the_codes_of_the_shell(cloud: ScreenCloud, own_settings: Path) -> None:
    cloud.put(instance(1, state=State.UNKNOWN))
    script = own_settings / "script.sl"
    script.write_text(
        "#!/usr/bin/env -S slshell -f\nset -e\ninstances --state Unknown | start -q\n"
        "kill $_ --yes -q\ninstances nobody\necho never\n"
    )
    for words in (("-f", str(script)), ("repl", "--file", str(script))):
        cloud.change(1, state=State.UNKNOWN)
        done = run(*words)
        assert (done.stdout, done.returncode) == ("1\n1\n", ExitCode.NOT_FOUND)
        assert f"{script}, line 5: set -e ends the script here" in done.stderr
        assert cloud.instances[1].state is State.EPILOG


@pytest.mark.parametrize("words", [("repl",), ("-f", "-"), ("--plain",), ("repl", "--plain")])
def test_commands_are_read_from_standard_input(cloud: ScreenCloud, words: tuple[str, ...]) -> None:
    cloud.put(instance(1))
    done = run(*words, stdin="export ID=1\ninstances $ID -q\nshutdown 77\n!echo from the shell\nkill 1\n")
    assert done.stdout == "1\nfrom the shell\n"
    assert done.returncode == ExitCode.USAGE
    assert "there is no instance 77" in done.stderr
    assert "say --yes to do it unasked" in done.stderr
    assert "slshell> " not in done.stdout + done.stderr


def test_a_script_that_cannot_be_read_is_told(own_settings: Path) -> None:
    missing = run("-f", str(own_settings / "none.sl"))
    assert (missing.returncode, missing.stdout) == (ExitCode.USAGE, "")
    assert "none.sl cannot be read" in missing.stderr
    (own_settings / "bytes.sl").write_bytes(b"echo \xff\n")
    assert run("-f", str(own_settings / "bytes.sl")).returncode == ExitCode.USAGE
    assert run("-f", "x", "instances").returncode == ExitCode.USAGE


def test_an_empty_input_is_no_mistake(cloud: ScreenCloud) -> None:
    done = run("repl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_format_holds_for_all_lines_that_say_none(cloud: ScreenCloud) -> None:
    cloud.put(instance(1))
    done = run("repl", "-o", "name", stdin="instances\ninstances -o csv | wait -q -o table\nkill 9 --yes\n")
    assert (done.stdout, done.returncode) == ("vm-1\n1\n", ExitCode.NOT_FOUND)
    failed = run("-o", "json", "-f", "-", stdin="shutdown 9\n")
    assert json.loads(failed.stderr)["code"] == "not_found"


def test_a_script_may_choose_the_cloud_as_the_shell_does(own_settings: Path) -> None:
    (own_settings / "c").mkdir()
    (own_settings / "c" / "config.toml").write_text("[profiles.lab]\nurl = 'http://127.0.0.1:1'\n")
    done = run("repl", stdin="export SLSHELL_PROFILE=lab\ncloud status\n")
    assert done.returncode == ExitCode.UNREACHABLE
    assert "no cloud answers at http://127.0.0.1:1" in done.stderr
