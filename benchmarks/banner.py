"""One watcher of SSH's greeting for all machines that are compared."""

from __future__ import annotations

import selectors
import socket
import time

PAUSE_S = 0.05
"""Between the end of one connection and the next try."""
HANGING_S = 0.3
"""A connection made before the guest has a network hangs: after this another one is tried beside it.

More of them at once would cost an emulated guest, which starts a process for each, what is to be measured.
"""
KEPT_S = 2.0
PATIENCE_S = 120.0


def wait_for_banner(address: str, port: int) -> float:
    """The monotonic time at which an SSH server's first bytes came.

    Raises:
        TimeoutError: none came within PATIENCE_S.
    """
    deadline = time.monotonic() + PATIENCE_S
    with selectors.DefaultSelector() as selector:
        try:
            while (now := time.monotonic()) < deadline:
                _drop_old(selector, now)
                if all(now - key.data > HANGING_S for key in selector.get_map().values()):
                    _try(selector, address, port, now)
                if _greeted(selector, now + PAUSE_S):
                    return time.monotonic()
        finally:
            for key in list(selector.get_map().values()):
                _drop(selector, key)
    raise TimeoutError(f"no SSH server greeted at {address}:{port} within {PATIENCE_S:.0f} s")


def _try(selector: selectors.BaseSelector, address: str, port: int, now: float) -> None:
    stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    stream.setblocking(False)
    stream.connect_ex((address, port))
    selector.register(stream, selectors.EVENT_READ, now)


def _greeted(selector: selectors.BaseSelector, until: float) -> bool:
    while (left := until - time.monotonic()) > 0:
        for key, _events in selector.select(left):
            stream = key.fileobj
            assert isinstance(stream, socket.socket)
            try:
                if stream.recv(64).startswith(b"SSH-"):
                    return True
            except OSError:
                pass  # Refused: nobody listens yet.
            _drop(selector, key)
    return False


def _drop_old(selector: selectors.BaseSelector, now: float) -> None:
    for key in list(selector.get_map().values()):
        if now - key.data > KEPT_S:
            _drop(selector, key)


def _drop(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    selector.unregister(key.fileobj)
    assert isinstance(key.fileobj, socket.socket)
    key.fileobj.close()
