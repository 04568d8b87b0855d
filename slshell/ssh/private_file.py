"""A private key in a file, locked by a passphrase or not."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko

from slshell.ssh.keys import LARGEST_FILE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.hazmat.primitives.serialization.ssh import SSHPrivateKeyTypes


class Unusable(Exception):
    """The file holds no private key that could be used; the text says why."""


class WrongPassphrase(Exception):
    """That passphrase does not unlock the key."""


class PrivateFile:
    """The key is read once; its passphrase is not kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.key: paramiko.PKey | None = None
        """Set once it is unlocked."""

    def load(self, passphrase: str | None = None) -> bool:
        """Read the key; False when it is locked and no passphrase was given.

        Raises:
            Unusable: it cannot be read or is no key. WrongPassphrase.
        """
        if self.key is not None:
            return True
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        secret = None if passphrase is None else passphrase.encode()
        loaded = _loaded(self._content(), secret)
        if loaded is None:
            return False
        kind = _kind_of(loaded)
        text = loaded.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
        self.key = kind.from_private_key(io.StringIO(text))
        certificate = Path(f"{self.path}-cert.pub")
        if certificate.is_file():
            try:
                self.key.load_certificate(str(certificate))
            except (ValueError, paramiko.SSHException) as error:
                raise Unusable(f"its certificate {certificate} is not one for it: {error}") from error
        return True

    def public(self) -> bytes:
        """The public half as it is beside the file; empty where it is not."""
        try:
            words = Path(f"{self.path}.pub").read_text(encoding="utf-8").split()
            return base64.b64decode(words[1], validate=True)
        except (OSError, IndexError, ValueError):
            return b""

    def _content(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
        except OSError as error:
            raise Unusable(error.strerror or str(error)) from error
        if len(data) > LARGEST_FILE:
            raise Unusable("it is too large for a key")
        return data


def _loaded(data: bytes, secret: bytes | None) -> SSHPrivateKeyTypes | PrivateKeyTypes | None:
    """The key as the library has it; None when it is locked and there is no secret."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    read = load_ssh_private_key if b"BEGIN OPENSSH PRIVATE KEY" in data else load_pem_private_key
    try:
        return read(data, secret)
    except TypeError:
        return None
    except (ValueError, UnsupportedAlgorithm) as error:
        if secret is not None:
            raise WrongPassphrase from error
        raise Unusable("it is not a private key of a kind that is known here") from error


def _kind_of(loaded: SSHPrivateKeyTypes | PrivateKeyTypes) -> type[paramiko.PKey]:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if isinstance(loaded, Ed25519PrivateKey):
        return paramiko.Ed25519Key
    if isinstance(loaded, EllipticCurvePrivateKey):
        return paramiko.ECDSAKey
    if isinstance(loaded, RSAPrivateKey):
        return paramiko.RSAKey
    raise Unusable("it is of a kind that is not known here")
