"""Sessions over an SSH connection: one command with its streams, or a shell in the user's terminal."""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import paramiko

from slshell.model.errors import CloudUnreachable, SlshellError
from slshell.ssh import terminal

CHUNK = 32768
NO_STATUS = 255
"""What OpenSSH answers when the other side gave no exit status."""

Sink = Callable[[bytes, bool], None]
"""Takes bytes of the machine's stdout (False) or stderr (True)."""


def run_remote(transport: paramiko.Transport, command: str | None, *, stdin: int | None, sink: Sink) -> int:
    """Run one command (None: the login shell) without a terminal; answers its exit status.

    `stdin` is a file descriptor that is read to its end, None for an empty one.

    Raises:
        CloudUnreachable: the machine went away before the command ended.
    """
    channel = _channel(transport)
    try:
        _begin(channel, command)
        with _feeding(channel, stdin):
            _drain(channel, sink)
            return _status(transport, channel)
    finally:
        channel.close()


def interactive(
    transport: paramiko.Transport, *, stdin: int, stdout: int, term: str, command: str | None = None
) -> int:
    """A shell in the terminal of `stdin`, in raw mode, its size followed; answers the exit status.

    To be called from the main thread, for it handles signals.

    Raises:
        CloudUnreachable: the machine went away.
    """
    channel = _channel(transport)
    columns, lines = terminal.size(stdin)
    try:
        channel.get_pty(term=term, width=columns, height=lines)
        with terminal.resizes() as resized, terminal.raw(stdin):
            _begin(channel, command)
            with _feeding(channel, stdin):
                _drain(
                    channel,
                    lambda data, _: _write_all(stdout, data),
                    resized=resized,
                    on_resize=lambda: channel.resize_pty(*terminal.size(stdin)),
                )
                return _status(transport, channel)
    finally:
        channel.close()


def _channel(transport: paramiko.Transport) -> paramiko.Channel:
    try:
        return transport.open_session()
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise CloudUnreachable(f"the machine opens no session: {error}") from error


def _begin(channel: paramiko.Channel, command: str | None) -> None:
    try:
        if command is None:
            channel.invoke_shell()
        else:
            channel.exec_command(command)
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise SlshellError(f"the machine does not start that: {error}") from error


def _drain(
    channel: paramiko.Channel,
    sink: Sink,
    *,
    resized: socket.socket | None = None,
    on_resize: Callable[[], None] | None = None,
) -> None:
    """Hand on what the machine writes until it has said its last word."""
    sources: list[paramiko.Channel | socket.socket] = [channel]
    if resized is not None:
        sources.append(resized)
    while True:
        ready, _, _ = select.select(sources, [], [])
        if resized is not None and resized in ready:
            resized.recv(CHUNK)
            if on_resize is not None and not channel.closed:
                on_resize()
        if channel not in ready:
            continue
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


def _write_all(descriptor: int, data: bytes) -> None:
    """Write to a terminal that may have been set to not block."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            select.select([], [descriptor], [])
