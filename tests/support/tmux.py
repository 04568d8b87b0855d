"""A real terminal for tests: a tmux server of its own with one window."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 120.0
LOOK_S = 0.2
"""A terminal tells nobody that it was drawn on; this is how often it is looked at."""


@dataclass
class Terminal:
    """A tmux server of its own with one window in which a program runs."""

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

    def shows(self, words: str) -> str:
        """Wait until these words are on the terminal."""
        return self.until(lambda frame: words in frame, f"“{words}”")


@contextmanager
def terminal(
    socket: Path, command: Sequence[str], variables: Mapping[str, str], columns: int = 120, lines: int = 36
) -> Iterator[Terminal]:
    """A program in a terminal of this size; when it ends, its exit code is shown as `ended CODE`."""
    made = Terminal(socket)
    settings = [f"{name}={value}" for name, value in variables.items()]
    program = shlex.join(["env", "-u", "COLUMNS", "-u", "LINES", *settings, *command])
    os.environ.pop("TMUX", None)
    size = ("-x", str(columns), "-y", str(lines))
    made.tmux("new-session", "-d", *size, f"{program}; echo ended $?; exec cat")
    try:
        yield made
    finally:
        made.tmux("kill-server")
