"""One connection to a machine that several sessions share, made anew when it broke."""

from __future__ import annotations

import threading
from collections.abc import Callable

from slshell.model.errors import Interrupted
from slshell.ssh.connection import Connection


class Link:
    """Answers the connection that is alive, or makes one; safe from any thread."""

    def __init__(self, dial: Callable[[], Connection]) -> None:
        """`dial` makes a connection, waits as long as that takes, and raises SlshellError."""
        self._dial = dial
        self._dialling = threading.Lock()
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._users = 0
        self._closed = False

    def take(self) -> Connection:
        """The connection, for one more user, who must `leave` it.

        Raises:
            SlshellError: it could not be made. Interrupted: the link was closed.
        """
        with self._dialling:
            with self._lock:
                self._refuse_closed()
                if self._connection is not None and self._connection.alive:
                    self._users += 1
                    return self._connection
                self._drop()
            made = self._dial()
            with self._lock:
                self._connection, self._users = made, 1
                self._refuse_closed()
            return made

    def leave(self, connection: Connection) -> None:
        """One user less of a connection that was taken; the last one's going closes it."""
        with self._lock:
            if connection is not self._connection:
                return
            self._users -= 1
            if self._users == 0:
                self._drop()

    def close(self) -> None:
        """End the connection whoever uses it, and make no other; may be called more than once."""
        with self._lock:
            self._closed = True
            self._drop()

    def _refuse_closed(self) -> None:
        if self._closed:
            self._drop()
            raise Interrupted("the connection was closed here")

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
