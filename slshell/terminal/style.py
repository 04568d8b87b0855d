"""How a cell looks, and the table that gives every look a one-character code."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

DEFAULT = -1
"""The colour that the drawing side chooses."""

RGB = 1 << 24
"""Set in a colour that holds 24 bits of red, green and blue instead of a place in the palette."""

BOLD = 1
DIM = 2
ITALIC = 4
BLINK = 8
REVERSE = 16
HIDDEN = 32
STRIKE = 64
OVERLINE = 128
PROTECTED = 256
"""Selective erasure leaves the cell alone; nothing to see."""

PLAIN = "\0"
"""The code of the style without any attribute."""


class Style(NamedTuple):
    """The look of a cell: colours (`DEFAULT`, 0 to 255, or `RGB` and 24 bits), attribute bits, link.

    `underline` is 0 for none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed.
    """

    foreground: int = DEFAULT
    background: int = DEFAULT
    attributes: int = 0
    underline: int = 0
    underline_color: int = DEFAULT
    link: str = ""
    link_id: str = ""

    def has(self, attribute: int) -> bool:
        """Whether an attribute bit is set."""
        return bool(self.attributes & attribute)

    def with_color(self, kind: int, color: int) -> Style:
        """The same look with another colour: of the text (38), the background (48) or the underline (58)."""
        if kind == 38:
            return self._replace(foreground=color)
        return self._replace(background=color) if kind == 48 else self._replace(underline_color=color)

    def with_bits(self, set_bits: int, clear_bits: int = 0) -> Style:
        """The same look with some attribute bits set and others cleared."""
        return self._replace(attributes=self.attributes & ~clear_bits | set_bits)


def rgb(color: int) -> tuple[int, int, int]:
    """Red, green and blue, each 0 to 255, of a colour with the `RGB` bit."""
    return color >> 16 & 255, color >> 8 & 255, color & 255


_ENOUGH_NEW = 1 / 8
"""Room is not made again before so much of the table was asked for."""


def _link_size(style: Style) -> int:
    return len(style.link) + len(style.link_id)


class Styles:
    """Every style in use, each with a code: a character, so that the styles of a row are a string.

    When the table is full, `make_room` is called, which may call `keep`; but not again before many new
    styles have come. Styles that find no room are `PLAIN`.
    """

    LIMIT = 50_000
    LINKS_LIMIT = 8 << 20
    """Characters of all links together."""

    def __init__(self) -> None:
        self.make_room: Callable[[], None] = lambda: None
        self.generation = 0
        """Goes up when codes get another meaning; what was kept by code is then worth nothing."""
        self._styles = [Style()]
        self._codes = {Style(): PLAIN}
        self._blanks: dict[str, str] = {}
        self._links = 0
        self._new = 0.0

    def __len__(self) -> int:
        return len(self._styles)

    def __getitem__(self, code: str) -> Style:
        """The style behind a code of this table."""
        return self._styles[ord(code)]

    def code(self, style: Style) -> str:
        """The code of a style, a new one if need be."""
        found = self._codes.get(style)
        if found is not None:
            return found
        link_size = _link_size(style) if style.link else 0
        self._new += max(1 / self.LIMIT, link_size / self.LINKS_LIMIT)
        if self.fullness >= 1:
            if self._new > _ENOUGH_NEW:
                self.make_room()
            if self.fullness >= 1:
                return PLAIN
        self._links += link_size
        found = self._codes[style] = chr(len(self._styles))
        self._styles.append(style)
        return found

    @property
    def fullness(self) -> float:
        """How much of the room is taken: 1 is all."""
        return max(len(self._styles) / self.LIMIT, self._links / self.LINKS_LIMIT)

    def share(self, codes: Collection[str]) -> float:
        """How much of the room some codes take."""
        links = sum(_link_size(self[code]) for code in codes) if self._links else 0
        return max(len(codes) / self.LIMIT, links / self.LINKS_LIMIT)

    def blank(self, code: str) -> str:
        """The code of a cell erased while this style was in use: its background alone."""
        found = self._blanks.get(code)
        if found is None:
            generation = self.generation
            found = self.code(Style(background=self[code].background))
            if generation == self.generation:
                self._blanks[code] = found
        return found

    def keep(self, codes: Iterable[str]) -> dict[int, str]:
        """Forget all styles but these; answers what `str.translate` needs to rewrite rows."""
        kept = sorted({PLAIN, *codes})
        changes = {ord(code): chr(place) for place, code in enumerate(kept)}
        self._styles = [self[code] for code in kept]
        self._codes = {style: chr(place) for place, style in enumerate(self._styles)}
        self._blanks.clear()
        self.generation += 1
        self._new = 0.0
        self._links = sum(map(_link_size, self._styles))
        return changes
