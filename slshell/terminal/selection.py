"""Parts of history and screen: what is between two places, and the word or the line around one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from slshell.terminal.cells import TAIL

if TYPE_CHECKING:
    from slshell.terminal.row import Row
    from slshell.terminal.screen import Screen

_WORDS = re.compile(r"[\w./~:@%+#?&=,$-]+")
"""What a double click takes as one: words, paths, addresses, numbers with units."""


class Place(NamedTuple):
    """A cell: the number of its row and its column, both from 0.

    Rows are numbered from the first one that the terminal ever had, so a row keeps its number while new ones
    come and old ones are forgotten; only another width numbers them anew.
    """

    line: int
    column: int


class Span(NamedTuple):
    """All cells from `start` up to, not including, `end`, in the order of reading."""

    start: Place
    end: Place


def rows_from(screen: Screen, first: int, last: int) -> tuple[int, list[Row]]:
    """The rows with numbers from `first` to `last` that are still there, and the number of the first one."""
    first, last = max(first, screen.oldest), min(last, screen.newest)
    shown = screen.page.rows
    history = screen.history
    skipped = first - screen.oldest
    rows: list[Row] = []
    if skipped < len(history):
        # From the end of a deque its newest rows are near, and they are what is asked for most.
        ending = min(last + 1 - screen.oldest, len(history))
        rows = [history[place] for place in range(skipped, ending)]
    rows += shown[max(first - screen.scrolled, 0) : max(last + 1 - screen.scrolled, 0)]
    return first, rows


def text_between(screen: Screen, start: Place, end: Place, block: bool = False) -> str:
    """The text of the cells between two places, whichever comes first; a `block` has the columns between.

    Wrapped lines come whole, a wide character also where only half of it is between, and the blanks that
    follow upon the last character of a line not at all.
    """
    start, end = sorted((start, end))
    if block:
        left, right = sorted((start.column, end.column))
        _, rows = rows_from(screen, start.line, end.line)
        return "\n".join(_piece(screen, row, left, right).rstrip(" ") for row in rows)
    first, rows = rows_from(screen, start.line, end.line)
    lines: list[str] = []
    line = ""
    for number, row in enumerate(rows, first):
        is_last = number == end.line
        left = start.column if number == start.line else 0
        right = end.column if is_last else len(row.text)
        line += _piece(screen, row, left, right)
        if not row.wrapped:
            line = line if row.text[right:].strip(" ") else line.rstrip(" ")
            lines.append(line if is_last else f"{line}\n")
            line = ""
    return "".join([*lines, line])


def word_around(screen: Screen, place: Place) -> Span:
    """The word, path or address that a cell belongs to, also over the end of a row; else the cell alone."""
    first, rows = _line_around(screen, place.line)
    if not rows:
        return Span(place, place)
    cells = "".join(row.text for row in rows)
    # Second halves and marked characters are taken for what they belong to.
    text = "".join(screen.clusters.text(cell)[:1] or "\0" for cell in cells)
    text = re.sub(r"(\w)\0", r"\1_", text)
    offset = sum(len(row.text) for row in rows[: place.line - first]) + place.column
    inside = place.column < len(rows[place.line - first].text)
    for found in _WORDS.finditer(text) if inside else ():
        if found.start() <= offset < found.end():
            return Span(place_at(rows, first, found.start()), end_at(rows, first, found.end()))
    column = place.column
    if inside and cells[offset] == TAIL:
        column -= 1
    wide = (
        column + 1 < len(rows[place.line - first].text) and cells[offset - place.column + column + 1] == TAIL
    )
    return Span(Place(place.line, column), Place(place.line, column + 1 + wide))


def line_around(screen: Screen, number: int) -> Span:
    """The whole line that a row belongs to, with the rows that it is wrapped over."""
    first, rows = _line_around(screen, number)
    if not rows:
        return Span(Place(number, 0), Place(number, 0))
    return Span(Place(first, 0), Place(first + len(rows) - 1, screen.columns))


def _line_around(screen: Screen, number: int) -> tuple[int, list[Row]]:
    if not screen.oldest <= number <= screen.newest:
        return number, []
    first = last = number
    while first > screen.oldest and row_at(screen, first - 1).wrapped:
        first -= 1
    while last < screen.newest and row_at(screen, last).wrapped:
        last += 1
    return rows_from(screen, first, last)


def row_at(screen: Screen, number: int) -> Row:
    """The row with a number from `oldest` to `newest`."""
    if number >= screen.scrolled:
        return screen.page.rows[number - screen.scrolled]
    return screen.history[number - screen.oldest]


def place_at(rows: Sequence[Row], first: int, offset: int) -> Place:
    """The place of the cell that many cells into a line, whose first row has the number `first`."""
    for number, row in enumerate(rows[:-1], first):
        if offset < len(row.text):
            return Place(number, offset)
        offset -= len(row.text)
    return Place(first + len(rows) - 1, offset)


def end_at(rows: Sequence[Row], first: int, offset: int) -> Place:
    """The place behind the cell before that many cells of a line: in the row of that cell."""
    line, column = place_at(rows, first, offset - 1)
    return Place(line, column + 1)


def _piece(screen: Screen, row: Row, left: int, right: int) -> str:
    """The text in some columns, with the whole of the characters that the edges go through."""
    text = row.text
    if text[left : left + 1] == TAIL:
        left -= 1
    return screen.clusters.plain(text[left:right]) if left < right else ""
