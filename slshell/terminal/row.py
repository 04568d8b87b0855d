"""One row of cells: a string of characters and a string of style codes, both as short as they can be.

What lies beyond the end of `text` is blank, what lies beyond the end of `styles` is plain; so a row of plain
text costs little more than its text, on the screen and in the history alike.
"""

from __future__ import annotations

from slshell.terminal.cells import TAIL
from slshell.terminal.style import PLAIN

NORMAL = 0
DOUBLE_WIDTH = 1
DOUBLE_TOP = 2
DOUBLE_BOTTOM = 3


class Row:
    """A row; `wrapped` says that the next one goes on with the same line."""

    __slots__ = ("size", "styles", "text", "wrapped")

    def __init__(self, text: str = "", styles: str = "") -> None:
        self.text = text
        self.styles = styles
        self.wrapped = False
        self.size = NORMAL

    @property
    def is_untouched(self) -> bool:
        """Whether the row is as a new one."""
        return not (self.text or self.styles or self.wrapped or self.size)

    def put(self, x: int, text: str, style: str) -> None:
        """Write cells from column x on; what stood there goes, with the other half of a wide character."""
        old = self.text
        end = x + len(text)
        if not old.isascii() and TAIL in old:
            old = _mended(old, x, end)
        length = len(old)
        if x < length:
            self.text = old[:x] + text + old[end:]
        elif x == length:
            self.text = old + text
        else:
            self.text = old.ljust(x) + text
        styles = self.styles
        if x < len(styles):
            self.styles = styles[:x] + style * len(text) + styles[end:]
        elif style != PLAIN:
            self.styles = styles.ljust(x, PLAIN) + style * len(text)

    def erase(self, x: int, end: int, style: str) -> None:
        """Blank the columns from x up to, not including, `end`."""
        if style != PLAIN or end < len(self.text):
            self.put(x, " " * (end - x), style)
        elif x < len(self.text):
            text = self.text
            self.text = _mended(text, x, end)[:x] if not text.isascii() and TAIL in text else text[:x]
            self.styles = self.styles[:x]

    def insert(self, x: int, count: int, limit: int, style: str) -> None:
        """Move what is from x on to the right by `count` columns; it falls off at `limit`."""
        count = min(count, limit - x)
        if x >= len(self.text) and style == PLAIN:
            return
        kept = limit - count
        text = _mended(_mended(self.text, x, limit), kept, kept).ljust(limit)
        styles = self.styles.ljust(limit, PLAIN)
        self.text = text[:x] + " " * count + text[x:kept] + text[limit:]
        self.styles = styles[:x] + style * count + styles[x:kept] + styles[limit:]

    def delete(self, x: int, count: int, limit: int, style: str) -> None:
        """Take `count` columns out from x on; blanks come in at `limit`."""
        count = min(count, limit - x)
        if x >= len(self.text) and style == PLAIN:
            return
        text = _mended(_mended(self.text, x, x + count), limit, limit).ljust(limit)
        styles = self.styles.ljust(limit, PLAIN)
        self.text = text[:x] + text[x + count : limit] + " " * count + text[limit:]
        self.styles = styles[:x] + styles[x + count : limit] + style * count + styles[limit:]

    def cut(self, x: int, end: int) -> tuple[str, str]:
        """The cells and the styles of some columns, whole characters only, both of full length."""
        text = _mended(self.text, x, end)[x:end] if TAIL in self.text else self.text[x:end]
        return text.ljust(end - x), self.styles[x:end].ljust(end - x, PLAIN)

    def copy(self) -> Row:
        """Another row with the same cells."""
        made = Row(self.text, self.styles)
        made.wrapped, made.size = self.wrapped, self.size
        return made


def _mended(text: str, x: int, end: int) -> str:
    """The text with blanks for the wide characters that the two cuts, before x and before end, go through."""
    if 0 < x < len(text) and text[x] == TAIL:
        text = f"{text[: x - 1]}  {text[x + 1 :]}"
    if 0 < end < len(text) and text[end] == TAIL:
        text = f"{text[: end - 1]}  {text[end + 1 :]}"
    return text
