"""Signed entries to test with."""

from __future__ import annotations

import functools
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from slshell.metadata import certificates, signature
from slshell.metadata.certificates import Signer
from slshell.metadata.document import Digest, Metadata, read, written
from slshell.model import ids

NOW = datetime.now(UTC).replace(microsecond=0)


@functools.cache
def signer(email: str = "ann@example.org") -> Signer:
    """An endorser's key, made once."""
    return certificates.make(email=email, name=email, kind="ec", days=30, now=NOW - timedelta(days=9))


def described(content: bytes, **facts: Any) -> Metadata:
    """Metadata of an image with this content."""
    sums = {
        Digest.SHA1: hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        Digest.SHA256: hashlib.sha256(content).hexdigest(),
    }
    known = {"title": "Image", "os": "debian", "os_version": "13", "arch": "x86_64", "kind": "machine"}
    return Metadata(
        identifier=ids.identifier_of(sums[Digest.SHA1]), size_bytes=len(content), checksums=sums,
        **(known | facts),
    )  # fmt: skip


def endorsed(
    content: bytes = b"image", *, email: str = "ann@example.org", when: datetime = NOW, **facts: Any
) -> bytes:
    """A signed document about an image."""
    return signature.sign(written(described(content, **facts)), signer(email), now=when)


def deprecated(document: bytes, reason: str = "a hole in it", *, when: datetime = NOW) -> bytes:
    """The next entry of the same endorser, which says that the image should not be used."""
    endorsement = read(document).endorsement
    assert endorsement is not None
    return signature.sign(document, signer(endorsement.email), now=when, deprecate=reason)
