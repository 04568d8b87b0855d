"""A face without a screen: sessions whose output is taken whenever they ask for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from slshell.sessions.book import Book
from slshell.sessions.session import Options, Session
from tests.support.wires import PATIENCE_S, Machine


class Desk:
    """A book whose sessions are drained whenever they ask for it."""

    def __init__(self, options: Options | None = None) -> None:
        self._woken = threading.Event()
        self.wakes = 0
        self.book = Book(self._wake, options)

    def open(self, machine: Machine) -> Session:
        """A session in a machine that is a test's own."""
        return self.book.open(machine.plan(), (40, 6))

    def until(self, holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        """Take what comes until something holds."""
        end = time.monotonic() + patience_s
        while not holds():
            assert time.monotonic() < end
            if not self.book.waiting:
                self._woken.wait(0.05)
            self._woken.clear()
            self.book.drain(0.01)

    def _wake(self) -> None:
        self.wakes += 1
        self._woken.set()
