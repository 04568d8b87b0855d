"""`[BIND:]PORT:[HOST:]PORT`: which port is opened, and where it leads."""

from __future__ import annotations

import re
from dataclasses import dataclass

from slshell.model.errors import UsageError

LOOPBACK = "127.0.0.1"
_PART = re.compile(r"\[([^\[\]]*)\]|([^:\[\]]*)")
_HOST = re.compile(r"[A-Za-z0-9_.*%:-]+")


@dataclass(frozen=True, kw_only=True)
class ForwardSpec:
    """Opened on `bind`:`port`, in the machine when `remote`; leads to the other side's `host`:`host_port`."""

    remote: bool
    bind: str
    """An address, or `*` for all."""
    port: int
    """0 for any that is free."""
    host: str
    host_port: int

    @property
    def listen(self) -> str:
        """`ADDRESS:PORT` that is opened."""
        return place(self.bind, self.port)

    @property
    def target(self) -> str:
        """`ADDRESS:PORT` that it leads to."""
        return place(self.host, self.host_port)


def place(host: str, port: int) -> str:
    """`HOST:PORT`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def forward_spec(text: str, *, remote: bool = False) -> ForwardSpec:
    """Read `PORT`, `PORT:PORT`, `PORT:HOST:PORT`, `BIND:PORT:PORT` or `BIND:PORT:HOST:PORT`.

    What is left out is the loopback, and the same port. IPv6 addresses stand in brackets.

    Raises:
        UsageError: it has none of those forms.
    """
    parts = _parts(text)
    match parts:
        case [port]:
            parts = [LOOPBACK, port, LOOPBACK, port]
        case [port, host_port]:
            parts = [LOOPBACK, port, LOOPBACK, host_port]
        case [port, host, host_port] if port.isdigit():
            parts = [LOOPBACK, port, host, host_port]
        case [bind, port, host_port]:
            parts = [bind, port, LOOPBACK, host_port]
    if len(parts) != 4:
        raise _wrong(text)
    bind, port, host, host_port = parts
    if not _HOST.fullmatch(bind) or not _HOST.fullmatch(host) or host == "*":
        raise _wrong(text)
    return ForwardSpec(
        remote=remote, bind=bind, port=_port(port, text, 0), host=host, host_port=_port(host_port, text, 1)
    )


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    at = 0
    while True:
        found = _PART.match(text, at)
        if found is None or (found.end() < len(text) and text[found.end()] != ":"):
            raise _wrong(text)
        parts.append(found[1] if found[1] is not None else found[2])
        if found.end() == len(text):
            return parts
        at = found.end() + 1


def _port(text: str, whole: str, least: int) -> int:
    if not (text.isascii() and text.isdigit()) or not least <= int(text[:6]) <= 65535 or len(text) > 5:
        raise _wrong(whole)
    return int(text)


def _wrong(text: str) -> UsageError:
    return UsageError(
        f"“{text}” is not [BIND:]PORT:[HOST:]PORT",
        hint="for example 8080:80, 8080:10.0.0.7:80 or 0.0.0.0:8080:127.0.0.1:80",
    )
