"""Image identifiers as the StratusLab marketplace makes them: SHA-1 in 27 characters of base 64."""

from __future__ import annotations

import re
import string

from slshell.model.errors import UsageError

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
LENGTH = 27
_BITS = 160
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_IDENTIFIER = re.compile(r"[A-P][A-Za-z0-9_-]{26}")


def is_identifier(text: str) -> bool:
    """True for 27 characters that some SHA-1 maps to."""
    return _IDENTIFIER.fullmatch(text) is not None


def identifier_of(sha1_hex: str) -> str:
    """The identifier of an image whose uncompressed content has this SHA-1 (40 hex digits).

    The digest is one big-endian number written in base 64, padded on the left with `A`.
    """
    if re.fullmatch(r"[0-9a-fA-F]{40}", sha1_hex) is None:
        raise UsageError(f"“{sha1_hex}” is not a SHA-1 in 40 hex digits")
    number = int(sha1_hex, 16)
    digits = []
    for _ in range(LENGTH):
        number, digit = divmod(number, 64)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def sha1_of(identifier: str) -> str:
    """The SHA-1 (40 hex digits) behind an identifier."""
    if not is_identifier(identifier):
        raise UsageError(
            f"“{identifier}” is not an image identifier",
            hint="an identifier has 27 characters of A–Z a–z 0–9 - _ and starts with A to P",
        )
    number = 0
    for character in identifier:
        number = number * 64 + _VALUE[character]
    return f"{number:0{_BITS // 4}x}"
