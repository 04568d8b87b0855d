"""Looking for text in history and screen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from slshell.terminal.cells import TAIL
from slshell.terminal.selection import Span, end_at, place_at, rows_from

if TYPE_CHECKING:
    from slshell.terminal.row import Row
    from slshell.terminal.screen import Screen


def find(screen: Screen, text: str, ignore_case: bool = True) -> list[Span]:
    """Where a text stands, oldest first, also over the end of a wrapped row; nothing for an empty text.

    It does not matter whether marks come with their characters as one or follow them.
    """
    text = unicodedata.normalize("NFC", text)
    pattern = re.compile(re.escape(text), re.IGNORECASE if ignore_case else 0)
    found: list[Span] = []
    for first, rows in _lines(screen) if text else ():
        cells = rows[0].text if len(rows) == 1 else "".join(row.text for row in rows)
        if cells.isascii():
            spans = [match.span() for match in pattern.finditer(cells)]
        else:
            spans = _spans(screen, cells, pattern)
        found += [Span(place_at(rows, first, start), end_at(rows, first, end)) for start, end in spans]
    return found


def _lines(screen: Screen) -> Iterator[tuple[int, Sequence[Row]]]:
    """The lines, each with the number of its first row and all rows that it is wrapped over."""
    first, rows = rows_from(screen, screen.oldest, screen.newest)
    start = 0
    for end, row in enumerate(rows, 1):
        if not row.wrapped or end == len(rows):
            yield first + start, rows[start:end]
            start = end


def _spans(screen: Screen, cells: str, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    """Where a pattern matches in cells not all of one plain character, counted in cells, end exclusive."""
    texts = [unicodedata.normalize("NFC", screen.clusters.text(cell)) for cell in cells]
    text = "".join(texts)
    if not pattern.search(text):
        return []
    ends = list(accumulate(map(len, texts)))
    cell_of = [place for place, text in enumerate(texts) for _ in text]
    spans, position = [], 0
    while match := pattern.search(text, position):
        start, last = cell_of[match.start()], cell_of[match.end() - 1]
        if match.start() == ends[start] - len(texts[start]) and match.end() == ends[last]:
            spans.append((start, last + 1 + (cells[last + 1 : last + 2] == TAIL)))
            position = match.end()
        else:
            position = match.start() + 1
    return spans
