"""Text of strangers made fit for a screen: no control codes, no reordering, known width in cells."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from functools import lru_cache

from rich.cells import cell_len, chop_cells

ELLIPSIS = "…"
_LONGEST = 4096
"""No cell shows more; what follows is cut before it costs time."""
_COMBINING_RUN = 3
"""Marks allowed on one letter: enough for every script in use, too few to climb over other lines."""


def clean(text: str) -> str:
    """`text` in one line with control codes shown as pictures and invisible or reordering marks taken out."""
    text = text[:_LONGEST]
    if text.isascii() and text.isprintable():
        return text
    return _cleaned(text)


@lru_cache(maxsize=4096)
def _cleaned(text: str) -> str:
    shown: list[str] = []
    run = 0
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        if category in ("Mn", "Me"):
            run += 1
            if run <= _COMBINING_RUN and shown and not 0xFE00 <= ord(character) <= 0xFE0F:
                shown.append(character)
            continue
        run = 0
        if category == "Cc":
            code = ord(character)
            shown.append(chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "�")
        elif category in ("Zl", "Zp", "Zs"):
            shown.append(" ")
        elif category == "Cs":
            shown.append("�")
        elif category != "Cf":
            shown.append(character)
    return "".join(shown)


def clean_lines(text: str, tab: int = 4) -> list[str]:
    """Lines of a log or console made harmless: escape sequences dropped, tabs widened, empty ends cut."""
    lines = [clean(_without_escapes(line).expandtabs(tab)) for line in text.replace("\r\n", "\n").split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _without_escapes(line: str) -> str:
    """A line as a printer leaves it: what follows the last carriage return, without CSI and OSC codes."""
    line = line.rstrip("\r").rpartition("\r")[2]
    if "\x1b" not in line:
        return line
    kept: list[str] = []
    position = 0
    while (start := line.find("\x1b", position)) >= 0:
        kept.append(line[position:start])
        position = _escape_end(line, start)
    kept.append(line[position:])
    return "".join(kept)


def _escape_end(line: str, start: int) -> int:
    """The index after the escape sequence that begins at `start`."""
    kind = line[start + 1 : start + 2]
    index = start + 2
    if kind == "[":
        while index < len(line) and not "@" <= line[index] <= "~":
            index += 1
        return min(index + 1, len(line))
    if kind == "]":
        while index < len(line) and line[index] not in "\x07\x1b":
            index += 1
        return min(index + (2 if line[index : index + 1] == "\x1b" else 1), len(line))
    while index <= len(line) and " " <= line[index - 1 : index] <= "/":
        index += 1
    return min(index, len(line))


def fit(text: str, width: int, align: str = "left") -> str:
    """`text`, already clean, cut with an ellipsis or padded to exactly `width` cells."""
    if width <= 0:
        return ""
    used = len(text) if text.isascii() else cell_len(text)
    if used > width:
        cut = "" if width == 1 else chop_cells(text, width - 1)[0] if text else ""
        cut = cut.rstrip() + ELLIPSIS
        return cut + " " * (width - cell_len(cut))
    padding = " " * (width - used)
    return padding + text if align == "right" else text + padding


def shortened(text: str, width: int) -> str:
    """`text` made clean, with an ellipsis in its middle where it takes more than `width` cells."""
    if len(text) > 2 * _LONGEST:
        text = text[:_LONGEST] + text[-_LONGEST:]
    words = clean(text) if len(text) <= _LONGEST else clean(text[:_LONGEST]) + clean(text[-_LONGEST:])
    if cell_len(words) <= width:
        return words
    if width <= 1:
        return ELLIPSIS[:width]
    end = words[-((width - 1) // 2) :] if width > 2 else ""
    while cell_len(end) > (width - 1) // 2:
        end = end[1:]
    return chop_cells(words[:width], width - 1 - cell_len(end))[0].rstrip() + ELLIPSIS + end.lstrip()


def duration(seconds: float) -> str:
    """A stretch of time in at most two units: `0.4 s`, `12 s`, `3 min`, `2 h 05`, `4 d 3 h`."""
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 10:
        return f"{minutes} min {rest:02d}"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02d}"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"


def age(since: datetime, now: datetime) -> str:
    """Time passed in one short word, coarse enough to change seldom: `now`, `40 s`, `3 min`, `2 h`, `4 d`."""
    seconds = int((now - since).total_seconds())
    if seconds < 5:
        return "now"
    if seconds < 60:
        return f"{seconds - seconds % 5} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 86_400:
        return f"{seconds // 3600} h"
    return f"{seconds // 86_400} d"


def size(number_of_bytes: float) -> str:
    """A size in binary units with three significant digits: `512 B`, `1.5 GiB`."""
    value = float(number_of_bytes)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(value) < 1000 or unit == "TiB":
            digits = 0 if unit == "B" or value >= 100 else 1
            text = f"{value:.{digits}f}"
            return f"{text.removesuffix('.0')} {unit}"
        value /= 1024
    return ""


def bar(share: float, width: int) -> str:
    """A bar of `width` cells filled to `share` (0 to 1), drawn in eighths."""
    share = min(1.0, max(0.0, share))
    eighths = round(share * width * 8)
    full, rest = divmod(eighths, 8)
    text = "█" * full + ("▏▎▍▌▋▊▉"[rest - 1] if rest else "")
    return text + " " * (width - len(text))
