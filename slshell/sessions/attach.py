"""A session in the user's own terminal: keys and bytes go through unchanged."""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from slshell.sessions import terminal
from slshell.sessions.wire import Ending, Wire

CHUNK = 32768


def attach(wire: Wire, *, stdin: int, stdout: int) -> Ending:
    """Give the terminal of `stdin` to a session until it ends: raw mode, its size followed.

    The wire is closed at the end. To be called from the main thread, for it handles signals.
    """
    with terminal.resizes() as resized, terminal.raw(stdin), _shown(wire, stdout) as over:
        _type(wire, stdin, resized, over)
        return wire.ending()


def _type(wire: Wire, stdin: int, resized: socket.socket, over: int) -> None:
    """Hand on keys and sizes until the other side has said its last word."""
    sources: list[int | socket.socket] = [stdin, resized, over]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if over in ready:
            return
        if resized in ready:
            resized.recv(CHUNK)
            wire.resize(*terminal.size(stdin))
        if stdin in ready:
            data = _keys(stdin)
            if data:
                wire.write(data)
            else:
                sources.remove(stdin)


def _keys(stdin: int) -> bytes:
    """What was typed; nothing once the terminal is gone."""
    try:
        return os.read(stdin, CHUNK)
    except OSError:
        return b""


@contextmanager
def _shown(wire: Wire, stdout: int) -> Iterator[int]:
    """Write what comes in a thread; the descriptor becomes readable when nothing more will come."""
    reader, writer = os.pipe()

    def show() -> None:
        try:
            while data := wire.read():
                _write_all(stdout, data)
        except OSError:
            wire.close()
        finally:
            os.close(writer)

    thread = threading.Thread(target=show, name="session-output", daemon=True)
    thread.start()
    try:
        yield reader
    finally:
        wire.close()
        # A terminal that takes nothing more, as after Ctrl-S, must not hold the end of the program.
        thread.join(timeout=2.0)
        os.close(reader)


def _write_all(descriptor: int, data: bytes) -> None:
    """Write to a terminal that may have been set to not block."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            select.select([], [descriptor], [])
