"""Checksums as publishers write them: one for a file, or a list with a line for each file."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from slshell.model.errors import NotFound, UsageError

LARGEST_BYTES = 4 << 20
"""A list of checksums with ten thousand files has 1.5 MiB."""
_BITS = {128: "sha512", 96: "sha384", 64: "sha256"}
_ALGORITHMS = {"SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
_COREUTILS = re.compile(r"\\?([0-9a-fA-F]{64,128}) [ *](.+)")
_BSD = re.compile(r"(SHA256|SHA384|SHA512) ?\((.+)\) ?= ?([0-9a-fA-F]{64,128})")
_ALONE = re.compile(r"[0-9a-fA-F]{64,128}")


@dataclass(frozen=True)
class Checksum:
    """A digest in lower-case hex digits, and how it is made: sha256, sha384 or sha512."""

    algorithm: str
    digest: str

    def is_of(self, found: str) -> bool:
        """Whether a digest that was made with this algorithm is the same."""
        return hmac.compare_digest(self.digest, found)


def sha256_of(text: str) -> Checksum:
    """A SHA-256 that a user typed.

    Raises:
        UsageError: it is none.
    """
    digest = text.strip().lower()
    if re.fullmatch(r"[0-9a-f]{64}", digest) is None:
        raise UsageError(f"“{text[:80]}” is not a SHA-256", hint="it has 64 digits of 0–9 and a–f")
    return Checksum("sha256", digest)


def checksum_for(listing: str, name: str) -> Checksum:
    """The strongest checksum that a publisher's list gives for the file `name`.

    Taken are lines as coreutils writes them (`DIGEST  NAME`), as BSD does (`SHA256 (NAME) = DIGEST`), both
    also within a clear-signed message whose signature is not checked, and a digest alone for the only file.

    Raises:
        NotFound: there is none for it. UsageError: two lines of one kind contradict each other.
    """
    found: dict[str, set[str]] = {}
    lines = [line.strip() for line in listing.splitlines()]
    for line in lines:
        one = _read(line, name)
        if one is not None:
            found.setdefault(one.algorithm, set()).add(one.digest)
    stated = [line for line in lines if line and not line.startswith("#")]
    if not found and len(stated) == 1 and _ALONE.fullmatch(stated[0]) and len(stated[0]) in _BITS:
        return Checksum(_BITS[len(stated[0])], stated[0].lower())
    for algorithm in _BITS.values():
        digests = found.get(algorithm, set())
        if len(digests) > 1:
            raise UsageError(f"the list of checksums has several for {name[:80]}", hint="try again later")
        if digests:
            return Checksum(algorithm, digests.pop())
    raise NotFound(f"the list of checksums has none for {name[:80]}", hint="the publisher may have moved it")


def _read(line: str, name: str) -> Checksum | None:
    if match := _BSD.fullmatch(line):
        algorithm, stated, digest = _ALGORITHMS[match[1]], match[2], match[3]
    elif match := _COREUTILS.fullmatch(line):
        digest, stated = match[1], match[2]
        algorithm = _BITS.get(len(digest), "")
    else:
        return None
    if _BITS.get(len(digest)) != algorithm or stated.removeprefix("./") != name:
        return None
    return Checksum(algorithm, digest.lower())
