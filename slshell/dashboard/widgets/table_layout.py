"""Which columns fit into a width, and how wide each is; a pure function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from slshell.dashboard.columns.base import Column

Row = TypeVar("Row")
GUTTER = 2
"""Cells before the first column, for the mark."""
GAP = 2
"""Cells between columns."""
_ALWAYS = 9


@dataclass(frozen=True)
class Placed(Generic[Row]):
    """A column at its place: `x` is its first cell in the table."""

    column: Column[Row]
    x: int
    width: int


def place(columns: Sequence[Column[Row]], width: int) -> tuple[Placed[Row], ...]:
    """Columns that fit into `width` cells, in order; spare width goes to flexible ones by their share."""
    kept = list(columns)
    for column in sorted(columns, key=lambda each: each.keep):
        if _needed(kept) <= width or column.keep >= _ALWAYS:
            break
        kept.remove(column)
    spare = max(0, width - _needed(kept))
    shares = sum(column.flex for column in kept)
    placed: list[Placed[Row]] = []
    x = GUTTER
    for column in kept:
        extra = spare * column.flex // shares if shares else 0
        spare -= extra
        shares -= column.flex
        room = min(column.width + extra, max(0, width - x))
        if room > 0:
            placed.append(Placed(column, x, room))
        x += room + GAP
    return tuple(placed)


def column_at(placed: Sequence[Placed[Row]], x: int) -> Column[Row] | None:
    """The column under cell `x`, the gap behind it included."""
    for each in placed:
        if each.x <= x < each.x + each.width + GAP:
            return each.column
    return None


def _needed(columns: Sequence[Column[Row]]) -> int:
    return GUTTER + sum(column.width for column in columns) + GAP * max(0, len(columns) - 1)
