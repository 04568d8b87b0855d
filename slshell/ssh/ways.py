"""Ways to a host that is not reached by itself: through another one, or by a program."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import IO

import paramiko

from slshell.model.errors import CloudUnreachable
from slshell.ssh.connection import CONNECT_S, Connection
from slshell.ssh.target import Way

SAID_LINES, LINE_BYTES = 3, 400
LAST_WORDS_S = 1.0
"""A program that has ended has said all; one that goes on is not awaited."""


def through(before: Callable[[], Connection], address: str, port: int) -> Way:
    """By a channel of a connection that `before` makes; that one ends with the way.

    Raises:
        SlshellError: it cannot be made. CloudUnreachable: the host on the way does not get there.
    """
    connection = before()
    try:
        channel = connection.transport.open_channel(
            "direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=CONNECT_S
        )
    except (paramiko.SSHException, EOFError, OSError) as error:
        connection.close()
        raise CloudUnreachable(
            f"{connection.target.label} does not reach {address} at port {port}: {error}",
            hint="it must be allowed to forward ports, and know the name",
        ) from error
    return Way(channel, connection.close)


def by_program(command: str) -> Way:
    """By a program's input and output, as ssh starts a ProxyCommand: by the shell.

    The library's own class does not notice that the program has ended.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"],
            stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
    said: deque[bytes] = deque(maxlen=SAID_LINES)
    listening = threading.Thread(target=_listen, args=(process.stderr, said), name="ssh-proxy", daemon=True)
    listening.start()

    def words() -> str:
        listening.join(LAST_WORDS_S)
        return " ".join(b" ".join(said).decode("utf-8", "replace").split())

    def close() -> None:
        ours.close()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM)
        threading.Thread(target=process.wait, name="ssh-proxy", daemon=True).start()

    return Way(ours, close, words)


def _listen(stream: IO[bytes], said: deque[bytes]) -> None:
    """Keep the last that a program says on its standard error, which it does not have to wait for."""
    with stream:
        while line := stream.readline(LINE_BYTES):
            said.append(line)
