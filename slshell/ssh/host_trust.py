"""Trust in a host that the cloud does not know: by the lists of known hosts, else by the user's word."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import paramiko

from slshell.model.errors import Conflict
from slshell.ssh.hostkeys import fingerprint
from slshell.ssh.known_hosts import KnownKey, Marker, keys_of, known_name, remember
from slshell.ssh.target import Target, Way


@dataclass(frozen=True, kw_only=True)
class UnknownHost:
    """A host that no list names, for the user to decide about."""

    name: str
    """As it stands in a list."""
    kind: str
    fingerprint: str
    remarks: tuple[str, ...]
    """What else is known, one line each."""


class HostTrust:
    """See `slshell.ssh.target.Trust`."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        files: Sequence[Path],
        own: Path,
        ask: Callable[[UnknownHost], None],
        pinned: str = "",
        known_as: str = "",
    ) -> None:
        """`files` are read; a host that the user agrees to is added to `own`.

        `ask` returns when the user agrees and raises otherwise. `pinned` is a fingerprint that decides
        instead of all lists, except for keys that they call revoked. `known_as` is its name in lists
        where that is another one.
        """
        self._name = known_as.lower() or known_name(host, port)
        self._files = files
        self._own = own
        self._ask = ask
        self._pinned = pinned

    def kinds(self) -> list[str]:
        """The kinds of key that the lists have of it."""
        return [key.kind for key in keys_of(self._name, self._files) if key.marker is Marker.NONE]

    def check(self, offered: paramiko.PKey) -> None:
        """See `Trust`; an unknown host is asked about and remembered."""
        blob, kind = offered.asbytes(), offered.get_name()
        known = keys_of(self._name, self._files)
        for key in known:
            if key.marker is Marker.REVOKED and key.blob == blob:
                raise self._refusal(offered, f"its host key {key.fingerprint} is revoked", key)
        if self._pinned:
            self._check_pin(offered)
            return
        plain = [key for key in known if key.marker is Marker.NONE]
        if any(key.blob == blob for key in plain):
            return
        for key in plain:
            if key.kind == kind:
                raise self._changed(offered, key)
        for key in known:
            if key.marker is Marker.AUTHORITY and not plain:
                raise self._refusal(
                    offered, "it is to show a certificate, which slshell cannot check", key,
                    hint="nothing was sent; use ssh, or name its key with --fingerprint",
                )  # fmt: skip
        others = tuple(f"{key.place} has a key of another kind for it, {key.kind}" for key in plain)
        self._ask(UnknownHost(name=self._name, kind=kind, fingerprint=fingerprint(offered), remarks=others))
        remember(self._own, self._name, offered)

    def _check_pin(self, offered: paramiko.PKey) -> None:
        if fingerprint(offered) != self._pinned:
            raise Conflict(
                f"the host key of {self._name} is {fingerprint(offered)}, not {self._pinned}",
                hint="nothing was sent; compare with what the host's owner tells you",
                details={"expected": self._pinned, "offered": fingerprint(offered)},
            )

    def _changed(self, offered: paramiko.PKey, key: KnownKey) -> Conflict:
        remedy = shlex.join(["ssh-keygen", "-R", self._name, "-f", str(key.file)])
        return self._refusal(
            offered,
            f"its {key.kind} host key is {fingerprint(offered)} and was {key.fingerprint}",
            key,
            hint=f"nothing was sent, for it may be another host; if it has a new key by right: {remedy}",
        )

    def _refusal(self, offered: paramiko.PKey, what: str, key: KnownKey, hint: str = "") -> Conflict:
        return Conflict(
            f"what answers as {self._name} is refused: {what} ({key.place})",
            hint=hint or "nothing was sent; ask the host's owner",
            details={
                "expected": key.fingerprint,
                "offered": fingerprint(offered),
                "file": str(key.file),
                "line": key.line,
            },
        )


def host_target(
    host: str,
    port: int,
    user: str,
    trust: HostTrust,
    *,
    address: str = "",
    way: Callable[[], Way] | None = None,
) -> Target:
    """A host that is not of the cloud; `address` where it is reached under another name."""
    return Target(
        label=f"host {host}",
        address=address or host,
        port=port,
        user=user,
        trust=trust,
        way=way,
        remedy="look whether its name and port are right and it is on",
        passwords=True,
    )
