"""`ResourceTable`: a virtual table that draws the lines on screen and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from slshell.dashboard.columns.base import Renderer
from slshell.dashboard.rows import Change, Key, Rows
from slshell.dashboard.widgets import table_layout, table_paint
from slshell.dashboard.widgets.table_paint import EVERY_COLUMN, Variant

Row = TypeVar("Row")
FLASH_S = 1.2
HEADER = 1
_PREFIX = "resource-table--"
_ROLES = ("good", "warn", "bad", "busy", "dim", "accent")
_CACHED_SCREENS = 4
_Line = tuple[Any, Variant, Strip, str]


class ResourceTable(ScrollView, Generic[Row], can_focus=True):
    """Rows of one resource under a cursor that follows its row through every change.

    Messages: `Highlighted` when another row (or none) is under the cursor, `Chosen` on Enter or a double
    click, `Arranged` when order, filter or marks changed.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"{_PREFIX}{name}"
        for name in ("header", "sorted", "cursor", "cursor-idle", "marked", "flash", "empty", *_ROLES)
    }
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
        Binding("ctrl+a", "mark_all", "Mark all, or none", show=False, id="table.mark-all"),
        Binding(
            "greater_than_sign,o", "sort(1)", "Order by the next column", show=False, id="table.sort-next"
        ),
        Binding("less_than_sign", "sort(-1)", "Order by the column before", show=False, id="table.sort-back"),
        Binding("O", "reverse", "Reverse the order", show=False, id="table.reverse"),
    ]

    class Highlighted(Message):
        """The cursor is on another row; `key` is None in an empty table."""

        def __init__(self, table: ResourceTable[Any], key: Key | None) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> ResourceTable[Any]:
            """The table that sent it."""
            return self.table

    class Chosen(Highlighted):
        """Enter or a double click on a row."""

    class Arranged(Message):
        """Order, filter or marks are others."""

        def __init__(self, table: ResourceTable[Any]) -> None:
            super().__init__()
            self.table = table

    def __init__(self, renderer: Renderer[Row], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.rows: Rows[Row] = Rows(renderer)
        self.renderer = renderer
        self.waiting = "Asking the cloud…"
        """What an empty table says until its first picture."""
        self._index = 0
        self._key: Key | None = None
        self._filled = False
        self._placed: tuple[table_layout.Placed[Row], ...] = ()
        self._placed_for = -1
        self._lines: dict[Key, _Line] = {}
        self._styles: dict[tuple[str, bool, bool, bool], Style] = {}
        self._flash: dict[Key, frozenset[str]] = {}
        self._flash_timer: Timer | None = None

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

    def show(self, rows: Iterable[Row]) -> None:
        """Draw a new picture: differences only; the cursor stays with its row."""
        anchor = self._anchor()
        change = self.rows.replace(rows)
        first, self._filled = not self._filled, True
        if first:
            self.refresh()
        if not change:
            return
        if not first:
            self._emphasise(change)
        if change.moved or change.added or change.gone:
            self._rearranged(anchor)
        else:
            self._refresh_keys(change.before)

    def order_by(self, column_id: str, descending: bool) -> None:
        """Order rows by a column."""
        self.rows.order_by(column_id, descending)
        self._rearranged(None)
        self.post_message(self.Arranged(self))

    def narrow(self, line: str) -> None:
        """Show only rows that pass a filter line."""
        self.rows.narrow(line)
        self._rearranged(None)
        self.post_message(self.Arranged(self))

    def clear_marks(self) -> None:
        """Unmark every row."""
        self.rows.marks.clear()
        self.refresh()
        self.post_message(self.Arranged(self))

    def move_to(self, key: Key) -> bool:
        """Put the cursor on a row; False when it is not on show."""
        index = self.rows.index_of(key)
        if index is not None:
            self._move(index)
        return index is not None

    def tick(self) -> None:
        """Redraw rows on screen whose text changes as time passes."""
        for key in self.on_screen():
            line = self._lines.get(key)
            if line is not None and line[3] != self._ticking(line[0]):
                del self._lines[key]
                self._refresh_keys((key,))

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
            self._refresh_keys((self._key,))
            self._move(self._index + by)
            self.post_message(self.Arranged(self))

    def action_mark_all(self) -> None:
        """Mark every row on show, or none when all are marked."""
        shown = self.rows.shown
        self.rows.mark(shown, on=not self.rows.marks.issuperset(shown))
        self.refresh()
        self.post_message(self.Arranged(self))

    def action_sort(self, by: int) -> None:
        """Order by the next or previous column on screen."""
        ids = [each.column.id for each in self._placed if each.column.title]
        if ids:
            index = ids.index(self.rows.sort_by) + by if self.rows.sort_by in ids else 0
            column = self.renderer.column(ids[index % len(ids)])
            self.order_by(column.id, column.descending)

    def action_reverse(self) -> None:
        """Turn the order round."""
        self.order_by(self.rows.sort_by, not self.rows.descending)

    def on_click(self, event: events.Click) -> None:
        """A click on a title orders, on a row moves the cursor, a second one opens it; ctrl marks."""
        event.stop()
        if event.y < HEADER:
            column = table_layout.column_at(self._placed, event.x)
            if column is not None and column.title:
                same = column.id == self.rows.sort_by
                self.order_by(column.id, not self.rows.descending if same else column.descending)
            return
        index = self.scroll_offset.y + event.y - HEADER
        if index < len(self.rows):
            self._move(index)
            if event.ctrl or event.x < table_layout.GUTTER:
                self.action_mark_move(0)
            elif event.chain == 2:
                self.action_choose()

    def on_focus(self) -> None:
        """The cursor shows that keys come here."""
        self._refresh_keys((self._key,))

    def on_blur(self) -> None:
        """The cursor shows that keys go elsewhere."""
        self._refresh_keys((self._key,))

    def on_resize(self) -> None:
        """Keep the cursor on screen."""
        self._scroll_to_cursor()

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colours."""
        super().notify_style_update()
        self._styles.clear()
        self._lines.clear()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width = self.scrollable_content_region.width
        if width != self._placed_for:
            self._placed, self._placed_for = table_layout.place(self.renderer.columns, width), width
            self._lines.clear()
        if y < HEADER:
            plain, chosen = (self.get_component_rich_style(_PREFIX + name) for name in ("header", "sorted"))
            order = (self.rows.sort_by, self.rows.descending)
            return table_paint.paint_header(self._placed, width, *order, plain, chosen)
        index = self.scroll_offset.y + y - HEADER
        shown = self.rows.shown
        if index >= len(shown):
            return self._below(y - HEADER, width)
        key = shown[index]
        variant = Variant(index == self._index, key in self.rows.marks, self._flash.get(key, frozenset()))
        line = self._lines.get(key)
        row = self.rows.row(key)
        if line is not None and line[0] is row and line[1] == variant:
            return line[2]
        strip = table_paint.paint_row(row, self._placed, width, variant, self._style_of)
        if len(self._lines) > _CACHED_SCREENS * self.size.height:
            self._lines.clear()
        self._lines[key] = (row, variant, strip, self._ticking(row))
        return strip

    def _ticking(self, row: Row) -> str:
        return "\n".join(each.column.value(row) for each in self._placed if each.column.ticks)

    def _below(self, line: int, width: int) -> Strip:
        style = self.get_component_rich_style(f"{_PREFIX}empty")
        if len(self.rows):
            return Strip.blank(width, self.rich_style)
        return table_paint.paint_message(self._message().split("\n"), line, self.page, width, style)

    def _message(self) -> str:
        if not self._filled:
            return self.waiting
        if self.rows.total:
            return (
                f"No {self.renderer.one} matches “{self.rows.filter.line.strip()}”.\n\nEsc clears the filter."
            )
        return self.renderer.empty

    def _style_of(self, role: str, variant: Variant, flash: bool) -> Style:
        cursor = ("cursor" if self.has_focus else "cursor-idle") if variant.cursor else ""
        known = (role + cursor, variant.cursor, variant.marked, flash)
        style = self._styles.get(known)
        if style is None:
            style = self.rich_style
            if variant.marked:
                style += self.get_component_rich_style(f"{_PREFIX}marked")
            if cursor:
                style += self.get_component_rich_style(f"{_PREFIX}{cursor}")
            if flash:
                style += self.get_component_rich_style(f"{_PREFIX}flash")
            if role:
                style += self.get_component_rich_style(f"{_PREFIX}{role}", partial=True)
            self._styles[known] = style
        return style

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

    def _emphasise(self, change: Change[Row]) -> None:
        flash: dict[Key, frozenset[str]] = {}
        for key in self.on_screen():
            if key in change.added:
                flash[key] = frozenset({EVERY_COLUMN})
            elif key in change.before:
                old, new = change.before[key], self.rows.row(key)
                columns = (each.column for each in self._placed if each.column.flash)
                changed = frozenset(each.id for each in columns if each.value(old) != each.value(new))
                if changed:
                    flash[key] = changed
        self._flash.update(flash)
        if flash and self._flash_timer is None:
            self._flash_timer = self.set_timer(FLASH_S, self._calm_down)

    def _calm_down(self) -> None:
        keys, self._flash, self._flash_timer = list(self._flash), {}, None
        self._refresh_keys(keys)
