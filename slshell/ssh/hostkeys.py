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
