"""What consoles need beside the wire: a key to leave by, words in front, and watching until one types."""

from __future__ import annotations

import threading
from collections.abc import Callable

from slshell.model.errors import SlshellError
from slshell.sessions.wire import Ending, Wire

LEAVE_KEY = b"\x1d"
"""Ctrl-], as in telnet and virsh: a serial line ends by nothing that is typed into it."""


class _Around:
    """A wire that does as another one."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def read(self) -> bytes:
        """See `Wire`."""
        return self._wire.read()

    def write(self, data: bytes) -> None:
        """See `Wire`."""
        self._wire.write(data)

    def resize(self, columns: int, rows: int) -> None:
        """See `Wire`."""
        self._wire.resize(columns, rows)

    def close(self) -> None:
        """See `Wire`."""
        self._wire.close()

    def ending(self) -> Ending:
        """See `Wire`."""
        return self._wire.ending()


class Leavable(_Around):
    """A wire that closes when the leave key is typed."""

    def write(self, data: bytes) -> None:
        """See `Wire`; what is typed behind the key is dropped."""
        before, key, _ = data.partition(LEAVE_KEY)
        if before:
            self._wire.write(before)
        if key:
            self._wire.close()


class Prefaced(_Around):
    """A wire that says something before the other side does."""

    def __init__(self, wire: Wire, words: bytes) -> None:
        super().__init__(wire)
        self._words = words

    def read(self) -> bytes:
        """See `Wire`."""
        words, self._words = self._words, b""
        return words or self._wire.read()


class Watched(_Around):
    """What a machine writes, from a wire that only shows it; the first key takes a wire to type on.

    So many may watch a machine boot, and only who types holds its console.
    """

    def __init__(self, shown: Wire, take: Callable[[], Wire]) -> None:
        """`take` opens the wire to type on, and raises SlshellError when it cannot be had."""
        super().__init__(shown)
        self._take = take
        self._lock = threading.Lock()
        self._typed: Wire | None = None
        self._taking = False
        self._keys: list[bytes] = []
        self._closed = False

    def write(self, data: bytes) -> None:
        """See `Wire`; keys are lost while another holds the console."""
        with self._lock:
            if self._closed:
                return
            if self._typed is not None:
                self._typed.write(data)
                return
            self._keys.append(data)
            if not self._taking:
                self._taking = True
                threading.Thread(target=self._type, name="console-taking", daemon=True).start()

    def close(self) -> None:
        """See `Wire`."""
        with self._lock:
            self._closed = True
            typed = self._typed
        if typed is not None:
            typed.close()
        self._wire.close()

    def _type(self) -> None:
        try:
            typed = self._take()
        except SlshellError:
            with self._lock:
                self._keys.clear()
                self._taking = False
            return
        with self._lock:
            self._typed = typed
            typed.write(b"".join(self._keys))
            self._keys.clear()
            if self._closed:
                typed.close()
        # What it says is shown already.
        while typed.read():
            pass
        typed.close()
        with self._lock:
            self._typed = None
            self._taking = False
