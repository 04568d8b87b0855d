"""Public keys for machines: given, found in ~/.ssh, or slshell's own pair."""

from __future__ import annotations

import base64
import binascii
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slshell.client.profiles import config_folder, home_folder
from slshell.model.errors import UsageError

PUBLIC_NAMES = ("id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub")
OWN_NAME = "id_ed25519"
ALGORITHMS = frozenset(
    {
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    }
)
LARGEST_FILE = 64 * 1024
"""A file of public keys that is larger was named by mistake."""
_PRIVATE = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----|PuTTY-User-Key-File")


@dataclass(frozen=True, kw_only=True)
class PublicKeys:
    """Keys to give to a machine, one line each, and what to tell the user about where they are from."""

    lines: tuple[str, ...]
    notice: str = ""


def public_keys(
    given: Sequence[Path], *, setting: str = "", environ: Mapping[str, str] | None = None
) -> PublicKeys:
    """The keys to use: `given` files, STRATUSLAB_KEY, the setting, ~/.ssh, else slshell's own pair.

    Raises:
        UsageError: a named file is missing, broken, or a private key.
    """
    environ = os.environ if environ is None else environ
    named = list(given)
    if not named and (variable := environ.get("STRATUSLAB_KEY")):
        named = [Path(variable)]
    if not named and setting:
        named = [Path(setting)]
    if named:
        lines = [line for path in named for line in read_public(_expanded(path, environ))]
        return PublicKeys(lines=tuple(dict.fromkeys(lines)))
    for name in PUBLIC_NAMES:
        path = home_folder(environ) / ".ssh" / name
        if path.is_file():
            return PublicKeys(lines=tuple(read_public(path)))
    made = not own_key(environ).exists()
    private = make_own_key(environ)
    notice = f"no SSH key was found in ~/.ssh: slshell made its own, {private}" if made else ""
    return PublicKeys(lines=tuple(read_public(private.with_suffix(".pub"))), notice=notice)


def read_public(path: Path) -> list[str]:
    """The public keys in a file, one line each.

    Raises:
        UsageError: it cannot be read, is a private key, or has a line that is no public key.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise UsageError(
            f"the key {path} cannot be read: {error.strerror}", hint="name a .pub file"
        ) from error
    text = data.decode("utf-8", "replace")
    if _PRIVATE.search(text):
        raise UsageError(
            f"{path} is a private key; it is not sent anywhere",
            hint=f"name the public one, usually {path}.pub (ssh-keygen -y -f {path} prints it)",
        )
    lines = [line.strip() for line in text.splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys or len(data) > LARGEST_FILE:
        raise UsageError(f"{path} holds no public key", hint="name a file such as ~/.ssh/id_ed25519.pub")
    for line in keys:
        if not is_public_key(line):
            raise UsageError(
                f"{path} has a line that is not a public key",
                hint="a key is one line: its kind, its base64 text and a remark",
            )
    return keys


def is_public_key(line: str) -> bool:
    """Whether `line` is `kind base64 [remark]` with a known kind that the base64 text repeats."""
    parts = line.split(None, 2)
    if len(parts) < 2 or parts[0] not in ALGORITHMS or not line.isprintable():
        return False
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except binascii.Error:
        return False
    kind = parts[0].encode()
    return blob.startswith(len(kind).to_bytes(4, "big") + kind) and len(blob) > len(kind) + 8


def own_key(environ: Mapping[str, str] | None = None) -> Path:
    """Where slshell's own private key is, made or not."""
    return config_folder(environ) / OWN_NAME


def make_own_key(environ: Mapping[str, str] | None = None) -> Path:
    """slshell's own private key (mode 0600), made with its `.pub` when it is missing.

    Raises:
        UsageError: the configuration folder cannot be written.
    """
    private = own_key(environ)
    public = private.with_suffix(".pub")
    try:
        private.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not private.exists():
            _put_new(private, _new_private(), 0o600)
        if not public.exists():
            _put_new(public, _public_of(private.read_bytes()), 0o644)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"slshell's own key {private} cannot be made or read: {error}",
            hint="name a public key with --key, or set SLSHELL_CONFIG to a folder that you may write to",
        ) from error
    return private


def private_keys(environ: Mapping[str, str] | None = None) -> list[Path]:
    """Private key files to try for a session, in order: ~/.ssh, then slshell's own."""
    folder = home_folder(environ) / ".ssh"
    names = [folder / name.removesuffix(".pub") for name in PUBLIC_NAMES]
    return [path for path in (*names, own_key(environ)) if path.is_file()]


def _expanded(path: Path, environ: Mapping[str, str]) -> Path:
    parts = path.parts
    return home_folder(environ).joinpath(*parts[1:]) if parts and parts[0] == "~" else path


def _put_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole under its name, unless another process was first; then leave that one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)
        except FileExistsError:
            return
    finally:
        Path(name).unlink()


def _new_private() -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def _public_of(private: bytes) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

    key = load_ssh_private_key(private, password=None)
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b" slshell\n"
