"""Host keys that the cloud handed over, so that nobody is trusted on first use."""

from __future__ import annotations

import base64
import hashlib

import paramiko
from paramiko.pkey import UnknownKeyType

from slshell.model.errors import Conflict


def parsed(line: str) -> paramiko.PKey:
    """The host key in `ssh-ed25519 AAAA… [remark]`.

    Raises:
        Conflict: it is empty or not a key, so that no connection can be checked.
    """
    parts = line.split()
    try:
        return paramiko.PKey.from_type_string(parts[0], base64.b64decode(parts[1], validate=True))
    except (IndexError, ValueError, paramiko.SSHException, UnknownKeyType) as error:
        raise Conflict(
            "the cloud has no valid host key of this machine, so a connection cannot be checked",
            hint="kill the machine and start another",
        ) from error


def fingerprint(key: paramiko.PKey) -> str:
    """The fingerprint as OpenSSH prints it: `SHA256:…`."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode()
    return "SHA256:" + digest.rstrip("=")


class CloudTrust:
    """Trusts the one key that the cloud gave a machine; see `slshell.ssh.target.Trust`."""

    def __init__(self, line: str, label: str, place: str) -> None:
        """`line` is the key as `parsed` reads it; `label` and `place` name the machine in errors."""
        self._line = line
        self._label = label
        self._place = place

    def kinds(self) -> list[str]:
        """The kind of that key."""
        return [parsed(self._line).get_name()]

    def check(self, offered: paramiko.PKey) -> None:
        """The key must be the very same."""
        expected = parsed(self._line)
        if offered == expected:
            return
        raise Conflict(
            f"what answers at {self._place} is not {self._label}: "
            f"its host key is {fingerprint(offered)}, the cloud gave the machine {fingerprint(expected)}",
            hint="nothing was sent; if you changed the host key inside the machine, put the cloud's back",
            details={"expected": fingerprint(expected), "offered": fingerprint(offered)},
        )
