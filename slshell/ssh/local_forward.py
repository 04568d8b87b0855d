"""A port here that leads into a machine."""

from __future__ import annotations

import errno
import socket
import threading

import paramiko

from slshell.model.errors import Conflict, NotAllowed, SlshellError, UsageError
from slshell.sessions.forwards import Phase
from slshell.ssh.connection import Connection
from slshell.ssh.forward import HeldForward
from slshell.ssh.relay import shut

CHANNEL_S = 20.0
"""Longest time in which a machine may reach what a port leads to."""
MOST_AT_ONCE = 256
"""Connections at once; more wait to be accepted."""
REFUSALS = {
    1: "its SSH server forbids forwarding",
    2: "nothing answers there",
    3: "its SSH server cannot forward",
    4: "it has no room for another connection",
}
"""What the numbers of RFC 4254 mean here."""


class LocalForward(HeldForward):
    """Listens from the first `open` to the end, whether or not the machine answers meanwhile."""

    _listener: socket.socket | None = None

    def _listen(self, connection: Connection) -> int:
        if self._listener is not None:
            # It may have been closed meanwhile, and is not asked.
            return self._port
        self._listener = self._bound()
        port: int = self._listener.getsockname()[1]
        arguments = (self._listener,)
        threading.Thread(target=self._accept, args=arguments, name="ssh-accept", daemon=True).start()
        return port

    def _shut(self) -> None:
        if self._listener is not None:
            shut(self._listener)

    def _unlisten(self) -> None:
        """The machine knows of no port."""

    def _bound(self) -> socket.socket:
        spec = self.spec
        bind = "0.0.0.0" if spec.bind == "*" else spec.bind  # noqa: S104 - asked for with “*”
        family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        try:
            return socket.create_server((bind, spec.port), family=family)
        except OSError as error:
            where = spec.listen
            if error.errno == errno.EADDRINUSE:
                raise Conflict(
                    f"{where} is in use here", hint="choose another port; 0 takes one that is free"
                ) from error
            if error.errno == errno.EACCES:
                raise NotAllowed(
                    f"you may not open {where}", hint="choose a port from 1024 up, or 0 for one that is free"
                ) from error
            raise UsageError(
                f"{where} cannot be opened: {error.strerror or error}",
                hint="name an address of this computer; left out, it is the loopback",
            ) from error

    def _accept(self, listener: socket.socket) -> None:
        room = threading.BoundedSemaphore(MOST_AT_ONCE)

        def carry(sock: socket.socket, peer: tuple[str, int]) -> None:
            try:
                self._carry(sock, peer)
            finally:
                room.release()

        while not self.ended.is_set():
            room.acquire()
            try:
                sock, peer = listener.accept()
            except OSError:
                return
            arguments = (sock, (str(peer[0]), int(peer[1])))
            threading.Thread(target=carry, args=arguments, name="ssh-carry", daemon=True).start()

    def _carry(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        """One connection; where the machine cannot be reached it is closed, and the reason kept."""
        try:
            connection = self._link.take()
        except SlshellError as error:
            sock.close()
            self._note(Phase.WAITING, error.message)
            return
        try:
            target = (self.spec.host, self.spec.host_port)
            channel = connection.transport.open_channel("direct-tcpip", target, peer, timeout=CHANNEL_S)
        except paramiko.ChannelException as error:
            sock.close()
            reason = REFUSALS.get(error.code, error.text)
            self._note(Phase.OPEN, f"the machine does not reach {self.spec.target}: {reason}")
        except (paramiko.SSHException, EOFError, OSError) as error:
            sock.close()
            self._note(Phase.OPEN, f"the machine opens no connection: {error}")
        else:
            self._note(Phase.OPEN, "")
            self._serve(channel, sock)
        finally:
            self._link.leave(connection)
