"""The seam between what carries a session (SSH, a serial console, the REPL) and what draws it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class SessionKind(StrEnum):
    """What is at the other end of a session."""

    SSH = "ssh"
    CONSOLE = "console"
    REPL = "repl"


@dataclass(frozen=True, kw_only=True)
class Ending:
    """Why a session ended."""

    text: str
    """In words for the screen, for example “the shell ended with 0”; untrusted where the machine said it."""
    status: int | None = None
    """The exit status, None when the other side gave none."""
    lost: bool = False
    """The connection broke, so that opening the session again is worth a try."""


class Wire(Protocol):
    """A two-way connection to whatever a terminal shows. All calls are safe from any thread but `read`."""

    def read(self) -> bytes:
        """The next bytes from the other side, empty at its end; waits. To be called from one thread only.

        Whoever does not call it holds the sender back.
        """

    def write(self, data: bytes) -> None:
        """Send all of what was typed, in order and without waiting for the other side; nothing when over."""

    def resize(self, columns: int, rows: int) -> None:
        """Tell the other side the size of the terminal; nothing when over or when it has none."""

    def close(self) -> None:
        """End the session; `read` answers empty from then on. May be called more than once."""

    def ending(self) -> Ending:
        """Why it ended, once `read` has answered empty."""


@dataclass(frozen=True, kw_only=True)
class SessionPlan:
    """A session that a command wants its face to open."""

    kind: SessionKind
    title: str
    """Names the session, usually the machine's name; untrusted text."""
    open: Callable[[int, int], Wire]
    """(columns, rows) → the connection; waits as long as that takes, and is called again to reconnect.

    Raises SlshellError with text and hint.
    """
    instance_id: int | None = None
    """The machine, None for a host that is not of our making and for the REPL."""
    until_open: Callable[[int, int], Wire] | None = None
    """What is shown, and may be typed into, while `open` waits: the console of a machine that boots."""
