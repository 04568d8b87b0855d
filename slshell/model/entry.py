"""Entries of the catalogue: who vouches for an image, what they say of it, and where it is to be had."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from slshell.model.appliance import Appliance


class Standing(StrEnum):
    """Which entries a search answers, by what time and their endorsers have made of them."""

    VALID = "valid"
    EXPIRED = "expired"
    DEPRECATED = "deprecated"
    ALL = "all"


class CatalogueEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One endorsement of an image. Identifier, endorser and `endorsed_at` name it; it never changes.

    Sizes and checksums are of the uncompressed image. A text that is empty was not given.
    """

    identifier: str
    endorser: str
    """The e-mail address that the signature vouches for."""
    endorsed_at: datetime
    size_bytes: int
    checksums: dict[str, str]
    """Lower-case hex by algorithm: MD5, SHA-1, SHA-256, SHA-512."""
    status: str = ""
    """valid, expired or deprecated, at the moment of the answer."""
    latest: bool = True
    """Whether its endorser has said nothing newer of this image."""
    source: str = ""
    """The marketplace that it was read from; empty: it was uploaded here."""
    title: str = ""
    description: str = ""
    kind: str = ""
    """machine or disk."""
    type: str = ""
    os: str = ""
    os_version: str = ""
    arch: str = ""
    version: str = ""
    tags: tuple[str, ...] = ()
    format: str = ""
    compression: str = ""
    locations: tuple[str, ...] = ()
    creator: str = ""
    publisher: str = ""
    created: datetime | None = None
    valid: datetime | None = None
    """When it expires."""
    deprecated: str | None = None
    """Why it should no longer be used; None when it may be."""
    subject: str = ""
    """Of the certificate that signed it."""
    fingerprint: str = ""
    """SHA-256 of that certificate."""
    algorithm: str = ""
    """Of the signature, for example rsa-sha256."""
    weak: bool = False
    """Signed with SHA-1."""
    allowed: bool | None = None
    """Whether the cloud's policy lets it run; None where that was not asked."""
    reason: str = ""
    """Why it does not."""

    @property
    def name(self) -> str:
        """What to call the image: its title, else its system, else its identifier."""
        return self.title or f"{self.os}-{self.os_version}".strip("-") or self.identifier


class ApplianceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one image: the appliance, and each entry about it, newest first."""

    appliance: Appliance
    entries: list[CatalogueEntry] = []


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Another marketplace whose entries are shown as well, and how old our copy of them is."""

    url: str
    entries: int = 0
    """How many of its entries are held."""
    fetched_at: datetime | None = None
    """When all of them were last known to be here; None: never yet."""
    checked_at: datetime | None = None
    """When it was last asked."""
    problem: str = ""
    """Why the last attempt failed, or what was wrong with some of its entries."""
