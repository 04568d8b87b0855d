"""The part of the engine seam about serial consoles that somebody types on."""

from __future__ import annotations

from abc import ABC, abstractmethod


class ConsoleStream(ABC):
    """A machine's serial console, held by one at a time. Every call may come from any thread."""

    @abstractmethod
    def read(self) -> bytes:
        """The next bytes from the machine, at most 64 KiB; waits, and answers empty once it is over.

        A machine is never held back: what nobody reads in time is left out, with a mark in its place.
        """

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Type on the console; waits while the machine takes nothing, and does nothing once it is over."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the console; `read` answers empty from then on. May be called again."""

    @property
    @abstractmethod
    def reason(self) -> str:
        """The engine's own words for why it is over; empty while it is not, or after `close`."""
