"""An authenticated SSH connection to one whose host key was checked before."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import paramiko

from slshell.model.errors import CloudUnreachable
from slshell.model.instance import Instance
from slshell.ssh.login import Login
from slshell.ssh.target import Target, Way, instance_target

CONNECT_S = 10.0
BANNER_S = 60.0
"""An emulated machine under load takes its time to greet."""
PULSE_S = 10.0
PATIENCE_S = 30.0
"""A session whose machine answers no keep-alive for this long has ended: user-mode networking never
closes the connections of a machine that was powered off."""
RSA = ("rsa-sha2-512", "rsa-sha2-256")


class Connection:
    """An authenticated transport that ends when the machine shows no sign of life."""

    def __init__(
        self,
        transport: paramiko.Transport,
        target: Target,
        *,
        pulse_s: float = PULSE_S,
        patience_s: float = PATIENCE_S,
        below: Callable[[], None] | None = None,
    ) -> None:
        """`below` takes down what the transport stands on."""
        self.transport = transport
        self.target = target
        self._below = below
        self.requests = threading.Lock()
        """To be held during a global request, for their answers carry no name."""
        self._over = threading.Event()
        self._incoming: dict[int, Callable[[paramiko.Channel], None]] = {}
        beat = threading.Thread(target=self._beat, args=(pulse_s, patience_s), name="ssh-pulse", daemon=True)
        beat.start()

    @property
    def alive(self) -> bool:
        """The machine has been heard of not long ago."""
        return not self._over.is_set() and self.transport.is_active()

    def close(self) -> None:
        """End all that goes over it; may be called more than once."""
        self._over.set()
        self.transport.close()
        if self._below is not None:
            self._below()

    def listen(self, bind: str, port: int, incoming: Callable[[paramiko.Channel], None]) -> int:
        """Have the other side listen on a port, 0 for any; answers which. `incoming` must not wait.

        Raises:
            paramiko.SSHException, EOFError, OSError: it does not.
        """
        with self.requests:
            if port in self._incoming:
                raise paramiko.SSHException("it is opened here already")
            opened = self.transport.request_port_forward(bind, port, self._arrived)
            self._incoming[opened] = incoming
            return opened

    def unlisten(self, bind: str, port: int) -> None:
        """Have it listen no more."""
        with self.requests:
            self._incoming.pop(port, None)
            # Not by `cancel_port_forward`, which would end all others of this connection as well.
            with suppress(paramiko.SSHException, EOFError, OSError):
                self.transport.global_request("cancel-tcpip-forward", (bind, port), wait=True)

    def _arrived(self, channel: paramiko.Channel, origin: tuple[str, int], opened: tuple[str, int]) -> None:
        incoming = self._incoming.get(opened[1])
        if incoming is None:
            channel.close()
        else:
            incoming(channel)

    def _beat(self, pulse_s: float, patience_s: float) -> None:
        """Ask for a sign of life again and again; close the transport when none comes."""
        while not self._over.wait(pulse_s) and self.transport.is_active():
            with self.requests:
                watch = threading.Timer(patience_s, self.transport.close)
                watch.daemon = True
                watch.start()
                try:
                    self.transport.global_request("keepalive@openssh.com", wait=True)
                except (OSError, EOFError, paramiko.SSHException):
                    return
                finally:
                    watch.cancel()


def dial(
    target: Target, login: Login, *, pulse_s: float = PULSE_S, patience_s: float = PATIENCE_S
) -> Connection:
    """A connection to `target`, its host key checked before anything is sent, authenticated by `login`.

    Raises:
        CloudUnreachable: nothing answers, or it is no SSH server. Conflict: the host key is not the right
        one. NotAllowed: no key was accepted. UsageError: a key is unusable.
    """
    _silence_library()
    kinds = target.trust.kinds()
    transport, way = _reached(target)
    try:
        _prefer(transport, kinds)
        _greet(transport, target, way)
        try:
            login.prove(transport, target)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise CloudUnreachable(f"{target.label} hung up: {error}", hint=target.remedy) from error
        return Connection(transport, target, pulse_s=pulse_s, patience_s=patience_s, below=way.close)
    except BaseException:
        transport.close()
        way.close()
        raise


@contextmanager
def connected(
    instance: Instance,
    *,
    identities: Sequence[Path],
    allow_agent: bool = True,
    pulse_s: float = PULSE_S,
    patience_s: float = PATIENCE_S,
) -> Iterator[paramiko.Transport]:
    """The transport of a connection to a machine of the cloud, as `dial` makes it; closed at the end."""
    login = Login(usual=identities, allow_agent=allow_agent)
    connection = dial(instance_target(instance), login, pulse_s=pulse_s, patience_s=patience_s)
    try:
        yield connection.transport
    finally:
        connection.close()


def _reached(target: Target) -> tuple[paramiko.Transport, Way]:
    """A transport that has not greeted yet, and the way that it stands on."""
    way = _plain_way(target) if target.way is None else target.way()
    try:
        transport = paramiko.Transport(way.sock)
    except (paramiko.SSHException, OSError) as error:
        way.close()
        raise CloudUnreachable(f"{target.label} hung up: {error}", hint=target.remedy) from error
    transport.banner_timeout = transport.auth_timeout = BANNER_S
    return transport, way


def _plain_way(target: Target) -> Way:
    try:
        sock = socket.create_connection((target.address, target.port), timeout=CONNECT_S)
    except (OSError, UnicodeError) as error:
        raise CloudUnreachable(
            f"{target.label} does not answer at {target.place}: {_words(error)}", hint=target.remedy
        ) from error
    return Way(sock, sock.close)


def _prefer(transport: paramiko.Transport, kinds: Sequence[str]) -> None:
    """Ask for these kinds of host key before others; RSA keys sign in newer ways than their name says."""
    options = transport.get_security_options()
    wanted: list[str] = []
    for kind in kinds:
        wanted += RSA if kind == "ssh-rsa" else [kind]
    wanted = [kind for kind in dict.fromkeys(wanted) if kind in options.key_types]
    options.key_types = [*wanted, *(kind for kind in options.key_types if kind not in wanted)]


def _greet(transport: paramiko.Transport, target: Target, way: Way) -> None:
    """Agree on keys and check the host's."""
    try:
        transport.start_client(timeout=BANNER_S)
        offered = transport.get_remote_server_key()
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise CloudUnreachable(
            f"{target.label} did not complete the SSH connection: {way.words() or error}", hint=target.remedy
        ) from error
    target.trust.check(offered)


def _words(error: OSError | UnicodeError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, UnicodeError):
        return "that is no name of a host"
    return error.strerror or str(error) or type(error).__name__


def _silence_library() -> None:
    """paramiko logs the trace of every broken connection; ours are told as errors."""
    logger = logging.getLogger("paramiko")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
