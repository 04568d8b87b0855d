"""Joining a channel and a socket, each with its own pace."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import paramiko

CHUNK = 32768
LOOK_S = 1.0
"""How soon it is seen that the machine has closed while the socket has more to say."""

Count = Callable[[int, int], None]
"""Takes bytes that went to the machine and bytes that came from it."""


def relay(channel: paramiko.Channel, sock: socket.socket, count: Count | None = None) -> None:
    """Hand on what comes from either side until both have ended, or one broke; closes both."""
    tell = count or (lambda sent, received: None)
    there = threading.Thread(
        target=_pour,
        args=(sock.recv, channel.sendall, channel.shutdown_write, lambda size: tell(size, 0)),
        name="ssh-relay",
        daemon=True,
    )
    there.start()
    try:
        whole = _pour(
            channel.recv,
            sock.sendall,
            lambda: sock.shutdown(socket.SHUT_WR),
            lambda size: tell(0, size),
        )
        while whole and there.is_alive() and not channel.closed:
            there.join(LOOK_S)
    finally:
        shut_channel(channel)
        shut(sock)
        there.join()


def _pour(
    read: Callable[[int], bytes],
    write: Callable[[bytes], object],
    finish: Callable[[], object],
    count: Callable[[int], None],
) -> bool:
    """Hand on to the end; False when a side broke."""
    try:
        while data := read(CHUNK):
            write(data)
            count(len(data))
        finish()
    except (OSError, EOFError, paramiko.SSHException):
        return False
    return True


def shut(sock: socket.socket) -> None:
    """Close, and wake a thread that reads from it or accepts."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        sock.close()


def shut_channel(channel: paramiko.Channel) -> None:
    """Close; the library wants to tell the machine so, which fails when the connection ends meanwhile."""
    with suppress(OSError, EOFError, paramiko.SSHException):
        channel.close()
