"""What a session's threads hand over to the one that draws: bytes and turns of events, in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from threading import Condition
from typing import Generic, TypeVar

Turn = TypeVar("Turn")

LIMIT = 256 << 10
"""Bytes that wait at most: what the emulator takes in a few frames, so that Ctrl-C is seen at once."""

PIECE = 8 << 10
"""Bytes that are fed between two looks at the clock; about a millisecond's work."""


class Inflow(Generic[Turn]):
    """A queue with a bound: who fills it waits while it is full, and so holds the sender back."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` is called, from the filling thread, when something waits and nobody was told yet."""
        self._wake = wake
        self._items: deque[bytes | Turn] = deque()
        self._bytes = 0
        self._told = False
        self._closed = False
        self._changed = Condition()

    @property
    def waiting(self) -> bool:
        """Something has not been taken yet."""
        return bool(self._items)

    @property
    def waiting_bytes(self) -> int:
        """Bytes that have not been taken yet."""
        return self._bytes

    def put(self, data: bytes) -> None:
        """Add bytes; waits while too many wait already."""
        with self._changed:
            self._changed.wait_for(lambda: self._bytes < LIMIT or self._closed)
            self._bytes += len(data)
            due = self._add(data)
        if due:
            self._wake()

    def turn(self, turn: Turn) -> None:
        """Add what happened after all bytes before it; never waits."""
        with self._changed:
            due = self._add(turn)
        if due:
            self._wake()

    def take(self) -> Iterator[bytes | Turn]:
        """Take out pieces and turns one by one, until nothing waits or the caller stops."""
        while True:
            with self._changed:
                if not self._items:
                    return
                item = self._items.popleft()
                if isinstance(item, bytes):
                    if len(item) > PIECE:
                        self._items.appendleft(item[PIECE:])
                        item = item[:PIECE]
                    self._bytes -= len(item)
                    self._changed.notify_all()
                self._told = bool(self._items)
            yield item

    def close(self) -> None:
        """Take nothing more, and let go whoever waits."""
        with self._changed:
            self._closed = True
            self._items.clear()
            self._bytes = 0
            self._changed.notify_all()

    def _add(self, item: bytes | Turn) -> bool:
        """Answers whether it is to be told; noted with the item, which may be taken before that is done."""
        if self._closed:
            return False
        self._items.append(item)
        told, self._told = self._told, True
        return not told
