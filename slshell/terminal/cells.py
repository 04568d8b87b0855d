"""What one cell can hold: narrow and wide characters, and characters with marks upon them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache

TAIL = "\uffff"
"""Stands in the second cell of a wide character; never a character of its own."""

FIRST_CLUSTER = 0x100000
"""From here on a character of a row is the code of a cluster, or a character that no font has."""

MARKS = 8
"""Marks beyond so many on one character are dropped."""

_NARROW = (
    " -~\xa0-\xac\xae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038e-\u03a1\u03a3-\u0482\u048a-\u052f"
    "\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2190-\u2319\u2400-\u2426\u2500-\u25fc\u2800-\u28ff\ufffd"
)
_WIDE = "\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60"
PIECES = re.compile(f"([{_NARROW}]+)|([{_WIDE}]+)|(.)", re.DOTALL)
"""Cuts text into runs that surely have one cell a character, or two, and other characters one by one."""

SURELY_NARROW = re.compile(f"[{_NARROW}]+")
_JOINERS = "\u200d\ufe0e\ufe0f"


@lru_cache(4096)
def width(character: str) -> int:
    """Cells that a character takes: 1 or 2; 0 for a mark on the one before; -1 for one not to be shown."""
    # Imported when first needed: it takes long, and most text is narrow for sure.
    from wcwidth import wcwidth

    if character == TAIL:
        return -1
    cells = wcwidth(character)
    if cells == 0:
        is_mark = character in _JOINERS or unicodedata.category(character) in ("Mn", "Me", "Mc")
        return 0 if is_mark else -1
    if unicodedata.category(character) == "Cf":
        return -1
    return cells


class Clusters:
    """Characters with their marks, each cluster with a code: a character above `FIRST_CLUSTER`.

    When the table is full, `make_room` is called, which may call `keep`; but not again before many new
    clusters have come. Marks that find no room are dropped.
    """

    LIMIT = 60_000

    def __init__(self) -> None:
        self.make_room: Callable[[], None] = lambda: None
        self._texts: list[str] = []
        self._codes: dict[str, str] = {}
        self._new = 0

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def fullness(self) -> float:
        """How much of the room is taken: 1 is all."""
        return len(self._texts) / self.LIMIT

    def share(self, codes: Collection[str]) -> float:
        """How much of the room some codes take."""
        return len(codes) / self.LIMIT

    def text(self, character: str) -> str:
        """What stands in a cell of a row, as text: one character with its marks; nothing for a `TAIL`."""
        if character == TAIL:
            return ""
        place = ord(character) - FIRST_CLUSTER
        return self._texts[place] if place >= 0 else character

    def plain(self, row: str) -> str:
        """The text of a row of cells."""
        if row.isascii():
            return row
        if max(row) >= chr(FIRST_CLUSTER):
            return "".join(map(self.text, row))
        return row.replace(TAIL, "")

    def code(self, text: str) -> str:
        """The character that stands for a cluster in a row."""
        if len(text) == 1 and ord(text) < FIRST_CLUSTER:
            return text
        found = self._codes.get(text)
        if found is not None:
            return found
        self._new += 1
        if len(self._texts) >= self.LIMIT:
            if self._new > self.LIMIT // 8:
                self.make_room()
            if len(self._texts) >= self.LIMIT:
                return text[0] if ord(text[0]) < FIRST_CLUSTER else "\ufffd"
        found = self._codes[text] = chr(FIRST_CLUSTER + len(self._texts))
        self._texts.append(text)
        return found

    def marked(self, character: str, mark: str) -> str:
        """What stands in the cell after a mark came upon its character."""
        text = self.text(character)
        return character if len(text) > MARKS else self.code(text + mark)

    def keep(self, codes: Iterable[str]) -> dict[int, str]:
        """Forget all clusters but these; answers what `str.translate` needs to rewrite rows."""
        kept = sorted({code for code in codes if ord(code) >= FIRST_CLUSTER})
        self._new = 0
        self._texts = [self.text(code) for code in kept]
        changes = {ord(code): chr(FIRST_CLUSTER + place) for place, code in enumerate(kept)}
        self._codes = {text: chr(FIRST_CLUSTER + place) for place, text in enumerate(self._texts)}
        return changes
