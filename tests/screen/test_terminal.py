"""The real program in a real terminal, on a real cloud with a real machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import tmux
from tests.support.shell import Shell
from tests.support.tmux import Terminal


@pytest.fixture
def terminal(shell: Shell, short_folder: Path) -> Iterator[Terminal]:
    """The dashboard in a terminal of 120 by 36."""
    own = {name: value for name, value in shell.environment.items() if name.startswith("SLSHELL_")}
    variables = {"HOME": str(shell.home), **own}
    with tmux.terminal(short_folder / "tmux", [str(shell.program)], variables) as made:
        yield made


@pytest.mark.machine
def test_a_typed_run_becomes_a_running_machine_that_one_can_enter_and_kill(terminal: Terminal) -> None:
    terminal.until(lambda frame: "Welcome to slshell" in frame, "the tour")
    terminal.keys("Escape")
    terminal.until(lambda frame: "No instances yet." in frame and "● live" in frame, "the empty table")
    terminal.text(":run ttylinux\r")
    terminal.until(lambda frame: "◑ Running" in frame or "● Running" in frame, "the running machine")
    terminal.until(lambda frame: "● Running" in frame, "SSH")
    terminal.keys("c")
    terminal.until(
        lambda frame: "● live" not in frame and "/root#" in frame, "the machine's prompt in a pane"
    )
    terminal.text("echo answer-$((6*7))")
    terminal.keys("Enter")
    terminal.until(lambda frame: "answer-42" in frame, "the machine's answer")
    terminal.text("exit")
    terminal.keys("Enter")
    terminal.until(lambda frame: "the shell ended with 0" in frame, "the end of the session")
    terminal.text("x")
    terminal.until(lambda frame: "● live" in frame, "the way back")
    terminal.keys("C-k")
    terminal.until(lambda frame: "This will be lost" in frame, "the question")
    terminal.keys("Right", "Enter")
    terminal.until(lambda frame: "No instances yet." in frame, "the end of the machine")
    terminal.keys("q")
    terminal.until(lambda frame: "ended 0" in frame, "the end of the dashboard")


def test_lines_that_are_written_at_once_arrive_whole(terminal: Terminal) -> None:
    terminal.until(lambda frame: "Welcome to slshell" in frame, "the tour")
    terminal.keys("Escape")
    terminal.until(lambda frame: "No instances yet." in frame and "● live" in frame, "the empty table")
    terminal.text(":nuxqrjz 1 2 3\r")
    terminal.until(
        lambda frame: "\n : nuxqrjz 1 2 3" in frame and "✗" in frame, "the line, with what is wrong"
    )
    terminal.keys("Escape")
    terminal.until(lambda frame: "\n : " not in frame, "the end of the line")
    terminal.text("/nuxq jkr\r2/volumes\rd")
    terminal.until(lambda frame: "No volumes" in frame, "the other view")
    terminal.text("1")
    terminal.until(lambda frame: "nuxq jkr" in frame, "the filter of the first")
    terminal.text("q")
    terminal.until(lambda frame: "ended 0" in frame, "the end of the dashboard")
