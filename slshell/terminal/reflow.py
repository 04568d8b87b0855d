"""Another size for a screen: lines flow into the new width, and the cursor stays on its character."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from slshell.terminal import state
from slshell.terminal.cells import TAIL
from slshell.terminal.row import Row
from slshell.terminal.style import PLAIN

if TYPE_CHECKING:
    from slshell.terminal.screen import Screen


class Place(NamedTuple):
    """A row of all rows, history first, and a column that may lie one beyond the last."""

    row: int
    column: int


def resize(screen: Screen, columns: int, rows: int) -> None:
    """Give a screen another size; the main screen flows, the alternate one is cut or filled up."""
    if (columns, rows) == (screen.columns, screen.rows):
        return
    on_main = screen.page is screen.main
    saved = screen.main.saved
    if on_main:
        cursor = Place(screen.y, screen.x + screen.pending)
    else:
        cursor = Place(saved.y, saved.x) if saved else Place(0, 0)
    place = _resize_main(screen, cursor, columns, rows)
    screen.alternate.fit(columns, rows)
    _settle(screen, columns, rows)
    if on_main:
        screen.y, screen.x = place.row, min(place.column, columns - 1)
        screen.pending = screen.pending and place.column >= columns
    else:
        screen.x, screen.y = min(screen.x, columns - 1), min(screen.y, rows - 1)
        screen.pending = False
        if saved:
            screen.main.saved = saved._replace(x=min(place.column, columns - 1), y=place.row)


def cut(screen: Screen, columns: int, rows: int) -> None:
    """Give a screen another size at little cost: what is beyond it goes, but the cursor's row stays."""
    if (columns, rows) == (screen.columns, screen.rows):
        return
    above = max(screen.y - rows + 1, 0)
    if screen.page is screen.main:
        screen.history.extend(screen.main.rows[:above])
        screen.scrolled += above
    del screen.page.rows[:above]
    screen.main.fit(columns, rows)
    screen.alternate.fit(columns, rows)
    _settle(screen, columns, rows)
    screen.x, screen.y = min(screen.x, columns - 1), screen.y - above
    screen.pending = False


def _settle(screen: Screen, columns: int, rows: int) -> None:
    """Margins become the edges, and new columns get tab stops."""
    screen.tabs = (screen.tabs + state.default_tabs(columns, len(screen.tabs)))[:columns]
    screen.columns, screen.rows = columns, rows
    screen.full_margins()


def _resize_main(screen: Screen, cursor: Place, columns: int, rows: int) -> Place:
    """Lay the main screen and its history out anew; answers where on the screen the cursor is then."""
    history, shown = screen.history, screen.main.rows
    filled = max((y for y, row in enumerate(shown) if row.styles or row.text.strip(" ")), default=0)
    used = max(filled, cursor.row) + 1
    everything = [*history, *shown[:used]]
    places = [Place(len(history) + cursor.row, cursor.column), Place(len(history), 0)]
    if columns != screen.columns:
        everything, places = flow(everything, places, columns)
    cursor, top = places
    first = max(len(everything) - rows, 0)
    if used < len(shown):
        first = max(first, min(top.row, cursor.row))
    screen.scrolled += first - len(history)
    screen.history = deque(everything[:first], maxlen=history.maxlen)
    screen.main.rows = everything[first:]
    screen.main.rows += [Row() for _ in range(rows - len(screen.main.rows))]
    return Place(max(cursor.row - first, 0), cursor.column)


def flow(rows: Sequence[Row], places: Sequence[Place], columns: int) -> tuple[list[Row], list[Place]]:
    """The rows laid out for another width, and where the places, the cursor's first, are then."""
    made: list[Row] = []
    moved = list(places)
    start = 0
    for end, row in enumerate(rows, 1):
        if row.wrapped and end < len(rows):
            continue
        line = rows[start:end]
        offsets = {
            number: sum(len(piece.text) for piece in rows[start : place.row]) + place.column
            for number, place in enumerate(places)
            if start <= place.row < end
        }
        pieces = _cut(line, columns, offsets.get(0, -1))
        for number, offset in offsets.items():
            moved[number] = _placed(pieces, offset, len(made))
        made += pieces
        start = end
    return made, moved


def _cut(line: Sequence[Row], columns: int, offset: int) -> list[Row]:
    """A line in rows of another width; blanks at its end are left out, but not before the cursor."""
    if len(line) == 1 and offset < 0 and len(line[0].text) <= columns and not line[0].size:
        line[0].wrapped = False
        return [line[0]]
    text = "".join(row.text for row in line)
    styles = "".join(row.styles.ljust(len(row.text), PLAIN) for row in line).rstrip(PLAIN)
    text = text[: max(len(text.rstrip(" ")), len(styles), min(offset, len(text)))]
    pieces: list[Row] = []
    start = 0
    while start < len(text) or not pieces:
        is_double = line[0].size and not pieces
        end = start + ((columns + 1) // 2 if is_double else columns)
        if text[end : end + 1] == TAIL:
            end -= 1
        if end == start:
            pieces.append(Row("\ufffd", styles[start : start + 1]))
            end = start + 2
        else:
            pieces.append(Row(text[start:end], styles[start:end]))
        pieces[-1].wrapped = True
        start = end
    pieces[-1].wrapped = False
    pieces[0].size = line[0].size
    return pieces


def _placed(pieces: Sequence[Row], offset: int, before: int) -> Place:
    """The row and column of the cell that many cells into a line."""
    for y, piece in enumerate(pieces[:-1]):
        if offset < len(piece.text):
            return Place(before + y, offset)
        offset -= len(piece.text)
    return Place(before + len(pieces) - 1, offset)
