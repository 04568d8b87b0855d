"""`[USER@]HOST[:PORT]`, as hosts outside the cloud are named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import click

from slshell.model.errors import UsageError

SSH_PORT = 22
_PORTS = range(1, 65536)
_FORM = re.compile(
    r"(?:(?P<user>[^@\s]+)@)?(?:\[(?P<six>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^\s:@\[\]/]+))(?::(?P<port>\d{1,5}))?"
)
_BARE_SIX = re.compile(r"(?:(?P<user>[^@\s]+)@)?(?P<six>[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)")


@dataclass(frozen=True, kw_only=True)
class HostName:
    """A host and how to enter it; `user` is empty and `port` None when none was named."""

    user: str
    host: str
    port: int | None


class HostParameter(click.ParamType[Any]):
    """Reads `[USER@]HOST[:PORT]`; an IPv6 address with a port stands in brackets."""

    name = "host"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The parts of the word."""
        return value if isinstance(value, HostName) else host_name(str(value))


def host_name(text: str) -> HostName:
    """The parts of `[USER@]HOST[:PORT]`.

    Raises:
        UsageError: it has not that form, or the port is none.
    """
    found = _FORM.fullmatch(text) or _BARE_SIX.fullmatch(text)
    parts = found.groupdict() if found else {}
    host = parts.get("host") or parts.get("six") or ""
    port = int(parts["port"]) if parts.get("port") else None
    if (
        not host
        or host.startswith("-")
        or (port is not None and port not in _PORTS)
        or not text.isprintable()
    ):
        raise UsageError(
            f"“{text}” is not [USER@]HOST[:PORT]",
            hint="for example admin@192.0.2.7:2222 or [2001:db8::7]:2222",
        )
    return HostName(user=parts.get("user") or "", host=host, port=port)
