"""The shape of a renderer: how a resource becomes a row."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")
Cell = str
"""Text of one cell as it came; the table cleans and cuts it."""


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of a table.

    `style` names a role that the theme colours: good, warn, bad, busy, dim, accent, or nothing.
    `keep` decides what a narrow screen drops: the lowest first; 9 is never dropped.
    """

    id: str
    title: str
    width: int
    value: Callable[[Row], Cell]
    sort: Callable[[Row], Any] | None = None
    style: Callable[[Row], str] | None = None
    right: bool = False
    flex: int = 0
    """Its share of spare width."""
    keep: int = 5
    ticks: bool = False
    """The text changes as time passes."""
    flash: bool = True
    """A change is emphasised for a moment."""
    descending: bool = False
    """The order that a first press on its title gives."""
    extra: bool = False
    """Shown only when the user chooses it."""

    def sort_value(self, row: Row) -> Any:
        """What rows are ordered by; empty values of a column that has none of its own come last."""
        if self.sort is not None:
            return self.sort(row)
        return self.value(row).casefold()


@dataclass(frozen=True)
class Renderer(Generic[Row]):
    """How the rows of one resource are told apart, shown, searched and talked about."""

    id: str
    title: str
    key: Callable[[Row], Hashable]
    columns: tuple[Column[Row], ...]
    empty: str
    """What an empty table says to do next."""
    one: str
    many: str
    words: Callable[[Row], str] | None = None
    """Further text that a filter looks into, beside the cells."""
    facts: dict[str, Callable[[Row], Any]] = field(default_factory=dict)
    """Names a filter may use in `name:value` beside the column ids."""
    sort_by: str = ""
    descending: bool = False
    follow_top: bool = False
    """A cursor on the first row stays on the first row when newer ones come."""

    @property
    def usual_columns(self) -> tuple[Column[Row], ...]:
        """The columns of a user who has chosen none."""
        return tuple(column for column in self.columns if not column.extra)

    def column(self, column_id: str) -> Column[Row]:
        """The column of this id; KeyError when there is none."""
        for column in self.columns:
            if column.id == column_id:
                return column
        raise KeyError(column_id)


def now() -> datetime:
    """The present moment in UTC; tests replace `clock` to freeze it."""
    return clock()


def _utc_now() -> datetime:
    return datetime.now(UTC)


clock: Callable[[], datetime] = _utc_now
