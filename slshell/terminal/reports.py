"""Answers to questions about the terminal: what it is, how it is, where the cursor is, which modes are on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slshell.terminal import motion
from slshell.terminal.motion import Numbers

if TYPE_CHECKING:
    from slshell.terminal.screen import Screen

NAME = "slshell(1)"
"""What XTVERSION answers."""

_ATTRIBUTES = {
    1: "1;2",
    2: "62;1;2;6;9;15;22;29",
    3: "63;1;2;6;9;15;22;29",
    4: "64;1;2;6;9;15;16;17;18;21;22;28;29",
    5: "65;1;2;6;9;15;16;17;18;21;22;28;29",
}
_MODELS = {1: 0, 2: 1, 3: 24, 4: 41, 5: 64}
_VERSION = 400
"""Programs compare this with versions of xterm; the features of one so new are there."""

_STATUS = {
    15: "?13", 25: "?20", 26: "?27;1;0;0", 53: "?50", 55: "?50", 56: "?57;0", 75: "?70", 85: "?83",
}  # fmt: skip
"""No printer, keys not locked, a North American keyboard, no locator, no errors, one session."""

_MODE_LEVEL = 3


def attributes(screen: Screen, numbers: Numbers) -> None:
    """DA1."""
    if numbers[0] <= 0:
        screen.answer_sequence("[", f"?{_ATTRIBUTES[screen.level]}c")


def identify(screen: Screen) -> None:
    """DECID."""
    attributes(screen, (0,))


def model(screen: Screen, numbers: Numbers) -> None:
    """DA2."""
    if numbers[0] <= 0:
        screen.answer_sequence("[", f">{_MODELS[screen.level]};{_VERSION};0c")


def unit(screen: Screen, numbers: Numbers) -> None:
    """DA3."""
    if numbers[0] <= 0:
        screen.answer_sequence("P", "!|00000000")


def version(screen: Screen, numbers: Numbers) -> None:
    """XTVERSION."""
    if numbers[0] <= 0:
        screen.answer_sequence("P", f">|{NAME}")


def parameters(screen: Screen, numbers: Numbers) -> None:
    """DECREQTPARM."""
    if numbers[0] <= 1:
        screen.answer_sequence("[", f"{max(numbers[0], 0) + 2};1;1;128;128;1;0x")


def status(screen: Screen, numbers: Numbers) -> None:
    """DSR: all is well, or where the cursor is."""
    if numbers[0] == 5:
        screen.answer_sequence("[", "0n")
    elif numbers[0] == 6:
        x, y = motion.position(screen)
        screen.answer_sequence("[", f"{y + 1};{x + 1}R")


def dec_status(screen: Screen, numbers: Numbers) -> None:
    """DSR in its private form."""
    kind = numbers[0]
    if kind == 6:
        x, y = motion.position(screen)
        page = ";1" if screen.level >= 4 else ""
        screen.answer_sequence("[", f"?{y + 1};{x + 1}{page}R")
    elif kind == 62:
        screen.answer_sequence("[", "0000*{")
    elif kind == 63:
        label = numbers[1] if len(numbers) > 1 else 0
        screen.answer_sequence("P", f"{max(label, 0)}!~0000")
    elif kind in _STATUS:
        screen.answer_sequence("[", f"{_STATUS[kind]}n")


def ansi_mode(screen: Screen, numbers: Numbers) -> None:
    """DECRQM."""
    if screen.level >= _MODE_LEVEL:
        number = max(numbers[0], 0)
        screen.answer_sequence("[", f"{number};{screen.modes.ansi_state(number)}$y")


def dec_mode(screen: Screen, numbers: Numbers) -> None:
    """DECRQM of a private mode."""
    if screen.level >= _MODE_LEVEL:
        number = max(numbers[0], 0)
        screen.answer_sequence("[", f"?{number};{screen.modes.dec_state(number)}$y")


def locator(screen: Screen, _numbers: Numbers) -> None:
    """DECRQLP: there is none."""
    screen.answer_sequence("[", "0&w")


def other_keys(screen: Screen, numbers: Numbers) -> None:
    """XTQMODKEYS."""
    if numbers[0] == 4:
        screen.answer_sequence("[", f">4;{screen.modes.modify_other_keys}m")


def presentation(screen: Screen, numbers: Numbers) -> None:
    """DECRQPSR: the state of the cursor, or the tab stops."""
    if numbers[0] == 1:
        screen.answer_sequence("P", f"1$u{_cursor_state(screen)}")
    elif numbers[0] == 2:
        stops = "/".join(str(x + 1) for x in range(screen.columns) if screen.tabs[x])
        screen.answer_sequence("P", f"2$u{stops}")


def _cursor_state(screen: Screen) -> str:
    """DECCIR: place, look, flags and character sets."""
    style = screen.styles[screen.pen]
    charsets = screen.charsets
    look = 0x40 | style.has(1) | bool(style.underline) << 1 | style.has(8) << 2 | style.has(16) << 3
    protected = 0x40 | style.has(256)
    single = charsets.single
    flags = 0x40 | screen.modes.origin | (single == 2) << 1 | (single == 3) << 2 | screen.pending << 3
    sizes = 0x40 | sum(name.startswith("96") << place for place, name in enumerate(charsets.sets))
    sets = "".join(name.removeprefix("96") for name in charsets.sets)
    marks = ";".join(map(chr, (look, protected, flags)))
    x, y = motion.position(screen)
    return f"{y + 1};{x + 1};1;{marks};{charsets.left};{charsets.right};{chr(sizes)};{sets}"
