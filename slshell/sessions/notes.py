"""What a session itself writes into its terminal, leaving no mode of a program that is gone behind."""

from __future__ import annotations

from slshell.terminal.screen import Screen

_MODES = (
    b"\x1b\\\x18"  # ends whatever sequence was cut off
    b"\x1b[!p"  # modes, margins, charsets and pen
    b"\x1b[?5;9;1000;1002;1003;1004;1005;1006;1015;2004;2026l"
    b"\x1b[>4m\x1b[0 q\x1b]8;;\x1b\\"
)
RESET = _MODES + b"\r\x1b[J"
"""Undoes what the last program has set; what is on the screen above the cursor stays."""


def write(screen: Screen, words: str) -> None:
    """Write a line of its own below what is there, with untrusted words made plain."""
    screen.feed(_MODES + (b"\x1b[?1049l" if screen.modes.alternate else b""))
    plain = "".join(each if each.isprintable() else " " for each in words)
    down = "\r\n" if screen.x else ""
    screen.feed(f"{down}\x1b[2K\x1b[2m── {plain} ──\x1b[m\r\n".encode())
