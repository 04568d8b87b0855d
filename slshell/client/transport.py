"""HTTP to one cloud, over its Unix socket or over TCP; failures come out as typed errors.

urllib3 is used directly, for `requests` on top of it costs 50 ms more at each start.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from weakref import WeakSet

import msgspec
import urllib3
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from slshell import __version__
from slshell.model.errors import CloudUnreachable, NotAllowed, SlshellError, TimedOut, UsageError, from_data

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

CONNECT_S = 5.0
READ_S = 65.0
"""A cloud answers within 60 s, says its interface; five more for the way."""

CONNECTIONS_KEPT = 8
PING_S = 300.0
"""An answer to a ping stands behind what nobody reads, as when a pager waits; the cloud is as patient."""
MESSAGES_AHEAD = 4
"""Messages of a WebSocket that wait to be read; then the cloud is held back."""


class NotConnected(CloudUnreachable):
    """Nobody listens there: the request was not sent, so that sending it again is safe."""


class ConnectionBroke(CloudUnreachable):
    """The connection ended before the answer: the request may or may not have been carried out."""


class Transport:
    """Requests to one address; safe to use from several threads at once."""

    def __init__(
        self, pool: HTTPConnectionPool, where: str, headers: Mapping[str, str], prefix: str = ""
    ) -> None:
        self._pool = pool
        self._headers = {"User-Agent": f"slshell/{__version__}", "Accept": "application/json", **headers}
        self._prefix = prefix
        self.where = where

    @classmethod
    def over_unix(cls, path: Path) -> Transport:
        """Talk to the daemon behind a Unix socket."""
        return cls(UnixPool(path), str(path), {})

    @classmethod
    def over_tcp(
        cls,
        url: str,
        *,
        token: str = "",
        account: tuple[str, str] | None = None,
        cafile: Path | None = None,
        certificate: tuple[Path, Path] | None = None,
    ) -> Transport:
        """Talk to `http(s)://host[:port][/prefix]` with a bearer token, or a name and a password.

        `certificate` is the client's own with its key, for clouds that know users by it.

        Raises:
            UsageError: the address has no host, or the certificate cannot be used.
        """
        parts = urlsplit(url)
        if not parts.hostname:
            raise UsageError(f"“{url}” is not the address of a cloud", hint="write https://host:port")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if account is not None:
            headers = urllib3.make_headers(basic_auth=":".join(account))
        pool: HTTPConnectionPool
        if parts.scheme == "https":
            context = _tls(cafile, certificate)
            pool = HTTPSConnectionPool(
                parts.hostname, parts.port, maxsize=CONNECTIONS_KEPT, ssl_context=context
            )
        else:
            pool = HTTPConnectionPool(parts.hostname, parts.port, maxsize=CONNECTIONS_KEPT)
        return cls(pool, url, headers, parts.path.rstrip("/"))

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        read_s: float | None = READ_S,
    ) -> bytes:
        """Send one request, answer the body. Entries of `query` that are None are left out.

        Raises:
            NotConnected: nobody listens. ConnectionBroke: no whole answer came. TimedOut: no answer
            within `read_s` seconds. SlshellError: what the cloud answered, as its class.
        """
        target = self._target(path, query)
        try:
            response = self._pool.urlopen(
                method,
                target,
                body=body,
                headers={**self._headers, **(headers or {})},
                retries=False,
                redirect=False,
                timeout=urllib3.Timeout(connect=CONNECT_S, read=read_s),
            )
        except (HTTPError, OSError) as error:
            raise self._broken(error) from error
        if response.status >= 300:
            raise _error_of(response.status, response.data)
        return response.data

    def web_socket(self, path: str, query: Mapping[str, Any] | None = None) -> ClientConnection:
        """An open WebSocket, its messages in both directions.

        Raises:
            NotConnected: nobody listens. ConnectionBroke, TimedOut: it did not come about. SlshellError: what
            the cloud answered instead, as its class.
        """
        from websockets.exceptions import InvalidStatus, WebSocketException
        from websockets.sync.client import connect

        connection: Any = self._pool._new_conn()
        try:
            connection.connect()
            stream = connection.sock
            stream.settimeout(None)
            host = self._pool.host if ":" not in self._pool.host else f"[{self._pool.host}]"
            headers = {name: text for name, text in self._headers.items() if name.lower() != "user-agent"}
            opening = connect(
                f"ws://{host}{self._target(path, query)}",
                sock=stream,
                additional_headers=headers,
                user_agent_header=self._headers["User-Agent"],
                compression=None,
                open_timeout=READ_S,
                max_queue=MESSAGES_AHEAD,
                ping_timeout=PING_S,
                proxy=None,
            )
            return ExitStack().enter_context(opening)
        except InvalidStatus as error:
            raise _error_of(error.response.status_code, bytes(error.response.body or b"")) from error
        except (HTTPError, OSError, WebSocketException) as error:
            connection.close()
            raise self._broken(error) from error

    def _target(self, path: str, query: Mapping[str, Any] | None) -> str:
        wanted = {key: _query_text(value) for key, value in (query or {}).items() if value is not None}
        return self._prefix + path + ("?" + urlencode(wanted) if wanted else "")

    def abort(self) -> None:
        """Break every connection, also those that wait for an answer in other threads."""
        if isinstance(self._pool, UnixPool):
            self._pool.abort()
        self._pool.close()

    def _broken(self, error: Exception) -> SlshellError:
        hint = "slshell config test tells which clouds answer"
        if isinstance(self._pool, UnixPool):
            hint = "slshell cloud status tells whether it runs; slshell cloud logs what it said"
        why = _reason(error)
        if isinstance(error, (NewConnectionError, ConnectTimeoutError)):
            return NotConnected(f"no cloud answers at {self.where}", why=why, hint=hint)
        if isinstance(error, ReadTimeoutError):
            return TimedOut(f"the cloud at {self.where} did not answer in time", hint=hint)
        if isinstance(error, SSLError):
            return NotAllowed(
                f"the certificate of {self.where} is not accepted",
                why=why,
                hint="set cafile in the profile to the authority that signed it",
            )
        return ConnectionBroke(f"the connection to {self.where} broke", why=why, hint=hint)


def _tls(cafile: Path | None, certificate: tuple[Path, Path] | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(cafile) if cafile else None)
        if certificate is not None:
            context.load_cert_chain(*certificate)
    except OSError as error:
        names = ", ".join(str(path) for path in (cafile, *(certificate or ())) if path)
        raise UsageError(
            f"the certificates cannot be used: {names}", why=str(error), hint="they must be PEM files"
        ) from error
    return context


class UnixConnection(HTTPConnection):
    """One HTTP connection over a Unix socket."""

    def __init__(self, path: Path, **options: Any) -> None:
        super().__init__("localhost", **options)
        self._path = path

    def _new_conn(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        timeout = self.timeout
        connection.settimeout(timeout if isinstance(timeout, (int, float)) else CONNECT_S)
        try:
            connection.connect(str(self._path))
        except OSError as error:
            connection.close()
            raise NewConnectionError(self, str(error)) from error
        return connection


class UnixPool(HTTPConnectionPool):
    """Connections to one Unix socket, each used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", maxsize=CONNECTIONS_KEPT)
        self._path = path
        self._made: WeakSet[UnixConnection] = WeakSet()

    def _new_conn(self) -> UnixConnection:
        connection = UnixConnection(self._path, timeout=self.timeout.connect_timeout)
        self._made.add(connection)
        return connection

    def abort(self) -> None:
        """Shut the sockets of all connections down, which wakes whoever reads from them."""
        for connection in list(self._made):
            if connection.sock is not None:
                try:
                    connection.sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    connection.close()


def _reason(error: BaseException) -> str:
    """The system's own words, which libraries wrap in theirs."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return str(error).rpartition(": ")[2]


def _query_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _error_of(status: int, body: bytes) -> SlshellError:
    try:
        data = msgspec.json.decode(body)
    except msgspec.DecodeError:
        data = None
    if isinstance(data, dict) and "code" in data:
        return from_data(data)
    text = body[:200].decode("utf-8", "replace").strip()
    return SlshellError(
        f"the cloud answered {status}: {text or 'nothing more'}",
        hint="this address may not be a slshell cloud; slshell cloud logs may say more",
    )
