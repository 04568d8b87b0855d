"""An authenticated SSH connection to a machine whose host key is known beforehand."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import paramiko

from slshell.model.errors import CloudUnreachable, Conflict, NotAllowed, SlshellError, UsageError
from slshell.model.instance import Instance
from slshell.ssh.hostkeys import fingerprint, parsed

CONNECT_S = 10.0
BANNER_S = 60.0
"""An emulated machine under load takes its time to greet."""
PULSE_S = 10.0
PATIENCE_S = 30.0
"""A session whose machine answers no keep-alive for this long has ended: user-mode networking never
closes the connections of a machine that was powered off."""


class Connection:
    """An authenticated transport that ends when the machine shows no sign of life."""

    def __init__(
        self, client: paramiko.SSHClient, transport: paramiko.Transport, pulse_s: float, patience_s: float
    ) -> None:
        self.transport = transport
        self.requests = threading.Lock()
        """To be held during a global request, for their answers carry no name."""
        self._client = client
        self._over = threading.Event()
        beat = threading.Thread(target=self._beat, args=(pulse_s, patience_s), name="ssh-pulse", daemon=True)
        beat.start()

    @property
    def alive(self) -> bool:
        """The machine has been heard of not long ago."""
        return not self._over.is_set() and self.transport.is_active()

    def close(self) -> None:
        """End all that goes over it; may be called more than once."""
        self._over.set()
        self._client.close()

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
    instance: Instance,
    *,
    identities: Sequence[Path],
    allow_agent: bool = True,
    pulse_s: float = PULSE_S,
    patience_s: float = PATIENCE_S,
) -> Connection:
    """A connection to `instance`, authenticated with the agent or one of the private key files.

    Raises:
        CloudUnreachable: nothing answers, or it is no SSH server. Conflict: the host key is not the one
        that the cloud gave the machine. NotAllowed: no key was accepted. UsageError: a key is unusable.
    """
    _silence_library()
    client = paramiko.SSHClient()
    expected = parsed(instance.host_key)
    place = instance.address if instance.ssh_port == 22 else f"[{instance.address}]:{instance.ssh_port}"
    client.get_host_keys().add(place, expected.get_name(), expected)
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    try:
        return Connection(client, _open(client, instance, identities, allow_agent), pulse_s, patience_s)
    except SlshellError:
        client.close()
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
    """The transport of a connection as `dial` makes it, closed at the end."""
    connection = dial(
        instance,
        identities=identities,
        allow_agent=allow_agent,
        pulse_s=pulse_s,
        patience_s=patience_s,
    )
    try:
        yield connection.transport
    finally:
        connection.close()


def _open(
    client: paramiko.SSHClient, instance: Instance, identities: Sequence[Path], allow_agent: bool
) -> paramiko.Transport:
    where = f"{instance.address}:{instance.ssh_port}"
    try:
        client.connect(
            instance.address,
            port=instance.ssh_port,
            username=instance.user or "root",
            key_filename=[str(path) for path in identities],  # type: ignore[arg-type]
            allow_agent=allow_agent,
            look_for_keys=False,
            timeout=CONNECT_S,
            banner_timeout=BANNER_S,
            auth_timeout=BANNER_S,
        )
    except paramiko.BadHostKeyException as error:
        raise _wrong_key(instance, error.expected_key, error.key) from error
    except paramiko.PasswordRequiredException as error:
        raise UsageError(
            "a key of yours is protected by a passphrase",
            hint="ssh-add it to your agent, or name another one",
        ) from error
    except paramiko.AuthenticationException as error:
        raise NotAllowed(
            f"machine {instance.id} accepts none of your keys for {instance.user or 'root'}",
            hint="name the private key with --identity; a machine keeps the keys it was started with",
        ) from error
    except paramiko.SSHException as error:
        raise _refused(instance, error) from error
    except (OSError, EOFError) as error:
        raise CloudUnreachable(
            f"machine {instance.id} does not answer at {where}: {_words(error)}",
            hint=f"slshell wait {instance.id} waits until it does; slshell events --instance {instance.id}",
        ) from error
    except ValueError as error:
        raise UsageError(f"a private key cannot be used: {error}", hint="name another --identity") from error
    transport = client.get_transport()
    if transport is None:
        raise CloudUnreachable(f"machine {instance.id} closed the connection at once")
    return transport


def _wrong_key(instance: Instance, expected: paramiko.PKey, offered: paramiko.PKey) -> Conflict:
    return Conflict(
        f"what answers at {instance.address}:{instance.ssh_port} is not machine {instance.id}: "
        f"its host key is {fingerprint(offered)}, the cloud gave the machine {fingerprint(expected)}",
        hint="nothing was sent; if you changed the host key inside the machine, put the cloud's back",
        details={"expected": fingerprint(expected), "offered": fingerprint(offered)},
    )


def _refused(instance: Instance, error: paramiko.SSHException) -> SlshellError:
    """An SSH failure with no class of its own: a host key of another kind, or no SSH at all."""
    text = str(error)
    if "not found in known_hosts" in text or "no acceptable host key" in text.lower():
        expected = parsed(instance.host_key)
        return Conflict(
            f"what answers at {instance.address}:{instance.ssh_port} is not machine {instance.id}: it has no "
            f"{expected.get_name()} host key, the cloud gave the machine {fingerprint(expected)}",
            hint="nothing was sent; if you changed the host key inside the machine, put the cloud's back",
            details={"expected": fingerprint(expected)},
        )
    return CloudUnreachable(
        f"machine {instance.id} did not complete the SSH connection: {text}",
        hint=f"it may be starting or stopping; slshell wait {instance.id} waits until it answers",
    )


def _words(error: OSError | EOFError) -> str:
    if isinstance(error, socket.timeout):
        return "no answer in time"
    if isinstance(error, paramiko.ssh_exception.NoValidConnectionsError):
        return "connection refused"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _silence_library() -> None:
    """paramiko logs the trace of every broken connection; ours are told as errors."""
    logger = logging.getLogger("paramiko")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
