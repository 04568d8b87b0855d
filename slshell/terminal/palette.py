"""Colours that programs redefine and ask for: the palette, and those of text, background and cursor."""

from __future__ import annotations

import re

from slshell.terminal import colorspaces

NAMED = {
    "black": "#000000", "red": "#ff0000", "green": "#00ff00", "yellow": "#ffff00", "blue": "#0000ff",
    "magenta": "#ff00ff", "cyan": "#00ffff", "white": "#ffffff", "gray": "#bebebe", "grey": "#bebebe",
    "orange": "#ffa500", "purple": "#a020f0", "brown": "#a52a2a", "pink": "#ffc0cb", "navy": "#000080",
}  # fmt: skip
_RGB = re.compile(r"rgb:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})")
_HASH = re.compile(r"#((?:[0-9a-f]{3}){1,4})")
_SPACE = re.compile(r"([a-z]{4,6}):([-+0-9./]{5,36})")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_BASIC = (
    0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
    0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF,
)  # fmt: skip
SPECIALS = 8
DYNAMIC = range(10, 20)
"""Text, background, cursor, pointer and highlight, by the numbers of their commands."""

_DYNAMIC_DEFAULTS = {10: 0xE5E5E5, 12: 0xE5E5E5, 13: 0xE5E5E5, 17: 0xE5E5E5}


def default(index: int) -> int:
    """The usual colour, as 24 bits, of a place in the palette of 256."""
    if index < 16:
        return _BASIC[index]
    if index >= 232:
        level = 8 + 10 * (index - 232)
        return level << 16 | level << 8 | level
    red, green, blue = ((index - 16) // step % 6 for step in (36, 6, 1))
    return sum(
        (55 + 40 * level if level else 0) << shift for level, shift in ((red, 16), (green, 8), (blue, 0))
    )


def parse(text: str) -> int | None:
    """A colour as X11 writes it, as 24 bits; `None` if it is none."""
    text = NAMED.get(text.lower(), text.lower())
    if found := _RGB.fullmatch(text):
        parts = [int(part, 16) * 255 // ((1 << 4 * len(part)) - 1) for part in found.groups()]
    elif found := _HASH.fullmatch(text):
        digits = len(found[1]) // 3
        cut = [found[1][place : place + digits] for place in range(0, 3 * digits, digits)]
        parts = [int(part.ljust(2, "0")[:2], 16) for part in cut]
    elif found := _SPACE.fullmatch(text):
        return _in_space(found[1], found[2])
    else:
        return None
    red, green, blue = parts
    return red << 16 | green << 8 | blue


def _in_space(space: str, text: str) -> int | None:
    """A colour of three numbers, in a space that knows no device or as intensities of this one."""
    parts = text.split("/")
    if len(parts) != 3 or not all(map(_NUMBER.fullmatch, parts)):
        return None
    first, second, third = map(float, parts)
    if space == "rgbi":
        return colorspaces.shown((first, second, third))
    return colorspaces.color(space, (first, second, third))


def describe(color: int) -> str:
    """24 bits as X11 writes them, with 16 bits a part."""
    return "rgb:" + "/".join(f"{color >> shift & 255:02x}" * 2 for shift in (16, 8, 0))


class Palette:
    """What programs have set; the rest is the drawing side's choice, of which this knows the usual one."""

    def __init__(self) -> None:
        self.colors: dict[int, int] = {}
        """Places of the palette, 0 to 255, and the special ones after them."""
        self.dynamic: dict[int, int] = {}

    def color(self, index: int) -> int:
        """The colour at a place, or of a special kind."""
        return self.colors.get(index, default(index) if index < 256 else _DYNAMIC_DEFAULTS[10])

    def dynamic_color(self, number: int) -> int:
        """The colour of one of `DYNAMIC`."""
        return self.dynamic.get(number, _DYNAMIC_DEFAULTS.get(number, 0))
