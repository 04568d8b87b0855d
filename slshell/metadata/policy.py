"""Trust as a policy: who may endorse what, and which entries may run at all."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from slshell.metadata.document import Metadata, Status
from slshell.model.errors import UsageError

if TYPE_CHECKING:
    from slshell.metadata.signature import Signed

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_SECTIONS = ("endorsers", "checksums", "images")
_STATUSES = ("unsigned", "expired", "deprecated", "sha1", "own")


class Lists(msgspec.Struct, frozen=True, kw_only=True):
    """A white and a black list; an empty one filters nothing."""

    white: frozenset[str] = frozenset()
    black: frozenset[str] = frozenset()


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What may run. An endorser is an e-mail address or the SHA-256 fingerprint of a certificate.

    An address in a self-made certificate is a claim: where nobody has confirmed it, list fingerprints.
    """

    endorsers: Lists = Lists()
    checksums: Lists = Lists()
    """Lower-case hex, any of the entry's algorithms."""
    images: Lists = Lists()
    """Identifiers."""
    unsigned: bool = False
    expired: bool = False
    deprecated: bool = False
    sha1: bool = True
    """Signatures made with SHA-1, as all of the original tools are."""
    own: bool | None = None
    """Images that nobody endorses and that were built or brought in here; None: unless there is a white list
    of endorsers, for they are on none."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as a policy sees it: what it says, and who is proved to have signed it."""

    metadata: Metadata
    email: str = ""
    """Of a signature that was verified; empty: unsigned."""
    fingerprint: str = ""
    """SHA-256 of the signer's certificate, 64 lower-case hex digits."""
    weak: bool = False
    """Signed with SHA-1."""

    @classmethod
    def of(cls, metadata: Metadata, signed: Signed | None) -> Entry:
        """The entry of a document that was examined."""
        if signed is None:
            return cls(metadata=metadata)
        return cls(
            metadata=signed.metadata, email=signed.email, fingerprint=signed.fingerprint, weak=signed.weak
        )

    @property
    def signed(self) -> bool:
        """Whether a verified signature stands behind it."""
        return bool(self.fingerprint)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an entry may run, and why not."""

    allowed: bool
    reason: str = ""
    """In words; empty when it is allowed."""


def decide(policy: Policy, entry: Entry, now: datetime) -> Verdict:
    """What the policy says of one entry at this moment. Black lists win over white ones."""
    metadata = entry.metadata
    status = metadata.status(now)
    reason = ""
    if not entry.signed and not policy.unsigned:
        reason = "nobody has signed it"
    elif entry.signed and entry.weak and not policy.sha1:
        reason = "its signature is made with SHA-1"
    elif status is Status.DEPRECATED and not policy.deprecated:
        reason = f"it is deprecated: {metadata.deprecated}" if metadata.deprecated else "it is deprecated"
    elif metadata.valid is not None and metadata.valid <= now and not policy.expired:
        reason = f"it expired on {metadata.valid:%Y-%m-%d}"
    else:
        reason = _listed(policy, entry)
    return Verdict(allowed=not reason, reason=reason)


def decide_own(policy: Policy, identifier: str, checksums: Iterable[str]) -> Verdict:
    """What the policy says of an image of one's own, which nobody endorses; `checksums` in hex."""
    if policy.own is False or (policy.own is None and policy.endorsers.white):
        return Verdict(allowed=False, reason="nobody has endorsed it")
    reason = _filtered(
        (policy.checksums, _folded(checksums), True, "its checksum is"),
        (policy.images, frozenset({identifier}), False, f"the image {identifier} is"),
    )
    return Verdict(allowed=not reason, reason=reason)


def survivors(policy: Policy, entries: Iterable[Entry], now: datetime) -> list[Entry]:
    """Those of several entries of one image that may run, in their order."""
    return [entry for entry in entries if decide(policy, entry, now).allowed]


def read_policy(text: str) -> Policy:
    """A policy file in the original's form: sections `endorsers`, `checksums` and `images` with keys that
    begin with `whitelist` or `blacklist`, one entry a line; and `[statuses]` with yes or no for `unsigned`,
    `expired`, `deprecated`, `sha1` and `own`.

    Raises:
        UsageError: it cannot be read; names the section and key.
    """
    parser = configparser.ConfigParser(interpolation=None, allow_no_value=True, strict=True)
    try:
        parser.read_string(text, "the policy")
    except configparser.Error as error:
        raise UsageError(f"the policy cannot be read: {error}", hint="see docs/metadata.md") from error
    found: dict[str, Any] = {}
    for section in parser.sections():
        if section in _SECTIONS:
            found[section] = _lists(section, parser[section])
        elif section == "statuses":
            found |= {key: _boolean(parser, key) for key in parser[section]}
        else:
            raise UsageError(
                f"the policy has no section [{section}]", hint=f"use {', '.join((*_SECTIONS, 'statuses'))}"
            )
    return Policy(**found)


def _listed(policy: Policy, entry: Entry) -> str:
    """The first list that speaks against an entry, in the original's order; empty when none does."""
    signers = _folded({entry.email, entry.fingerprint} - {""})
    sums = _folded(entry.metadata.checksums.values())
    image = {entry.metadata.identifier}
    who = entry.email or "nobody"
    return _filtered(
        (policy.endorsers, signers, True, f"its endorser ({who}) is"),
        (policy.checksums, sums, True, "its checksum is"),
        (policy.images, frozenset(image), False, f"the image {entry.metadata.identifier} is"),
    )


def _filtered(*filters: tuple[Lists, frozenset[str], bool, str]) -> str:
    """The first of these lists that speaks against its values; with True case does not matter."""
    for lists, values, folded, what in filters:
        white, black = (_folded(lists.white), _folded(lists.black)) if folded else (lists.white, lists.black)
        if white and not white & values:
            return f"{what} not on the white list"
        if black & values:
            return f"{what} on the black list"
    return ""


def _folded(values: Iterable[str]) -> frozenset[str]:
    return frozenset(value.lower() for value in values)


def _lists(section: str, keys: configparser.SectionProxy) -> Lists:
    found: dict[str, frozenset[str]] = {}
    for key, value in keys.items():
        colour = "white" if key.startswith("whitelist") else "black" if key.startswith("blacklist") else ""
        if not colour or colour in found:
            raise UsageError(
                f"the policy has “{key}” in [{section}]", hint="use one whitelist and one blacklist there"
            )
        found[colour] = frozenset(_entry(section, line) for line in (value or "").split())
    return Lists(**found)


def _entry(section: str, text: str) -> str:
    """One line of a list; a fingerprint may have colons and `SHA256:` before it."""
    if section != "endorsers":
        return text
    plain = text.lower().removeprefix("sha256:").replace(":", "")
    return plain if _FINGERPRINT.fullmatch(plain) else text


def _boolean(parser: configparser.ConfigParser, key: str) -> bool:
    if key not in _STATUSES:
        raise UsageError(f"the policy has “{key}” in [statuses]", hint=f"use {', '.join(_STATUSES)}")
    try:
        return parser.getboolean("statuses", key)
    except (ValueError, AttributeError) as error:
        raise UsageError(f"“{key}” in [statuses] is neither yes nor no") from error
