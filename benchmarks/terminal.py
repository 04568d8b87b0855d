"""The real dashboard, or another program, in a pseudo-terminal whose output is read as it comes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.world import PROGRAM, World

PATIENCE_S = 60.0
WHERE, AT_THE_TOP = b"\x1b[6n", b"\x1b[1;1R"
"""A program's question where the cursor is, and the answer of a terminal with an empty screen."""


class Dashboard:
    """A running dashboard, or another program, and what it has written lately, wherever on the screen."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int, began: float) -> None:
        self.process = process
        self.began = began
        self.bytes_read = 0
        self._terminal = terminal
        self._text = b""

    def wait_for(self, words: str, patience_s: float = PATIENCE_S) -> float:
        """The monotonic time at which words were written; forgets all up to there.

        Raises:
            TimeoutError: they did not come.
        """
        return self._until(lambda: words.encode() in self._text, words, patience_s)

    def forget(self) -> None:
        """Drop what has been written until now."""
        while self._read(0):
            pass
        self._text = b""

    def listen(self, seconds: float) -> None:
        """Read what comes for some time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._read(left)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._terminal, keys.encode())

    def press_at(self, keys: str) -> float:
        """Type, and answer the monotonic time at which that was done."""
        os.write(self._terminal, keys.encode())
        return time.monotonic()

    def _until(self, holds: Callable[[], bool], what: str, patience_s: float) -> float:
        deadline = time.monotonic() + patience_s
        while True:
            if holds():
                self._text = b""
                return time.monotonic()
            if (left := deadline - time.monotonic()) <= 0:
                tail = self._text[-2000:].decode(errors="replace")
                raise TimeoutError(f"“{what}” was not drawn within {patience_s:.0f} s: {tail!r}")
            self._read(left)

    def _read(self, patience_s: float) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], patience_s)
        if not ready:
            return False
        more = os.read(self._terminal, 1 << 16)
        self.bytes_read += len(more)
        if WHERE in more:
            os.write(self._terminal, AT_THE_TOP)
        self._text += more
        return True


@contextmanager
def dashboard(own: World, columns: int = 120, lines: int = 36) -> Iterator[Dashboard]:
    """The program, started without words in a terminal of this size; it is told to quit at the end."""
    # Whoever measures is no newcomer who has to be shown around.
    toured = own.folder / "h/.local/state/slshell/dashboard/toured"
    toured.parent.mkdir(parents=True, exist_ok=True)
    toured.touch()
    with program(own, [str(PROGRAM)], "q", columns=columns, lines=lines) as shown:
        yield shown


@contextmanager
def program(
    own: World,
    command: Sequence[str],
    leave: str,
    *,
    columns: int = 120,
    lines: int = 36,
    cwd: Path = Path("/"),
) -> Iterator[Dashboard]:
    """Any program in a terminal of this size; at the end the keys `leave` are pressed."""
    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    variables = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdin=inside, stdout=inside, stderr=inside, cwd=cwd, start_new_session=True,
        env=own.environment | variables,
    )  # fmt: skip
    os.close(inside)
    shown = Dashboard(process, outside, began)
    try:
        yield shown
    finally:
        _end(shown, leave)
        os.close(outside)


def _end(shown: Dashboard, leave: str) -> None:
    shown.press(leave)
    deadline = time.monotonic() + 5
    while shown.process.poll() is None and time.monotonic() < deadline:
        try:
            shown.listen(0.1)
        except OSError:
            break
    if shown.process.poll() is None:
        shown.process.send_signal(signal.SIGKILL)
    shown.process.wait()
