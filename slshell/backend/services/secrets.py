"""Hiding what is secret in what machines are told."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from slshell.model.context import UserDataPart

HIDDEN = "********"
_SECRET = re.compile(
    r"passw|passphrase|secret|token|credential|private|(api|access|auth)_?key|^pwd$|_pwd$", re.I
)
_PEM = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S)
_ASSIGNED = re.compile(
    r"(?im)^(.*?\b[\w-]*(?:passw\w*|passphrase|secret\w*|token|credentials?|api_?key|access_?key|pwd)\w*"
    r"[\"']?\s*[=:]\s*)(?![|>]\s*$)(\S.*)$"
)
_IN_ADDRESS = re.compile(r"(://[^/\s:@]+:)[^/\s@]+(@)")


def masked_variable(name: str, value: str) -> str:
    """A variable's value, hidden when its name says that it is secret."""
    if value and _SECRET.search(name):
        return HIDDEN
    return masked_text(value)


def masked_part(part: UserDataPart) -> UserDataPart:
    """The document with its secrets hidden and everything else as it is."""
    content = part.content
    for secret in sorted(set(_secrets_in(content)), key=len, reverse=True):
        content = content.replace(secret, HIDDEN)
    return UserDataPart(type=part.type, name=part.name, content=masked_text(content))


def masked_text(text: str) -> str:
    """Text with private keys, assignments to names that say so, and passwords in addresses hidden."""
    text = _PEM.sub(rf"\1 {HIDDEN} \2", text)
    text = _ASSIGNED.sub(rf"\g<1>{HIDDEN}", text)
    return _IN_ADDRESS.sub(rf"\g<1>{HIDDEN}\g<2>", text)


def _secrets_in(content: str) -> Iterator[str]:
    """The lines of secret values of a document that is a YAML mapping."""
    try:
        data = yaml.safe_load(content) if content.startswith("#") and not content.startswith("#!") else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    for value in _below(data, secret=False, seen=set()):
        # A value of one or two letters is in every other word as well; its line is hidden by its name.
        yield from (line.strip() for line in value.splitlines() if len(line.strip()) > 2)


def _below(data: object, *, secret: bool, seen: set[int]) -> Iterator[str]:
    if isinstance(data, dict | list):
        # An alias may name what it is in itself.
        if id(data) in seen:
            return
        seen.add(id(data))
    if isinstance(data, dict):
        for key, value in data.items():
            hides = _SECRET.search(str(key)) is not None or str(key) == "chpasswd"
            yield from _below(value, secret=secret or hides, seen=seen)
    elif isinstance(data, list):
        for value in data:
            yield from _below(value, secret=secret, seen=seen)
    elif secret and isinstance(data, str):
        yield data
