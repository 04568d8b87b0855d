"""The book of forwarded ports: what this process holds open, for lists and for closing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from slshell.model.errors import NotFound


class Phase(StrEnum):
    """How a forward is."""

    OPEN = "open"
    WAITING = "waiting"
    """Its connection broke and is tried again."""
    ENDED = "ended"


class ForwardState(msgspec.Struct, frozen=True, kw_only=True):
    """One forwarded port at one moment. Texts of the machine's side are untrusted."""

    id: int
    phase: Phase
    instance_id: int | None
    """The machine, None for a host that is not of our making."""
    title: str
    remote: bool
    """The port is opened in the machine and leads here."""
    listen: str
    """`ADDRESS:PORT` that is open, in the machine when `remote`."""
    target: str
    """`ADDRESS:PORT` that it leads to, seen from the other side."""
    connections: int
    """Open at this moment."""
    served: int
    """Connections since it was opened."""
    sent: int
    """Bytes that went to the machine."""
    received: int
    """Bytes that came from it."""
    trouble: str
    """What went wrong last, in words; empty when nothing did."""
    since: datetime
    """When it was opened, in UTC."""


class Forward(Protocol):
    """A port that is held open. All calls are safe from any thread."""

    def state(self, number: int) -> ForwardState:
        """How it is now, under that number."""

    def close(self) -> None:
        """End it and all its connections; may be called more than once."""


class Forwards:
    """Numbered from 1 up; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forwards: dict[int, Forward] = {}
        self._last = 0

    def add(self, forward: Forward) -> int:
        """Put it into the book; answers its number."""
        with self._lock:
            self._last += 1
            self._forwards[self._last] = forward
            return self._last

    def all(self) -> list[ForwardState]:
        """Those that are held, in their order; ended ones stay until they are closed."""
        with self._lock:
            held = list(self._forwards.items())
        return [forward.state(number) for number, forward in held]

    def close(self, number: int) -> ForwardState:
        """Close one and take it out of the book; answers how it was.

        Raises:
            NotFound: there is none of that number.
        """
        with self._lock:
            forward = self._forwards.pop(number, None)
        if forward is None:
            raise NotFound(f"there is no forward {number}", hint="slshell forwards lists them")
        state = forward.state(number)
        forward.close()
        return state

    def close_all(self, numbers: Iterable[int] | None = None) -> list[ForwardState]:
        """Close several, all when none are named; answers how they were."""
        with self._lock:
            wanted = set(self._forwards) if numbers is None else set(numbers)
            taken = [(number, self._forwards.pop(number)) for number in sorted(wanted & set(self._forwards))]
        states = [forward.state(number) for number, forward in taken]
        for _, forward in taken:
            forward.close()
        return states


Tell = Callable[[str], None]
"""Takes in words what went wrong with a forward, from any thread."""
