"""Wires whose other end is a test: it says what comes, and sees what was typed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from slshell.model.errors import SlshellError
from slshell.sessions.wire import Ending, SessionKind, SessionPlan, Wire

PATIENCE_S = 20.0


class FakeWire:
    """See `slshell.sessions.wire.Wire`."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.sizes = [(columns, rows)]
        self.typed = b""
        self.reads = 0
        self.closed = False
        self.on_write: Callable[[bytes], None] = lambda _: None
        self._said: deque[bytes] = deque()
        self._endless = b""
        self._over: Ending | None = None
        self._changed = threading.Condition()

    def say(self, *pieces: bytes) -> None:
        """Send something to the terminal."""
        with self._changed:
            self._said.extend(pieces)
            self._changed.notify_all()

    def end(
        self, text: str = "the shell ended with 0", status: int | None = 0, *, lost: bool = False
    ) -> None:
        """End the session from the other side."""
        with self._changed:
            self._over = Ending(text=text, status=status, lost=lost)
            self._changed.notify_all()

    def flood(self, piece: bytes) -> None:
        """Say this over and over, as fast as it is read; nothing ends it."""
        with self._changed:
            self._endless = piece
            self._changed.notify_all()

    def until_read(self, count: int) -> None:
        """Wait until so many pieces have been read."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.reads >= count, PATIENCE_S)

    @property
    def unread(self) -> int:
        """Pieces that have not been read."""
        return len(self._said)

    def read(self) -> bytes:
        """See `Wire`."""
        with self._changed:
            self._changed.wait_for(lambda: self._said or self._over or self._endless)
            if not self._said and self._over:
                return b""
            self.reads += 1
            self._changed.notify_all()
            return self._said.popleft() if self._said else self._endless

    def write(self, data: bytes) -> None:
        """See `Wire`."""
        self.typed += data
        self.on_write(data)

    def resize(self, columns: int, rows: int) -> None:
        """See `Wire`."""
        if self.sizes[-1] != (columns, rows):
            self.sizes.append((columns, rows))

    def close(self) -> None:
        """See `Wire`."""
        with self._changed:
            self.closed = True
            self._over = self._over or Ending(text="the session was closed here")
            self._changed.notify_all()

    def ending(self) -> Ending:
        """See `Wire`."""
        assert self._over is not None
        return self._over


class Machine:
    """Opens fake wires, or refuses to."""

    def __init__(self, title: str = "web-1", *, console: bool = False) -> None:
        self.title = title
        self.wires: list[FakeWire] = []
        self.console = FakeWire() if console else None
        self.refuses: SlshellError | None = None
        self.opens = threading.Event()
        """Until it is set, opening waits."""
        self.opens.set()

    @property
    def wire(self) -> FakeWire:
        """The newest one."""
        return self.wires[-1]

    def plan(self) -> SessionPlan:
        """A session with it."""
        return SessionPlan(
            kind=SessionKind.SSH, title=self.title, open=self._open, instance_id=1,
            until_open=self._console if self.console else None,
        )  # fmt: skip

    def _open(self, columns: int, rows: int) -> Wire:
        assert self.opens.wait(PATIENCE_S)
        if self.refuses is not None:
            raise self.refuses
        self.wires.append(FakeWire(columns, rows))
        return self.wires[-1]

    def _console(self, columns: int, rows: int) -> Wire:
        assert self.console is not None
        return self.console
