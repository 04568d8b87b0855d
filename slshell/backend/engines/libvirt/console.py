"""A machine's serial console: its log, and the live stream that libvirt gives of it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from pathlib import Path
from typing import Any

import libvirt

from slshell.backend.engines.consoles import ConsoleStream
from slshell.backend.engines.libvirt.connection import KEEPALIVE_COUNT, KEEPALIVE_S
from slshell.backend.engines.libvirt.errors import converted, plain
from slshell.model.errors import Conflict, EngineFailed

BLOCK = 65536
HELD_BYTES = 4 * BLOCK
"""What waits for a slow reader; more is left out, so that neither machine nor daemon is held back."""
_TURNS = 16
"""Blocks taken in one turn of libvirt's event loop, which serves all consoles and events."""
KEYS = 1024
"""Bytes typed at once: what was sent and not yet taken by the machine is in front of the end of a session."""
_RETRY_S = 0.02
CLOSE_S = 2.0
"""Longest wait for the end of a stream; a machine that takes no keys holds it until keep-alive fails."""
_BUSY = "active console session exists"


def tail(path: Path, size: int) -> bytes:
    """The last `size` bytes at most of a console's log; empty when nothing was written yet.

    Space given back at the log's start reads as zero bytes; those are left out.
    """
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - max(0, size)))
            return file.read().lstrip(b"\0")
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise EngineFailed(f"cannot read the console: {error}") from error


def since(path: Path, position: int) -> tuple[bytes, int]:
    """A block of a console's log from `position` on, and the position behind it; see `Engine`."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            begin = max(0, end + position) if position < 0 else position
            if begin > end:
                begin = 0
            with contextlib.suppress(OSError):
                begin = os.lseek(file.fileno(), begin, os.SEEK_DATA)
            file.seek(begin)
            data = file.read(BLOCK)
            return data.lstrip(b"\0"), begin + len(data)
    except FileNotFoundError:
        return b"", 0
    except OSError as error:
        raise EngineFailed(f"cannot read the console: {error}") from error


def open_over(uri: str, engine_id: str, force: bool) -> Console:
    """The console of a machine, over a connection of its own; see `open_stream`."""
    with converted("open the console"):
        raw = libvirt.open(uri)
    try:
        return open_stream(raw, engine_id, force)
    except BaseException:
        raw.close()
        raise


def open_stream(raw: Any, engine_id: str, force: bool) -> Console:
    """The console over the connection `raw`, which is closed with it.

    The connection should be the console's own: keys that a machine does not take stall all that is behind
    them on the same one.

    Raises:
        Conflict: the machine is off, or another holds its console. NotFound: no such machine.
    """
    with contextlib.suppress(libvirt.libvirtError):
        raw.setKeepAlive(KEEPALIVE_S, KEEPALIVE_COUNT)
    flags = libvirt.VIR_DOMAIN_CONSOLE_FORCE if force else libvirt.VIR_DOMAIN_CONSOLE_SAFE
    with converted("open the console"):
        domain = raw.lookupByUUIDString(engine_id)
        if not domain.isActive():
            raise Conflict("the machine does not run, so nobody answers on its console")
        stream = raw.newStream(libvirt.VIR_STREAM_NONBLOCK)
        try:
            domain.openConsole(None, stream, flags)
        except libvirt.libvirtError as error:
            if _BUSY in str(error).lower():
                raise Conflict("another program holds the console of this machine") from error
            raise
        return Console(raw, stream)


class Console(ConsoleStream):
    """A libvirt stream, read on libvirt's event thread as fast as it comes."""

    def __init__(self, raw: Any, stream: Any) -> None:
        self._raw = raw
        self._stream = stream
        self._changed = threading.Condition()
        self._held: deque[bytes] = deque()
        self._size = 0
        self._left_out = 0
        self._over = False
        self._reason = ""
        self._closing = threading.Lock()
        self._closed = False
        events = libvirt.VIR_STREAM_EVENT_READABLE | libvirt.VIR_STREAM_EVENT_HANGUP
        stream.eventAddCallback(events | libvirt.VIR_STREAM_EVENT_ERROR, self._ready, None)

    @property
    def reason(self) -> str:
        """See `ConsoleStream`."""
        return self._reason

    def read(self) -> bytes:
        """See `ConsoleStream`."""
        with self._changed:
            self._changed.wait_for(lambda: self._held or self._over)
            if self._left_out:
                count, self._left_out = self._left_out, 0
                return f"\r\n[{count} bytes of output are left out here]\r\n".encode()
            if not self._held:
                return b""
            data = self._held.popleft()
            self._size -= len(data)
            return data

    def write(self, data: bytes) -> None:
        """See `ConsoleStream`."""
        view = memoryview(data)
        try:
            while view and not self._over:
                sent = self._stream.send(bytes(view[:KEYS]))
                if sent < 0:
                    with self._changed:
                        self._changed.wait_for(lambda: self._over, _RETRY_S)
                else:
                    view = view[sent:]
        except libvirt.libvirtError as error:
            self._end(plain(str(error)))

    def close(self) -> None:
        """See `ConsoleStream`."""
        with self._changed:
            self._over = True
            self._held.clear()
            self._left_out = self._size = 0
            self._changed.notify_all()
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._mute()
            ending = threading.Thread(target=self._part, name="console-end", daemon=True)
            ending.start()
            ending.join(CLOSE_S)

    def _part(self) -> None:
        for action in (self._stream.abort, self._raw.close):
            with contextlib.suppress(libvirt.libvirtError):
                action()

    def _ready(self, stream: Any, events: int, _: object) -> None:
        drained = False
        try:
            for _turn in range(_TURNS):
                data = stream.recv(BLOCK)
                if data == -2:
                    drained = True
                    break
                if not data:
                    self._end("")
                    return
                self._hold(data)
        except libvirt.libvirtError as error:
            self._end(plain(str(error)))
            return
        if drained and events & (libvirt.VIR_STREAM_EVENT_HANGUP | libvirt.VIR_STREAM_EVENT_ERROR):
            self._end("the hypervisor closed it")

    def _hold(self, data: bytes) -> None:
        with self._changed:
            if self._over:
                return
            self._held.append(data)
            self._size += len(data)
            while self._size > HELD_BYTES:
                gone = self._held.popleft()
                self._size -= len(gone)
                self._left_out += len(gone)
            self._changed.notify_all()

    def _end(self, reason: str) -> None:
        self._mute()
        with self._changed:
            if not self._over:
                self._over, self._reason = True, reason
            self._changed.notify_all()

    def _mute(self) -> None:
        with contextlib.suppress(libvirt.libvirtError):
            self._stream.eventRemoveCallback()
