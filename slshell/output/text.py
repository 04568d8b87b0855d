"""Text for people: made harmless, with human sizes and local times."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, direction marks, invisible characters and lone surrogates."""


def clean(text: str) -> str:
    """`text` on one line, with every character that could steer a terminal written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return _HOSTILE.sub(_visible, text)


def is_hostile(text: str) -> bool:
    """Whether `clean` would change something."""
    return _HOSTILE.search(text) is not None


def clean_json(text: str) -> str:
    """JSON with those characters as `\\uXXXX`, which reads back as the same data; newlines stay."""
    return _HOSTILE.sub(lambda match: match[0] if match[0] == "\n" else _json_escape(match[0]), text)


def as_text(value: Any) -> str:
    """A value of the data in a cell: nothing for None, JSON for what is nested. Not cleaned."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple, dict)):
        import msgspec

        return clean_json(msgspec.json.encode(value).decode())
    return str(value)


def human_size(amount: float, *, unit: int = 1) -> str:
    """`amount` times `unit` bytes as the tutorial's pages write it: `35.3G`, `968.4M`, `31G`."""
    size = float(amount) * unit
    for suffix in ("B", "K", "M", "G"):
        if abs(size) < 1024:
            return _short(size, suffix)
        size /= 1024
    return _short(size, "T")


def human_time(moment: datetime, now: datetime | None = None) -> str:
    """A moment in local time: the clock alone when it is today, with the date otherwise."""
    local = moment.astimezone()
    today = (now or datetime.now(UTC)).astimezone().date()
    return local.strftime("%H:%M:%S" if local.date() == today else "%Y-%m-%d %H:%M")


def human_span(seconds: float) -> str:
    """A span of time: `8 s`, `3 min`, `2 h 05 min`, `4 d 3 h`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def width_of(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    width = wcswidth(text)
    return width if width >= 0 else len(text)


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns, with `…` where something was left out."""
    if width_of(text) <= width:
        return text
    kept = ""
    for character in text:
        if width_of(kept + character) > width - 1:
            break
        kept += character
    return kept + "…"


def _short(size: float, suffix: str) -> str:
    text = f"{size:.1f}".removesuffix(".0")
    return text + suffix


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))
