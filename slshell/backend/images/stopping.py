"""Stopping, from another thread, what brings an image in: the build, the fetch or the copy."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from slshell.model.errors import Conflict


class Stopped(Conflict):
    """It was told to end before it was done."""


class Stopper:
    """Stops one piece of work, which says what there is to break off at each time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._breaks: list[Callable[[], None]] = []
        self._why = ""

    def stop(self, why: str) -> None:
        """Break off what goes on, and let nothing begin any more; `why` becomes the error's text."""
        with self._lock:
            self._why = why
            while self._breaks:
                self._breaks.pop()()

    def check(self) -> None:
        """Return unless it was stopped.

        Raises:
            Stopped: it was.
        """
        if self._why:
            raise Stopped(self._why)

    @contextmanager
    def breakable(self, break_off: Callable[[], None]) -> Iterator[None]:
        """Call `break_off`, which must not wait, when it is stopped meanwhile; never after the end."""
        with self._lock:
            if self._why:
                break_off()
            else:
                self._breaks.append(break_off)
        try:
            yield
        finally:
            with self._lock, contextlib.suppress(ValueError):
                self._breaks.remove(break_off)


_CURRENT: ContextVar[Stopper] = ContextVar("stopper")


def current() -> Stopper:
    """What stops the work of this thread; one that nobody holds when nothing does."""
    return _CURRENT.get(None) or Stopper()


@contextmanager
def under(stopper: Stopper) -> Iterator[None]:
    """Let `stopper` stop what this thread does meanwhile."""
    token = _CURRENT.set(stopper)
    try:
        yield
    finally:
        _CURRENT.reset(token)
