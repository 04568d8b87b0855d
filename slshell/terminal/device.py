"""Device control strings: questions about settings and capabilities, tab stops to be restored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from slshell.terminal import sgr
from slshell.terminal import style as looks

if TYPE_CHECKING:
    from slshell.terminal.screen import Screen

NAMES_LIMIT = 64
_HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_CAPABILITIES = {
    "Co": "256",
    "colors": "256",
    "TN": "xterm-256color",
    "name": "xterm-256color",
    "RGB": "8/8/8",
}
_KEPT = ("$}", "$~", "*x")


def run(screen: Screen, parameters: str, intermediates: str, final: str, text: str) -> None:
    """Answer a string; those not known, pictures among them, are passed over."""
    if intermediates + final == "$q":
        _setting(screen, text)
    elif intermediates + final == "+q":
        _capabilities(screen, text)
    elif intermediates + final == "$t" and parameters == "2":
        _restore_tabs(screen, text)


def _setting(screen: Screen, name: str) -> None:
    """DECRQSS."""
    value = _value(screen, name)
    screen.answer_sequence("P", "0$r" if value is None else f"1$r{value}{name}")


def _value(screen: Screen, name: str) -> str | None:
    style = screen.styles[screen.pen]
    values = {
        "m": sgr.describe(style),
        "r": f"{screen.top + 1};{screen.bottom + 1}",
        "s": f"{screen.left + 1};{screen.right + 1}",
        "t": str(screen.rows),
        "*|": str(screen.rows),
        "$|": str(screen.columns),
        " q": str(screen.cursor_style),
        '"p': f"6{screen.level};{0 if screen.eight_bit else 1}",
        '"q': str(int(style.has(looks.PROTECTED))),
        ">m": f">4;{screen.modes.modify_other_keys}" if screen.modes.modify_other_keys else None,
    }
    if name in _KEPT:
        return str(screen.settings.get(name, 0))
    return values.get(name)


def _capabilities(screen: Screen, text: str) -> None:
    """XTGETTCAP: names, and values where known, as hexadecimal digits."""
    found = []
    for name in text.split(";")[:NAMES_LIMIT]:
        # What is told back goes where keys go, so nothing but digits may be in it.
        value = _CAPABILITIES.get(_text(name)) if _HEXADECIMAL.fullmatch(name) else None
        if value is None:
            break
        found.append(f"{name}={value.encode().hex().upper()}")
    screen.answer_sequence("P", f"1+r{';'.join(found)}" if found else "0+r")


def _text(digits: str) -> str:
    return bytes.fromhex(digits).decode("ascii", "replace")


def _restore_tabs(screen: Screen, text: str) -> None:
    """DECRSPS of tab stops."""
    screen.tabs = bytearray(screen.columns)
    for part in text.split("/")[: screen.columns]:
        if part.isascii() and part.isdigit() and len(part) < 6 and 0 < int(part) <= screen.columns:
            screen.tabs[int(part) - 1] = 1
