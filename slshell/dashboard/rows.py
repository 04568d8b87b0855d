"""The rows behind a table: keyed, ordered, filtered and marked, and told apart from the picture before."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from slshell.dashboard import filters
from slshell.dashboard.columns.base import Renderer

Row = TypeVar("Row")
Key = Hashable


@dataclass(frozen=True)
class Change(Generic[Row]):
    """What a new picture changed: keys that are new, keys that went, and the old rows of others."""

    added: frozenset[Key]
    gone: frozenset[Key]
    before: dict[Key, Row]
    moved: bool
    """The keys on show are others, or in another order."""

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.before)


class Rows(Generic[Row]):
    """All rows of one resource and the order in which the passing ones are shown."""

    def __init__(self, renderer: Renderer[Row]) -> None:
        self.renderer = renderer
        self.sort_by = renderer.sort_by or renderer.columns[0].id
        self.descending = renderer.descending
        self.filter: filters.Filter[Row] = filters.parse("", renderer)
        self.marks: set[Key] = set()
        self._by_key: dict[Key, Row] = {}
        self._order: list[Key] = []
        """Every key, in order, the filtered ones too."""
        self._shown: list[Key] = []
        self._index: dict[Key, int] | None = None
        self._ranks: dict[Key, Any] = {}
        self._haystacks: dict[Key, str] = {}

    def __len__(self) -> int:
        return len(self._shown)

    def __contains__(self, key: Key) -> bool:
        return key in self._by_key

    @property
    def total(self) -> int:
        """Number of rows, those that the filter hides too."""
        return len(self._by_key)

    @property
    def shown(self) -> Sequence[Key]:
        """Keys on show, in order."""
        return self._shown

    def row(self, key: Key) -> Row:
        """The row of a key."""
        return self._by_key[key]

    def at(self, index: int) -> Row:
        """The row at a place on show."""
        return self._by_key[self._shown[index]]

    def index_of(self, key: Key) -> int | None:
        """The place of a key on show, None when the filter hides it or it is gone."""
        if self._index is None:
            self._index = {each: index for index, each in enumerate(self._shown)}
        return self._index.get(key)

    def replace(self, rows: Iterable[Row]) -> Change[Row]:
        """Take a new picture; rows that are the same objects cost a comparison and nothing else."""
        key_of = self.renderer.key
        new = {key_of(row): row for row in rows}
        old = self._by_key
        added = frozenset(new.keys() - old.keys())
        gone = frozenset(old.keys() - new.keys())
        before = {
            key: old[key] for key, row in new.items()
            if key in old and old[key] is not row and old[key] != row
        }  # fmt: skip
        self._by_key = new
        if not (added or gone or before):
            return Change(added, gone, before, moved=False)
        for key in (*gone, *before):
            self._haystacks.pop(key, None)
        for key in gone:
            self._ranks.pop(key, None)
        self.marks -= gone
        dirty = self._rank([*added, *before])
        if gone:
            self._order = [key for key in self._order if key not in gone]
        if added:
            self._order += [key for key in new if key in added]
        if added or dirty:
            self._sort()
        return Change(added, gone, before, moved=self._show())

    def update(self, rows: Iterable[Row]) -> Change[Row]:
        """Take newer versions of some rows that are there; the others are not looked at."""
        before: dict[Key, Row] = {}
        for row in rows:
            key = self.renderer.key(row)
            old = self._by_key.get(key)
            if old is not None and old is not row and old != row:
                before[key] = old
                self._by_key[key] = row
                self._haystacks.pop(key, None)
        if self._rank(before):
            self._sort()
        moved = bool(before) and self._show()
        return Change(frozenset(), frozenset(), before, moved=moved)

    def order_by(self, column_id: str, descending: bool) -> None:
        """Order by another column; rows that are equal in it keep the order they had."""
        self.renderer.column(column_id)
        same = column_id == self.sort_by
        self.sort_by, self.descending = column_id, descending
        if not same:
            self._rank(self._by_key)
        self._sort()
        self._show()

    def narrow(self, line: str) -> None:
        """Show only rows that pass a filter line."""
        self.filter = filters.parse(line, self.renderer)
        self._show()

    def mark(self, keys: Iterable[Key], on: bool) -> None:
        """Mark or unmark rows."""
        if on:
            self.marks.update(key for key in keys if key in self._by_key)
        else:
            self.marks.difference_update(keys)

    def _rank(self, keys: Iterable[Key]) -> bool:
        column = self.renderer.column(self.sort_by)
        dirty = False
        for key in keys:
            rank = column.sort_value(self._by_key[key])
            if self._ranks.get(key) != rank:
                self._ranks[key] = rank
                dirty = True
        return dirty

    def _sort(self) -> None:
        self._order.sort(key=self._ranks.__getitem__, reverse=self.descending)

    def _show(self) -> bool:
        shown = self._order if not self.filter.tests else [key for key in self._order if self._passes(key)]
        moved = shown != self._shown
        self._shown = list(shown)
        if moved:
            self._index = None
        return moved

    def _passes(self, key: Key) -> bool:
        haystack = self._haystacks.get(key)
        row = self._by_key[key]
        if haystack is None:
            haystack = self._haystacks[key] = filters.haystack_of(self.renderer, row)
        return self.filter.passes(row, haystack)
