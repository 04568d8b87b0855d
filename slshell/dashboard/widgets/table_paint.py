"""How one line of a table becomes a strip; text goes in as text, never as markup."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from slshell.dashboard import text
from slshell.dashboard.widgets.table_layout import GAP, GUTTER, Placed

Row = TypeVar("Row")
MARK = "✓ "
EVERY_COLUMN = "*"


class Variant(NamedTuple):
    """What is special about a line."""

    cursor: bool = False
    marked: bool = False
    flash: frozenset[str] = frozenset()
    """Ids of columns that have just changed, or EVERY_COLUMN."""


StyleOf = Callable[[str, Variant, bool], Style]
"""The style of a role in a line of some variant; the last argument tells whether the cell flashes."""


def paint_row(row: Row, placed: Sequence[Placed[Row]], width: int, variant: Variant, style: StyleOf) -> Strip:
    """One row as a strip of exactly `width` cells."""
    plain = style("", variant, False)
    segments = [Segment(MARK if variant.marked else " " * GUTTER, style("accent", variant, False))]
    for each in placed:
        column = each.column
        words = text.fit(text.clean(column.value(row)), each.width, "right" if column.right else "left")
        role = column.style(row) if column.style is not None else ""
        flash = bool(variant.flash) and (column.id in variant.flash or EVERY_COLUMN in variant.flash)
        segments.append(Segment(words, style(role, variant, flash)))
        segments.append(Segment(" " * GAP, plain))
    return Strip(segments).adjust_cell_length(width, plain)


def paint_header(
    placed: Sequence[Placed[Row]],
    width: int,
    sort_by: str,
    descending: bool,
    plain: Style,
    sorted_style: Style,
) -> Strip:
    """The titles; the column that rows are ordered by carries an arrow."""
    segments = [Segment(" " * GUTTER, plain)]
    for each in placed:
        title = each.column.title
        style = plain
        if each.column.id == sort_by:
            arrow = "▼" if descending else "▲"
            title = f"{title[: each.width - 1]}{arrow}"
            style = sorted_style
        segments.append(Segment(text.fit(title, each.width, "right" if each.column.right else "left"), style))
        segments.append(Segment(" " * GAP, plain))
    return Strip(segments).adjust_cell_length(width, plain)


def paint_message(lines: Sequence[str], line: int, height: int, width: int, style: Style) -> Strip:
    """Line `line` of a message that stands centred in `height` lines."""
    top = max(0, (height - len(lines)) // 3)
    index = line - top
    words = text.fit(lines[index].center(width), width) if 0 <= index < len(lines) else ""
    return Strip([Segment(words, style)]).adjust_cell_length(width, style)
