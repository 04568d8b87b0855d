"""Telling how far a long copy is, seldom enough to be cheap for whoever listens."""

from __future__ import annotations

import time
from collections.abc import Callable

Say = Callable[[str], None]

_INTERVAL_S = 0.5
_SPEED_OVER_S = 5.0
"""How much of the past counts for the speed: enough to be steady, little enough to follow."""
_MIB = 1 << 20


class Progress:
    """Counts bytes and says `fetched 40 % of 326 MiB`, or `fetched 12 MiB` when the total is not known.

    With `speed` it adds how fast it goes, and how long it takes still. `begun` bytes were there before.
    """

    def __init__(
        self, verb: str, total: int | None, say: Say | None, *, begun: int = 0, speed: bool = False
    ) -> None:
        self._verb, self._total, self._say, self._speed = verb, total, say, speed
        self._said = ""
        self._next = 0.0
        self._marks = [(time.monotonic(), begun)]

    def at(self, done: int) -> None:
        """`done` bytes are through."""
        now = time.monotonic()
        if self._say is None or now < self._next:
            return
        if self._total:
            text = f"{self._verb} {min(100, done * 100 // self._total)} %"
        else:
            text = f"{self._verb} {done >> 20} MiB"
        if self._speed:
            text += self._how_fast(now, done)
        if text != self._said:
            self._said, self._next = text, now + _INTERVAL_S
            self._say(text)

    def _how_fast(self, now: float, done: int) -> str:
        self._marks = [one for one in self._marks if now - one[0] <= _SPEED_OVER_S] or self._marks[-1:]
        then, before = self._marks[0]
        self._marks.append((now, done))
        of = f" of {self._total / _MIB:.0f} MiB" if self._total else ""
        if now - then < _INTERVAL_S:
            return of
        rate = (done - before) / (now - then)
        left = f", {_span((self._total - done) / rate)} left" if self._total and rate > 0 else ""
        return f"{of}, {rate / _MIB:.1f} MiB/s{left}"


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
