"""A forwarded port that is held open, also over breaks of its connection."""

from __future__ import annotations

import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime

import paramiko

from slshell.model.errors import CloudUnreachable, Conflict, Interrupted, SlshellError, TimedOut
from slshell.model.instance import State
from slshell.sessions.forwards import ForwardState, Phase, Tell
from slshell.ssh.connection import Connection
from slshell.ssh.forward_spec import ForwardSpec, place
from slshell.ssh.link import Link
from slshell.ssh.relay import relay, shut, shut_channel

LOOK_S = 1.0
"""How soon a break of the connection is seen."""
RETRY_S = 5.0
GONE = frozenset({State.DONE, State.FAILED, State.EPILOG})
"""States of a machine that will not answer again."""


class HeldForward(ABC):
    """See `slshell.sessions.forwards.Forward`."""

    def __init__(
        self,
        spec: ForwardSpec,
        link: Link,
        *,
        title: str,
        instance_id: int | None = None,
        tell: Tell | None = None,
    ) -> None:
        """`tell` takes what goes wrong once it is open."""
        self.spec = spec
        self.ended = threading.Event()
        """It was closed, or cannot be opened again."""
        self._link = link
        self._title = title
        self._instance_id = instance_id
        self._tell = tell
        self._lock = threading.Lock()
        self._port = spec.port
        self._phase = Phase.OPEN
        self._trouble = ""
        self._since = datetime.now(UTC)
        self._ends: set[Callable[[], None]] = set()
        self._served = self._sent = self._received = 0

    def open(self) -> None:
        """Open it, and hold it open from then on.

        Raises:
            SlshellError: the machine cannot be reached, or the port cannot be opened.
        """
        connection = self._link.take()
        try:
            self._port = self._listen(connection)
        except SlshellError:
            self._link.leave(connection)
            raise
        threading.Thread(target=self._hold, args=(connection,), name="ssh-forward", daemon=True).start()

    def state(self, number: int) -> ForwardState:
        """See `Forward`."""
        with self._lock:
            return ForwardState(
                id=number,
                phase=self._phase,
                instance_id=self._instance_id,
                title=self._title,
                remote=self.spec.remote,
                listen=place(self.spec.bind, self._port),
                target=self.spec.target,
                connections=len(self._ends),
                served=self._served,
                sent=self._sent,
                received=self._received,
                trouble=self._trouble,
                since=self._since,
            )

    def close(self) -> None:
        """See `Forward`."""
        self._finish("")

    @abstractmethod
    def _listen(self, connection: Connection) -> int:
        """Begin to listen, or see that it goes on after a break; answers the port."""

    @abstractmethod
    def _shut(self) -> None:
        """Take no further connections; must not wait."""

    @abstractmethod
    def _unlisten(self) -> None:
        """Let the other side know that it is over; may wait."""

    def _hold(self, connection: Connection) -> None:
        """Keep a connection until it is closed; one that broke is made again."""
        current: Connection | None = connection
        while not self.ended.wait(LOOK_S if current is not None else RETRY_S):
            if current is not None and current.alive:
                continue
            if current is not None:
                self._link.leave(current)
                self._note(Phase.WAITING, "the connection broke")
            current = self._again()
        self._unlisten()
        if current is not None:
            self._link.leave(current)

    def _again(self) -> Connection | None:
        """A fresh connection; None when it is to be tried later, or never."""
        try:
            connection = self._link.take()
        except SlshellError as error:
            self._failed(error)
            return None
        try:
            self._listen(connection)
        except SlshellError as error:
            self._link.leave(connection)
            self._failed(error)
            return None
        self._note(Phase.OPEN, "")
        return connection

    def _failed(self, error: SlshellError) -> None:
        may_come = isinstance(error, CloudUnreachable | TimedOut | Conflict)
        if may_come and error.details.get("state") not in GONE:
            self._note(Phase.WAITING, error.message)
        else:
            self._finish(error.message)

    def _serve(self, channel: paramiko.Channel, sock: socket.socket) -> None:
        """Carry one connection to its end."""

        def end() -> None:
            shut_channel(channel)
            shut(sock)

        with self._lock:
            self._served += 1
            self._ends.add(end)
        try:
            if not self.ended.is_set():
                relay(channel, sock, self._count)
        finally:
            end()
            with self._lock:
                self._ends.discard(end)

    def _count(self, sent: int, received: int) -> None:
        with self._lock:
            self._sent += sent
            self._received += received

    def _note(self, phase: Phase, trouble: str) -> None:
        """Keep what is wrong, and tell it when it is news."""
        with self._lock:
            if self._phase is Phase.ENDED:
                return
            news = trouble if trouble != self._trouble else ""
            self._phase, self._trouble = phase, trouble
        if news and self._tell is not None:
            self._tell(f"{self._words()}: {news}")

    def _finish(self, trouble: str) -> None:
        self._note(Phase.ENDED, trouble)
        with self._lock:
            self._phase = Phase.ENDED
            ends = list(self._ends)
        self.ended.set()
        self._shut()
        for end in ends:
            end()

    def _words(self) -> str:
        return f"{place(self.spec.bind, self._port)} → {self.spec.target}"

    def _refuse_ended(self) -> None:
        if self.ended.is_set():
            raise Interrupted("the forward was closed")
