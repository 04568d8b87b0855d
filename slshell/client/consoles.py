"""Serial consoles over WebSockets: a part of `Cloud`."""

from __future__ import annotations

import contextlib
import socket
import threading
from abc import ABC, abstractmethod
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from slshell.client.transport import NotConnected, Transport
from slshell.sessions.wire import Ending

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

    from slshell.client.cloud import Link

LOST = 4000
"""The code of a close that the cloud says to be worth another try."""
_GONE = frozenset({1001, 1006, 1011, 1012, LOST})
MESSAGE = 16 << 10
"""Bytes of keys in one message; the cloud takes four times as much."""
LOG_BYTES = 16 << 20
"""More than a cloud keeps of a console."""


class ConsoleCalls(ABC):
    """Reading, watching and typing on serial consoles."""

    _link: Link

    @abstractmethod
    def _request(self, method: str, path: str, *, repeat: bool = False, **options: Any) -> bytes:
        """See `Cloud`."""

    @abstractmethod
    def _transport(self) -> Transport:
        """See `Cloud`."""

    def console(self, instance_id: int, tail: int = 65536, *, lines: int | None = None) -> bytes:
        """The last bytes, or lines, of the serial console; untrusted."""
        query = {"tail": tail, "lines": lines}
        return self._request("GET", f"/v1/instances/{instance_id}/console", query=query)

    def follow_console(
        self, instance_id: int, *, tail: int = LOG_BYTES, lines: int | None = None
    ) -> ConsoleWire:
        """The log of a serial console, from its last bytes or lines on, as it grows; typing has no effect.

        Raises:
            NotFound: there is no such instance.
        """
        path = f"/v1/instances/{instance_id}/console/follow"
        return ConsoleWire(self._dial(path, {"tail": tail, "lines": lines}))

    def open_console(self, instance_id: int, *, who: str = "", force: bool = False) -> ConsoleWire:
        """The serial console itself; `who` is told to others that ask for it.

        Raises:
            NotFound: there is no such instance. Conflict: it is off, or another has its console and `force`
            was not given.
        """
        path = f"/v1/instances/{instance_id}/console/open"
        return ConsoleWire(self._dial(path, {"who": who, "force": force}))

    def _dial(self, path: str, query: dict[str, Any]) -> ClientConnection:
        """A WebSocket; once more when nobody listened."""
        transport = self._transport()
        try:
            return transport.web_socket(path, query)
        except NotConnected:
            self._link.forget(transport)
        return self._transport().web_socket(path, query)


class ConsoleWire:
    """A `Wire` over a WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._left = threading.Event()
        self._keys: SimpleQueue[bytes | None] = SimpleQueue()
        threading.Thread(target=self._send, name="console-keys", daemon=True).start()

    def read(self) -> bytes:
        """See `Wire`."""
        from websockets.exceptions import ConnectionClosed

        while not self._left.is_set():
            try:
                data = self._connection.recv()
            except ConnectionClosed:
                self._keys.put(None)
                return b""
            if data:
                return data.encode() if isinstance(data, str) else data
        return b""

    def write(self, data: bytes) -> None:
        """See `Wire`."""
        for begin in range(0, len(data), MESSAGE):
            self._keys.put(data[begin : begin + MESSAGE])

    def resize(self, columns: int, rows: int) -> None:
        """See `Wire`; a serial line knows no size."""

    def close(self) -> None:
        """See `Wire`."""
        self._left.set()
        self._keys.put(None)
        # A polite close waits for the other side, which may be held back by a machine that takes no keys.
        with contextlib.suppress(OSError):
            self._connection.socket.shutdown(socket.SHUT_RDWR)

    def ending(self) -> Ending:
        """See `Wire`."""
        if self._left.is_set():
            return Ending(text="you left the console")
        code, words = self._connection.close_code, self._connection.close_reason
        if code in _GONE or code is None:
            return Ending(text=words or "the connection to the cloud broke", lost=True)
        return Ending(text=words or "the console is over")

    def _send(self) -> None:
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed, OSError):
            while (data := self._keys.get()) is not None:
                self._connection.send(data)
