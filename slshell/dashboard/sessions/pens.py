"""Looks of the emulator's cells as styles of the screen, in the colours of the theme."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rich.color import Color
from rich.style import Style as RichStyle
from textual.color import Color as ThemeColor

from slshell.terminal.palette import Palette
from slshell.terminal.palette import default as usual_color
from slshell.terminal.style import (
    BLINK,
    BOLD,
    DEFAULT,
    DIM,
    ITALIC,
    OVERLINE,
    REVERSE,
    RGB,
    STRIKE,
    Style,
    rgb,
)

BASIC = 16
_DOUBLE = 2
_SAFE_LINK = re.compile(r"(https?|ftp|mailto):[!-~]+", re.ASCII)
_FOREGROUND, _BACKGROUND = 10, 11

NONE, SELECTED, MATCH, CURRENT, BLOCK, UNDERLINE, BAR, HOLLOW = range(8)
"""What may lie over a cell: nothing, a selection, a hit of a search, the chosen hit, and cursors."""


@dataclass(frozen=True)
class Inks:
    """The theme's part in the look of a terminal."""

    foreground: Color
    background: Color
    basic: tuple[Color, ...]
    """The first sixteen colours."""
    marks: dict[int, RichStyle] = field(default_factory=dict, hash=False)
    """What lies over cells that are selected or found."""
    colours: bool = True
    """False: the user wants none, attributes only."""
    text: dict[int, Color] = field(default_factory=dict, hash=False)
    """Instead of some of the first sixteen, for text on the theme's own background."""


def color(value: ThemeColor) -> Color:
    """A theme's colour as the terminal styles have it."""
    return Color.from_rgb(value.r, value.g, value.b)


class Pens:
    """Makes styles once for every look; another palette or theme makes them anew."""

    def __init__(self, inks: Inks, palette: Palette, *, reverse_video: bool = False) -> None:
        self.inks = inks
        self._palette = palette
        self._reversed = reverse_video
        self._known: dict[tuple[Style, int], RichStyle] = {}

    @property
    def blank(self) -> RichStyle:
        """The style of an untouched cell."""
        return self.pen(Style(), NONE)

    def pen(self, style: Style, over: int) -> RichStyle:
        """The style of a cell with something over it."""
        known = self._known.get((style, over))
        if known is None:
            known = self._known[style, over] = self._made(style, over)
        return known

    def _made(self, style: Style, over: int) -> RichStyle:
        swapped = style.has(REVERSE) ^ self._reversed ^ (over == BLOCK)
        made = RichStyle(
            color=self._text_color(style),
            bgcolor=self._color(style.background, _BACKGROUND),
            bold=style.has(BOLD),
            dim=style.has(DIM),
            italic=style.has(ITALIC),
            blink=style.has(BLINK),
            strike=style.has(STRIKE),
            overline=style.has(OVERLINE),
            underline=style.underline not in (0, _DOUBLE) or over in (UNDERLINE, HOLLOW),
            underline2=style.underline == _DOUBLE,
            link=style.link if _SAFE_LINK.fullmatch(style.link) else None,
        )
        if swapped:
            made += self._swapped(made)
        return made + self.inks.marks[over] if over in self.inks.marks else made

    def _swapped(self, made: RichStyle) -> RichStyle:
        named = made.color is not None and made.bgcolor is not None
        if named and not (made.color.is_default or made.bgcolor.is_default):  # type: ignore[union-attr]
            return RichStyle(color=made.bgcolor, bgcolor=made.color)
        return RichStyle(reverse=True)

    def _text_color(self, style: Style) -> Color | None:
        on_theme = style.background == DEFAULT and _BACKGROUND not in self._palette.dynamic
        replaced = self.inks.text.get(style.foreground) if on_theme and self.inks.colours else None
        if replaced is not None and style.foreground not in self._palette.colors:
            return replaced
        return self._color(style.foreground, _FOREGROUND)

    def _color(self, value: int, kind: int) -> Color | None:
        if not self.inks.colours:
            return None
        if value == DEFAULT:
            if kind in self._palette.dynamic:
                return _from_bits(self._palette.dynamic[kind])
            return self.inks.foreground if kind == _FOREGROUND else self.inks.background
        if value & RGB:
            return Color.from_rgb(*rgb(value))
        if value in self._palette.colors:
            return _from_bits(self._palette.colors[value])
        return self.inks.basic[value] if value < BASIC else _from_bits(usual_color(value))


def _from_bits(bits: int) -> Color:
    return Color.from_rgb(*rgb(bits))
