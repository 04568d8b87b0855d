"""`RowCursor`: the keys of a table: a cursor that follows its row through every change, and marks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView

from slshell.dashboard.columns.base import Renderer
from slshell.dashboard.rows import Key, Rows

Row = TypeVar("Row")
HEADER = 1


class RowCursor(ScrollView, Generic[Row], can_focus=True):
    """Rows of one resource under a cursor; how they look is the subclass's matter.

    Messages: `Highlighted` when another row (or none) is under the cursor, `Chosen` on Enter or a double
    click, `Arranged` when order, filter, columns or marks changed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="table.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="table.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="table.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="table.page-down"),
        Binding("home,g", "edge(False)", "First row", show=False, id="table.first"),
        Binding("end,G", "edge(True)", "Last row", show=False, id="table.last"),
        Binding("enter", "choose", "Details", show=False, id="table.choose"),
        Binding("space", "mark", "Mark", show=False, id="table.mark"),
        Binding("shift+down", "mark_move(1)", "Mark and move down", show=False, id="table.mark-down"),
        Binding("shift+up", "mark_move(-1)", "Mark and move up", show=False, id="table.mark-up"),
        Binding("v", "mark_range", "Mark from the last mark to here", show=False, id="table.mark-range"),
        Binding("ctrl+a", "mark_all", "Mark all, or none", show=False, id="table.mark-all"),
        Binding("i", "mark_others", "Mark the others instead", show=False, id="table.mark-others"),
        Binding("u", "unmark", "Unmark all", show=False, id="table.unmark"),
    ]

    class Highlighted(Message):
        """The cursor is on another row; `key` is None in an empty table."""

        def __init__(self, table: RowCursor[Any], key: Key | None) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> RowCursor[Any]:
            """The table that sent it."""
            return self.table

    class Chosen(Highlighted):
        """Enter or a double click on a row."""

    class Arranged(Message):
        """Order, filter, columns or marks are others."""

        def __init__(self, table: RowCursor[Any]) -> None:
            super().__init__()
            self.table = table

    def __init__(self, renderer: Renderer[Row], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.rows: Rows[Row] = Rows(renderer)
        self.renderer = renderer
        self._index = 0
        self._key: Key | None = None
        self._last_mark: Key | None = None
        self.start_at: Key | None = None
        """The row that the cursor goes to when it comes, unless the cursor was moved before."""

    @property
    def cursor_key(self) -> Key | None:
        """The key of the row under the cursor, None in an empty table."""
        return self._key

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor, None in an empty table."""
        return self.rows.row(self._key) if self._key is not None and self._key in self.rows else None

    @property
    def targets(self) -> list[Row]:
        """What a command is for: the marked rows in the order shown, else the one under the cursor."""
        rows = self.rows
        if rows.marks:
            shown = [key for key in rows.shown if key in rows.marks]
            return [rows.row(key) for key in (*shown, *(rows.marks - set(shown)))]
        row = self.cursor_row
        return [] if row is None else [row]

    @property
    def page(self) -> int:
        """Rows that fit on screen."""
        return max(1, self.scrollable_content_region.height - HEADER)

    def on_screen(self) -> Iterable[Key]:
        """Keys of the rows on screen."""
        top = self.scroll_offset.y
        return self.rows.shown[top : top + self.page]

    def clear_marks(self) -> None:
        """Unmark every row."""
        self.rows.marks.clear()
        self._marked()

    def move_to(self, key: Key) -> bool:
        """Put the cursor on a row; False when it is not on show."""
        index = self.rows.index_of(key)
        if index is not None:
            self._move(index)
        return index is not None

    def action_move(self, by: int) -> None:
        """Move the cursor by some rows."""
        self._move(self._index + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by some screens."""
        self._move(self._index + by * self.page)

    def action_edge(self, last: bool) -> None:
        """Move the cursor to the first or last row."""
        self._move(len(self.rows) - 1 if last else 0)

    def action_choose(self) -> None:
        """Ask for the details of the row."""
        if self._key is not None:
            self.post_message(self.Chosen(self, self._key))

    def action_mark(self) -> None:
        """Mark or unmark the row and go to the next."""
        self.action_mark_move(1)

    def action_mark_move(self, by: int) -> None:
        """Mark or unmark the row and move."""
        if self._key is not None:
            self.rows.mark([self._key], self._key not in self.rows.marks)
            self._last_mark = self._key
            self._refresh_keys((self._key,))
            self._move(self._index + by)
            self.post_message(self.Arranged(self))

    def action_mark_range(self) -> None:
        """Mark every row on show between the one marked last and the cursor, both included."""
        if self._key is None:
            return
        start = self.rows.index_of(self._last_mark) if self._last_mark is not None else None
        start = self._index if start is None else start
        low, high = sorted((start, self._index))
        self.rows.mark(self.rows.shown[low : high + 1], on=True)
        self._last_mark = self._key
        self._marked()

    def action_mark_all(self) -> None:
        """Mark every row on show, or none when all are marked."""
        shown = self.rows.shown
        self.rows.mark(shown, on=not self.rows.marks.issuperset(shown))
        self._marked()

    def action_mark_others(self) -> None:
        """Mark the rows on show that are not marked, and unmark those that are."""
        marked = [key for key in self.rows.shown if key in self.rows.marks]
        self.rows.mark(self.rows.shown, on=True)
        self.rows.mark(marked, on=False)
        self._marked()

    def action_unmark(self) -> None:
        """Unmark every row, the filtered ones too."""
        self.clear_marks()

    def on_focus(self) -> None:
        """The cursor shows that keys come here."""
        self._refresh_keys((self._key,))

    def on_blur(self) -> None:
        """The cursor shows that keys go elsewhere."""
        self._refresh_keys((self._key,))

    def on_resize(self) -> None:
        """Keep the cursor on screen."""
        self._scroll_to_cursor()

    def _marked(self) -> None:
        self.refresh()
        self.post_message(self.Arranged(self))

    def _anchor(self) -> tuple[Key | None, int]:
        """A row on screen and its line: what stands still when rows come and go above it."""
        top = self.scroll_offset.y
        if self._key is not None and top <= self._index < top + self.page:
            return self._key, self._index - top
        return next(iter(self.on_screen()), None), 0

    def _rearranged(self, anchor: tuple[Key | None, int] | None) -> None:
        count = len(self.rows)
        place = self.rows.index_of(self._key) if self._key is not None else None
        if place is None or (self.renderer.follow_top and self._index == 0 and anchor is not None):
            place = min(self._index, count - 1)
        self.virtual_size = Size(0, count + HEADER)
        if anchor is not None and self.scroll_offset.y > 0 and anchor[0] is not None:
            index = self.rows.index_of(anchor[0])
            if index is not None:
                self.scroll_to(y=max(0, index - anchor[1]), animate=False, immediate=True)
            self._set_cursor(max(0, place))
        else:
            self._set_cursor(max(0, place))
            self._scroll_to_cursor()
        self.refresh()

    def _move(self, index: int) -> None:
        if not len(self.rows):
            return
        self.start_at = None
        before = self._key
        self._set_cursor(min(max(0, index), len(self.rows) - 1))
        self._refresh_keys((before, self._key))
        self._scroll_to_cursor()

    def _set_cursor(self, index: int) -> None:
        self._index = index
        key = self.rows.shown[index] if index < len(self.rows) else None
        if key != self._key:
            self._key = key
            self.post_message(self.Highlighted(self, key))

    def _scroll_to_cursor(self) -> None:
        top = self.scroll_offset.y
        if self._index < top:
            self.scroll_to(y=self._index, animate=False, immediate=True)
        elif self._index >= top + self.page:
            self.scroll_to(y=self._index - self.page + 1, animate=False, immediate=True)

    def _refresh_keys(self, keys: Iterable[Key | None]) -> None:
        top = self.scroll_offset.y
        for key in keys:
            index = self.rows.index_of(key) if key is not None else None
            if index is not None and top <= index < top + self.page:
                self.refresh(Region(0, index - top + HEADER, self.size.width, 1))
