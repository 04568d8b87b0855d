"""A port in a machine that leads here."""

from __future__ import annotations

import socket
import threading

import paramiko

from slshell.model.errors import CloudUnreachable, Conflict
from slshell.sessions.forwards import Phase
from slshell.ssh.connection import Connection
from slshell.ssh.forward import HeldForward
from slshell.ssh.forward_spec import LOOPBACK
from slshell.ssh.relay import shut_channel

REACH_S = 10.0


class RemoteForward(HeldForward):
    """Asks the machine's SSH server to listen, again after each break."""

    _holder: Connection | None = None

    def _listen(self, connection: Connection) -> int:
        self._refuse_ended()
        try:
            # The same port after a break, also where any was asked for at first.
            port = connection.listen(self._bind(), self._port, self._incoming)
        except paramiko.SSHException as error:
            raise Conflict(
                f"{connection.target.label} does not open port {self._port or '0'}: {error}",
                hint="it may be in use there, below 1024, or its SSH server forbids forwarding",
            ) from error
        except (EOFError, OSError) as error:
            raise CloudUnreachable(f"{connection.target.label} hung up: {error}") from error
        self._holder = connection
        return port

    def _shut(self) -> None:
        """What still comes is refused, for it has ended."""

    def _unlisten(self) -> None:
        holder, self._holder = self._holder, None
        if holder is not None and holder.alive:
            holder.unlisten(self._bind(), self._port)

    def _bind(self) -> str:
        """As RFC 4254 names it: `localhost` is every loopback, nothing is every address."""
        return {LOOPBACK: "localhost", "*": ""}.get(self.spec.bind, self.spec.bind)

    def _incoming(self, channel: paramiko.Channel) -> None:
        """Called by the library's own thread, which must not wait."""
        threading.Thread(target=self._carry, args=(channel,), name="ssh-carry", daemon=True).start()

    def _carry(self, channel: paramiko.Channel) -> None:
        try:
            sock = socket.create_connection((self.spec.host, self.spec.host_port), timeout=REACH_S)
        except OSError as error:
            shut_channel(channel)
            reason = error.strerror or str(error)
            self._note(Phase.OPEN, f"{self.spec.target} is not reached from here: {reason}")
            return
        sock.settimeout(None)
        self._note(Phase.OPEN, "")
        self._serve(channel, sock)
