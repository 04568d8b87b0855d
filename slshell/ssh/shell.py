"""A shell in a machine with a terminal, as a wire for whatever draws it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import paramiko

from slshell.model.errors import CloudUnreachable, SlshellError
from slshell.sessions.wire import Ending
from slshell.ssh.connection import Connection
from slshell.ssh.link import Link
from slshell.ssh.wishes import NOTHING, Wishes, grant

CHUNK = 32768
WINDOW = 256 * 1024
"""Bytes that may come unread: what still follows a Ctrl-C, yet enough for 8 MB/s over 30 ms."""
MOST_UNSENT = 8 << 20
"""Bytes that wait while the machine takes none; more is refused, as by a terminal whose queue is full. A
machine that asks for answers and reads none would else fill the memory."""
STATUS_S = 2.0
"""A status follows the end of the output at once; a connection that broke is known as soon."""


class ShellWire:
    """A shell channel with a terminal; see `slshell.sessions.wire.Wire`."""

    def __init__(self, channel: paramiko.Channel, leave: Callable[[], None], preface: bytes = b"") -> None:
        """`leave` is called once, when the session is over; `preface` is read before the machine's words."""
        self._channel = channel
        self._preface = preface
        self._leave = leave
        self._unsent: deque[bytes] = deque()
        self._waiting = 0
        self._changed = threading.Condition()
        self._closed = False
        self._asked_to_end = False
        self._ending: Ending | None = None
        self._sender = threading.Thread(target=self._send, name="ssh-keys", daemon=True)
        self._sender.start()

    def read(self) -> bytes:
        """See `Wire`."""
        if self._preface:
            preface, self._preface = self._preface, b""
            return preface
        try:
            return self._channel.recv(CHUNK)
        except OSError:
            return b""

    def write(self, data: bytes) -> None:
        """See `Wire`; what comes while more than `MOST_UNSENT` bytes wait is refused whole."""
        with self._changed:
            if data and not self._closed and self._waiting <= MOST_UNSENT:
                self._unsent.append(data)
                self._waiting += len(data)
                self._changed.notify()

    def resize(self, columns: int, rows: int) -> None:
        """See `Wire`."""
        try:
            self._channel.resize_pty(columns, rows)
        except (paramiko.SSHException, OSError, EOFError):
            return

    def close(self) -> None:
        """See `Wire`."""
        self._asked_to_end = self._asked_to_end or not self._is_over()
        self._end()

    def ending(self) -> Ending:
        """See `Wire`."""
        if self._ending is None:
            self._ending = self._find_ending()
            self._end()
        return self._ending

    def _find_ending(self) -> Ending:
        channel, transport = self._channel, self._channel.get_transport()
        if not self._asked_to_end:
            channel.status_event.wait(STATUS_S)
        status = channel.recv_exit_status() if channel.exit_status_ready() else -1
        if status >= 0:
            return Ending(text=f"the shell ended with {status}", status=status)
        if self._asked_to_end:
            return Ending(text="the session was closed here")
        # A machine that goes down ends its shells first and its connections a moment later.
        transport.join(STATUS_S)
        if not transport.is_active():
            return Ending(text="the machine stopped answering", lost=True)
        return Ending(text="the machine closed the session")

    def _is_over(self) -> bool:
        return bool(self._channel.closed or self._channel.eof_received)

    def _end(self) -> None:
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._unsent.clear()
            self._changed.notify()
        self._channel.close()
        self._leave()

    def _send(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._unsent or self._closed)
                if self._closed:
                    return
                data = self._unsent.popleft()
            try:
                self._channel.sendall(data)
            except (OSError, EOFError, paramiko.SSHException):
                return
            with self._changed:
                self._waiting -= len(data)


def open_shell(link: Link, columns: int, rows: int, *, term: str, wishes: Wishes = NOTHING) -> ShellWire:
    """A login shell in a terminal of that size. What it refuses of `wishes` stands before its first words.

    Raises:
        SlshellError: the machine cannot be reached or starts no shell.
    """
    connection = link.take()
    try:
        channel, refused = _shell(connection, columns, rows, term, wishes)
    except SlshellError:
        link.leave(connection)
        raise
    told = "".join(f"slshell: {each}\r\n" for each in refused)
    return ShellWire(channel, lambda: link.leave(connection), told.encode())


def _shell(
    connection: Connection, columns: int, rows: int, term: str, wishes: Wishes
) -> tuple[paramiko.Channel, list[str]]:
    try:
        channel = connection.transport.open_session(window_size=WINDOW)
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise CloudUnreachable(f"the machine opens no session: {error}") from error
    try:
        channel.set_combine_stderr(True)
        refused = grant(connection.transport, channel, wishes)
        channel.get_pty(term=term, width=columns, height=rows)
        channel.invoke_shell()
    except (paramiko.SSHException, EOFError, OSError) as error:
        channel.close()
        raise SlshellError(f"the machine starts no shell: {error}") from error
    return channel, refused
