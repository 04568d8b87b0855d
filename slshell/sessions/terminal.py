"""The user's terminal in raw mode, given back as it was whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

DEADLY = (signal.SIGTERM, signal.SIGHUP)
"""Signals that would end the process with the terminal still raw."""


@contextmanager
def raw(descriptor: int) -> Iterator[None]:
    """Raw mode; the former mode comes back at the end, also on SIGTERM and SIGHUP."""
    before = termios.tcgetattr(descriptor)
    former = {number: signal.signal(number, _end) for number in DEADLY}
    try:
        tty.setraw(descriptor)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        for number, handler in former.items():
            signal.signal(number, handler)


@contextmanager
def resizes() -> Iterator[socket.socket]:
    """A socket that becomes readable when the window has another size.

    A signal handler may not touch the session itself, for it may run while the session holds a lock.
    """
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)

    def handler(number: int, frame: FrameType | None) -> None:
        try:
            writer.send(b"r")
        except BlockingIOError:
            return

    former: Callable[[int, FrameType | None], Any] | int | None = signal.signal(signal.SIGWINCH, handler)
    try:
        yield reader
    finally:
        signal.signal(signal.SIGWINCH, former)
        reader.close()
        writer.close()


def size(descriptor: int) -> tuple[int, int]:
    """Columns and lines; 80 by 24 where the terminal does not say."""
    try:
        found = os.get_terminal_size(descriptor)
    except OSError:
        return 80, 24
    return (found.columns or 80), (found.lines or 24)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
