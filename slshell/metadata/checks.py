"""What must hold within an entry, beyond its shape; in the words of the original where it had some."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from slshell.metadata.document import Digest, Endorsement, Metadata
from slshell.metadata.xml import InvalidMetadata
from slshell.model.ids import is_identifier, sha1_of

DIGITS = {Digest.MD5: 32, Digest.SHA1: 40, Digest.SHA256: 64, Digest.SHA512: 128}
"""Hex digits of each checksum."""
KINDS = ("machine", "disk")
DISK_BUSES = ("ide", "scsi", "virtio")
SCHEMES = ("http", "https", "ftp", "pdisk")
LARGEST_PORT = 65535
LARGEST_ICMP = 255

_HEX = re.compile(r"[0-9a-f]*")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,31}")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]")


def is_email(text: str) -> bool:
    """Whether a text may be an endorser's address."""
    return _EMAIL.fullmatch(text) is not None


def problems(metadata: Metadata) -> list[str]:
    """All that is wrong with an entry, one sentence each; empty when it holds."""
    return [
        *_identity(metadata),
        *_words(metadata),
        *_numbers(metadata),
        *_addresses(metadata),
        *_endorser(metadata.endorsement),
    ]


def check(metadata: Metadata) -> None:
    """Do nothing for an entry that holds.

    Raises:
        InvalidMetadata: it does not; says the first reason, and all of them in `details`.
    """
    if found := problems(metadata):
        raise InvalidMetadata(found[0], details={"problems": found})


def _identity(metadata: Metadata) -> Iterator[str]:
    if not 1 <= metadata.size_bytes < 1 << 63:
        yield f"slreq:bytes value ({metadata.size_bytes}) is not the size of an image"
    for algorithm, value in metadata.checksums.items():
        if len(value) != DIGITS[algorithm] or _HEX.fullmatch(value) is None:
            yield f"the {algorithm} checksum ({value[:160]}) is not {DIGITS[algorithm]} hex digits"
    if not is_identifier(metadata.identifier):
        yield f"dcterms:identifier value ({metadata.identifier[:80]}) is not an image identifier"
        return
    stated, meant = metadata.checksums.get(Digest.SHA1, ""), sha1_of(metadata.identifier)
    if stated != meant:
        yield f"checksum from identifier ({meant}) and SHA-1 checksum ({stated[:80]}) are not consistent"


def _words(metadata: Metadata) -> Iterator[str]:
    choices = (
        ("slterms:kind", metadata.kind, KINDS),
        ("slterms:disks-bus", metadata.disks_bus, DISK_BUSES),
    )
    for name, value, allowed in choices:
        if value and value not in allowed:
            yield f"{name} value ({value[:40]}) is not one of {', '.join(allowed)}"
    words = (
        ("dcterms:format", metadata.format),
        ("dcterms:compression", metadata.compression),
        ("slterms:hypervisor", metadata.hypervisor),
    )
    for name, value in words:
        if value and _WORD.fullmatch(value) is None:
            yield f"{name} value ({value[:40]}) is not one word"
    others = (
        ("dcterms:isReplacedBy", metadata.is_replaced_by),
        ("dcterms:replaces", metadata.replaces),
        ("dcterms:isVersionOf", metadata.is_version_of),
    )
    for name, value in others:
        if value and not is_identifier(value):
            yield f"{name} value ({value[:80]}) is not an image identifier"


def _numbers(metadata: Metadata) -> Iterator[str]:
    ranges = (
        ("slterms:inbound-port", metadata.inbound_ports, LARGEST_PORT),
        ("slterms:outbound-port", metadata.outbound_ports, LARGEST_PORT),
        ("slterms:icmp", metadata.icmp, LARGEST_ICMP),
    )
    for name, values, largest in ranges:
        for value in values:
            if not 0 <= value <= largest:
                yield f"{name} value ({value}) is not in 0 to {largest}"
    if metadata.serial_number is not None and metadata.serial_number < 0:
        yield f"slterms:serial-number value ({metadata.serial_number}) is negative"


def _addresses(metadata: Metadata) -> Iterator[str]:
    for location in metadata.locations:
        if not _is_address(location):
            yield (
                f"slterms:location value ({location[:200]}) is not an address with one of the schemes "
                f"{', '.join(SCHEMES)}"
            )


def _is_address(text: str) -> bool:
    if _UNSAFE.search(text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in SCHEMES and bool(parts.netloc or (parts.scheme == "pdisk" and parts.path))


def _endorser(endorsement: Endorsement | None) -> Iterator[str]:
    if endorsement is None:
        return
    if not is_email(endorsement.email):
        yield f"slreq:email value ({endorsement.email[:80]}) is not an e-mail address"
    if not endorsement.subject:
        yield "slreq:subject is empty"
