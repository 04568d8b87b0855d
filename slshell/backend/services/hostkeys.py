"""The SSH host key that the cloud makes for each instance and hands to clients."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class HostKey:
    """A key pair: `public` as one `ssh-ed25519 AAAA…` line, `private` in OpenSSH's PEM format."""

    public: str
    private: str


def make() -> HostKey:
    """A fresh ed25519 pair."""
    key = Ed25519PrivateKey.generate()
    return HostKey(
        public=key.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode(),
        private=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        ).decode(),
    )
