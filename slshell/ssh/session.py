"""One command over an SSH connection, with its streams and without a terminal."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import paramiko

from slshell.model.errors import CloudUnreachable, SlshellError
from slshell.ssh.wishes import NOTHING, Wishes, grant

CHUNK = 32768
NO_STATUS = 255
"""What OpenSSH answers when the other side gave no exit status."""

Sink = Callable[[bytes, bool], None]
"""Takes bytes of the machine's stdout (False) or stderr (True)."""


def run_remote(
    transport: paramiko.Transport,
    command: str | None,
    *,
    stdin: int | None,
    sink: Sink,
    wishes: Wishes = NOTHING,
    tell: Callable[[str], None] | None = None,
) -> int:
    """Run one command (None: the login shell) without a terminal; answers its exit status.

    `stdin` is a file descriptor that is read to its end, None for an empty one. `tell` takes in words what
    the machine refuses of `wishes`.

    Raises:
        CloudUnreachable: the machine went away before the command ended.
    """
    channel = _channel(transport)
    try:
        for refused in _begin(channel, command, wishes):
            if tell is not None:
                tell(refused)
        with _feeding(channel, stdin):
            _drain(channel, sink)
            return _status(transport, channel)
    finally:
        channel.close()


def _channel(transport: paramiko.Transport) -> paramiko.Channel:
    try:
        return transport.open_session()
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise CloudUnreachable(f"the machine opens no session: {error}") from error


def _begin(channel: paramiko.Channel, command: str | None, wishes: Wishes) -> list[str]:
    try:
        refused = grant(channel.get_transport(), channel, wishes)
        if command is None:
            channel.invoke_shell()
        else:
            channel.exec_command(command)
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise SlshellError(f"the machine does not start that: {error}") from error
    return refused


def _drain(channel: paramiko.Channel, sink: Sink) -> None:
    """Hand on what the machine writes until it has said its last word."""
    while True:
        select.select([channel], [], [])
        told = False
        while channel.recv_ready():
            sink(channel.recv(CHUNK), False)
            told = True
        while channel.recv_stderr_ready():
            sink(channel.recv_stderr(CHUNK), True)
            told = True
        if not told and (channel.closed or channel.eof_received):
            return


def _status(transport: paramiko.Transport, channel: paramiko.Channel) -> int:
    """The exit status, which may come after the end of the output; the channel must still be open."""
    status = channel.recv_exit_status()
    if status >= 0:
        return status
    if not transport.is_active():
        raise CloudUnreachable(
            "the machine stopped answering", hint="slshell instances shows what became of it"
        )
    return NO_STATUS


@contextmanager
def _feeding(channel: paramiko.Channel, descriptor: int | None) -> Iterator[None]:
    """Send what comes from `descriptor` in a thread, so that a full window does not block reading."""
    if descriptor is None:
        channel.shutdown_write()
        yield
        return
    stop_reader, stop_writer = os.pipe()

    def feed() -> None:
        while True:
            ready, _, _ = select.select([descriptor, stop_reader], [], [])
            if stop_reader in ready:
                return
            try:
                data = os.read(descriptor, CHUNK)
                if not data:
                    channel.shutdown_write()
                    return
                channel.sendall(data)
            except OSError:
                return

    thread = threading.Thread(target=feed, name="ssh-input", daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.write(stop_writer, b"s")
        channel.close()
        thread.join(timeout=2.0)
        os.close(stop_writer)
        if not thread.is_alive():
            os.close(stop_reader)
