"""The real program in a real terminal, on a real cloud with a real machine."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.shell import Shell

PATIENCE_S = 120.0
LOOK_S = 0.2
"""A terminal tells nobody that it was drawn on; this is how often it is looked at."""


@dataclass
class Terminal:
    """A tmux server of its own with one window in which the dashboard runs."""

    socket: Path

    def tmux(self, *words: str) -> str:
        """One tmux command."""
        command = ["tmux", "-f", "/dev/null", "-S", str(self.socket), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def keys(self, *names: str) -> None:
        """Press keys by their tmux names."""
        self.tmux("send-keys", *names)

    def text(self, words: str) -> None:
        """Type a text."""
        self.tmux("send-keys", "-l", words)

    @property
    def frame(self) -> str:
        """What is on the terminal."""
        return self.tmux("capture-pane", "-p")

    def until(self, holds: Callable[[str], bool], what: str) -> str:
        """Wait until the terminal shows something."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds(frame := self.frame):
            assert time.monotonic() < deadline, f"{what} never came\n{frame}"
            time.sleep(LOOK_S)
        return frame


@pytest.fixture
def terminal(shell: Shell, short_folder: Path) -> Iterator[Terminal]:
    """The dashboard in a terminal of 120 by 36."""
    made = Terminal(short_folder / "tmux")
    variables = [
        f"{name}={value}" for name, value in shell.environment.items() if name.startswith("SLSHELL_")
    ]
    program = shlex.join(
        ["env", "-u", "COLUMNS", "-u", "LINES", f"HOME={shell.home}", *variables, str(shell.program)]
    )
    os.environ.pop("TMUX", None)
    made.tmux("new-session", "-d", "-x", "120", "-y", "36", f"{program}; echo ended $?; exec cat")
    try:
        yield made
    finally:
        made.tmux("kill-server")


@pytest.mark.machine
def test_a_typed_run_becomes_a_running_machine_that_one_can_enter_and_kill(terminal: Terminal) -> None:
    terminal.until(lambda frame: "Welcome to slshell" in frame, "the tour")
    terminal.keys("Escape")
    terminal.until(lambda frame: "No instances yet." in frame and "● live" in frame, "the empty table")
    terminal.text(":")
    terminal.until(lambda frame: "\n : " in frame, "the command line")
    terminal.text("run ttylinux")
    terminal.keys("Enter")
    terminal.until(lambda frame: "◑ Running" in frame or "● Running" in frame, "the running machine")
    terminal.until(lambda frame: "● Running" in frame and "reachable" in frame, "SSH")
    terminal.keys("c")
    terminal.until(lambda frame: "● live" not in frame and "/root#" in frame, "the machine's prompt")
    terminal.text("echo answer-$((6*7))")
    terminal.keys("Enter")
    terminal.until(lambda frame: "answer-42" in frame, "the machine's answer")
    terminal.text("exit")
    terminal.keys("Enter")
    terminal.until(lambda frame: "● live" in frame, "the way back")
    terminal.keys("C-k")
    terminal.until(lambda frame: "This will be lost" in frame, "the question")
    terminal.keys("Right", "Enter")
    terminal.until(lambda frame: "No instances yet." in frame, "the end of the machine")
    terminal.keys("q")
    terminal.until(lambda frame: "ended 0" in frame, "the end of the dashboard")
