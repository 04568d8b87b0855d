"""Lists of known hosts as OpenSSH keeps them: read, and never rewritten."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate
from pathlib import Path

import paramiko

from slshell.client.profiles import config_folder, home_folder
from slshell.model.errors import UsageError

SYSTEM = (Path("/etc/ssh/ssh_known_hosts"), Path("/etc/ssh/ssh_known_hosts2"))
OWN_NAME = "known_hosts"


class Marker(StrEnum):
    """What a line says of its key."""

    NONE = ""
    REVOKED = "@revoked"
    AUTHORITY = "@cert-authority"


@dataclass(frozen=True, kw_only=True)
class KnownKey:
    """One line of a list that is about the host in question."""

    file: Path
    line: int
    marker: Marker
    kind: str
    blob: bytes

    @property
    def place(self) -> str:
        """`FILE, line N`."""
        return f"{self.file}, line {self.line}"

    @property
    def fingerprint(self) -> str:
        """As OpenSSH prints it."""
        digest = base64.b64encode(hashlib.sha256(self.blob).digest()).decode()
        return "SHA256:" + digest.rstrip("=")


def own_list(environ: Mapping[str, str] | None = None) -> Path:
    """slshell's own list, where answers are remembered; it need not exist."""
    return config_folder(environ) / OWN_NAME


def lists(environ: Mapping[str, str] | None = None, *, instead: Sequence[Path] | None = None) -> list[Path]:
    """All lists there may be, the user's own first, or those that are to be read `instead` of them."""
    folder = home_folder(environ) / ".ssh"
    users = [folder / "known_hosts", folder / "known_hosts2"] if instead is None else instead
    return [*users, own_list(environ), *SYSTEM]


def known_name(host: str, port: int) -> str:
    """The name of a host in such a list."""
    name = host.lower()
    return name if port == 22 else f"[{name}]:{port}"


def keys_of(name: str, files: Iterable[Path]) -> list[KnownKey]:
    """What the lists say of a name that `known_name` made.

    Raises:
        UsageError: a list is there and cannot be read.
    """
    found: list[KnownKey] = []
    for path in files:
        try:
            lines = path.read_bytes().split(b"\n")
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise UsageError(
                f"the list of known hosts {path} cannot be read: {error.strerror}",
                hint="make it readable; without it nobody can tell whether the host is the right one",
            ) from error
        for number, line in enumerate(lines, 1):
            key = _read(line.decode("utf-8", "replace"), name, path, number)
            if key is not None:
                found.append(key)
    return found


def remember(path: Path, name: str, key: paramiko.PKey) -> None:
    """Add a host to slshell's own list.

    Raises:
        UsageError: it cannot be written.
    """
    line = f"{name} {key.get_name()} {key.get_base64()}\n"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(line.encode())
    except OSError as error:
        raise UsageError(
            f"the host cannot be remembered in {path}: {error.strerror}", hint="make that file writable"
        ) from error


def _read(line: str, name: str, path: Path, number: int) -> KnownKey | None:
    """The key of a line that is about `name`; None for other lines and for those that say nothing."""
    words = line.split()
    marker = Marker.NONE
    if words and words[0].startswith("@"):
        try:
            marker = Marker(words.pop(0))
        except ValueError:
            return None
    if len(words) < 3 or words[0].startswith("#") or not _is_about(words[0], name):
        return None
    try:
        blob = base64.b64decode(words[2], validate=True)
    except binascii.Error:
        return None
    return KnownKey(file=path, line=number, marker=marker, kind=words[1], blob=blob)


def _is_about(patterns: str, name: str) -> bool:
    """Whether one of the patterns between commas means `name`, and none that forbids it does."""
    if patterns.startswith("|"):
        return _is_hash_of(patterns, name)
    found = False
    for pattern in patterns.lower().split(","):
        forbids = pattern.startswith("!")
        if _fits(pattern.removeprefix("!"), name):
            if forbids:
                return False
            found = True
    return found


def _fits(pattern: str, name: str) -> bool:
    """Only `*` and `?` stand for others: brackets are part of a name with a port."""
    return re.match(translate(pattern.replace("[", "[[]")), name) is not None


def _is_hash_of(text: str, name: str) -> bool:
    parts = text.split("|")
    if len(parts) != 4 or parts[1] != "1":
        return False
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in parts[2:])
    except binascii.Error:
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), "sha1").digest(), digest)
