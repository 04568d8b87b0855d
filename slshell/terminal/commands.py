"""Operating-system commands: titles, colours, links, the clipboard."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from slshell.terminal import palette
from slshell.terminal.palette import DYNAMIC, SPECIALS

if TYPE_CHECKING:
    from slshell.terminal.screen import Screen

LINK_LIMIT = 2083
COLORS_LIMIT = 512
"""Colours that one command may set or ask for."""

_COLORS = 256
_SELECTIONS = re.compile(r"[cpqs0-7]*")


def run(screen: Screen, text: str, terminator: str) -> None:
    """Do what a command says; unknown ones are passed over."""
    number, _, rest = text.partition(";")
    if not (number.isascii() and number.isdigit()) or len(number) > 4:
        return
    code = int(number)
    if code <= 2:
        screen.window.name(rest, window=code != 1, icon=code != 2)
    elif code in (4, 5):
        _palette(screen, rest, code, terminator)
    elif code in DYNAMIC:
        _dynamic(screen, rest, code, terminator)
    elif code in (104, 105):
        _reset_palette(screen, rest, code)
    elif code - 100 in DYNAMIC:
        screen.palette.dynamic.pop(code - 100, None)
    elif action := _OTHERS.get(code):
        action(screen, rest)


def _answer(screen: Screen, text: str, terminator: str) -> None:
    """Answer a command with one that ends as it did."""
    if terminator == "\x07":
        screen.answer(b"\x1b]", text, b"\x07")
    else:
        screen.answer_sequence("]", text)


def _palette(screen: Screen, text: str, code: int, terminator: str) -> None:
    """Set or tell places of the palette; special colours follow upon them, or have a command of their own."""
    parts = text.split(";")
    base = _COLORS if code == 5 else 0
    for name, value in islice(zip(parts[::2], parts[1::2], strict=False), COLORS_LIMIT):
        index = _index(name, base)
        if index is None:
            return
        if value == "?":
            _answer(
                screen, f"{code};{index - base};{palette.describe(screen.palette.color(index))}", terminator
            )
        elif (color := palette.parse(value)) is not None:
            screen.palette.colors[index] = color


def _index(text: str, base: int) -> int | None:
    if not (text.isascii() and text.isdigit()) or len(text) > 4:
        return None
    index = int(text) + base
    return index if index < _COLORS + SPECIALS else None


def _reset_palette(screen: Screen, text: str, code: int) -> None:
    base = _COLORS if code == 105 else 0
    if text.strip(";"):
        for part in text.split(";"):
            if (index := _index(part, base)) is not None:
                screen.palette.colors.pop(index, None)
    else:
        for index in [index for index in screen.palette.colors if (index >= _COLORS) == bool(base)]:
            del screen.palette.colors[index]


def _dynamic(screen: Screen, text: str, code: int, terminator: str) -> None:
    """Set or tell one of the dynamic colours, and with more parts those after it."""
    for number, value in zip(range(code, DYNAMIC.stop), text.split(";"), strict=False):
        if value == "?":
            color = screen.palette.dynamic_color(number)
            _answer(screen, f"{number};{palette.describe(color)}", terminator)
        elif (parsed := palette.parse(value)) is not None:
            screen.palette.dynamic[number] = parsed


def _link(screen: Screen, text: str) -> None:
    """OSC 8: what is written next is a link, or no longer one."""
    parameters, _, target = text.partition(";")
    found = [part[3:] for part in parameters.split(":") if part.startswith("id=")]
    if len(target) > LINK_LIMIT or (found and len(found[0]) > LINK_LIMIT):
        target, found = "", []
    style = screen.styles[screen.pen]
    link_id = found[0] if found and target else ""
    screen.pen = screen.styles.code(style._replace(link=target, link_id=link_id))


def _clipboard(screen: Screen, text: str) -> None:
    """OSC 52, if allowed at all: keep what is to be copied; what is told back is only what was set so."""
    which, _, data = text.partition(";")
    if not screen.allowed.clipboard or not _SELECTIONS.fullmatch(which):
        return
    if data == "?":
        if screen.clipboard is not None:
            screen.answer_sequence("]", f"52;{which or 's0'};{base64.b64encode(screen.clipboard).decode()}")
        return
    try:
        screen.clipboard = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        screen.clipboard = b""


_OTHERS: dict[int, Callable[[Screen, str], None]] = {8: _link, 52: _clipboard}
