"""A line on the terminal that tells what goes on while one waits."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TextIO

from slshell.output.text import clean, cut

FRAMES = "|/-\\"


class Progress:
    """Use as a context manager; the line is gone afterwards. Without a terminal nothing is drawn."""

    def __init__(self, stream: TextIO, *, shown: bool, width: int) -> None:
        self._stream = stream
        self.shown = shown
        self._width = width
        self._started = time.monotonic()
        self._drawn = ""
        self._said = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def say(self, text: str) -> None:
        """Replace the line; it shows the seconds since the start as well."""
        if not self.shown:
            return
        spent = time.monotonic() - self._started
        self._said += 1
        frame = FRAMES[self._said % len(FRAMES)]
        line = cut(f"{frame} {clean(text)} ({spent:.0f} s)", self._width - 1)
        if line != self._drawn:
            self._stream.write(f"\r\x1b[K{line}")
            self._stream.flush()
            self._drawn = line
