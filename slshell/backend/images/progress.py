"""Telling how far a long copy is, seldom enough to be cheap for whoever listens."""

from __future__ import annotations

import time
from collections.abc import Callable

Say = Callable[[str], None]

_INTERVAL_S = 0.5


class Progress:
    """Counts bytes and says `fetched 40 %`, or `fetched 12 MiB` when the total is not known."""

    def __init__(self, verb: str, total: int | None, say: Say | None) -> None:
        self._verb, self._total, self._say = verb, total, say
        self._said = ""
        self._next = 0.0

    def at(self, done: int) -> None:
        """`done` bytes are through."""
        if self._say is None or time.monotonic() < self._next:
            return
        if self._total:
            text = f"{self._verb} {min(100, done * 100 // self._total)} %"
        else:
            text = f"{self._verb} {done >> 20} MiB"
        if text != self._said:
            self._said, self._next = text, time.monotonic() + _INTERVAL_S
            self._say(text)
