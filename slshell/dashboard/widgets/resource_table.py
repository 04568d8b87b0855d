"""`ResourceTable`: a virtual table that draws the lines on screen and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, TypeVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.timer import Timer

from slshell.dashboard.columns.base import Column, Renderer
from slshell.dashboard.rows import Change, Key
from slshell.dashboard.widgets import table_layout, table_paint
from slshell.dashboard.widgets.row_cursor import HEADER, RowCursor
from slshell.dashboard.widgets.table_paint import EVERY_COLUMN, Variant

Row = TypeVar("Row")
FLASH_S = 1.2
_PREFIX = "resource-table--"
_ROLES = ("good", "warn", "bad", "busy", "dim", "accent")
_CACHED_SCREENS = 4
_Line = tuple[Any, Variant, Strip, str]


class ResourceTable(RowCursor[Row]):
    """Draws rows of one resource in the columns that were chosen, orders and narrows them."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"{_PREFIX}{name}"
        for name in ("header", "sorted", "cursor", "cursor-idle", "marked", "flash", "empty", *_ROLES)
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "greater_than_sign,o", "sort(1)", "Order by the next column", show=False, id="table.sort-next"
        ),
        Binding("less_than_sign", "sort(-1)", "Order by the column before", show=False, id="table.sort-back"),
        Binding("O", "reverse", "Reverse the order", show=False, id="table.reverse"),
    ]

    def __init__(self, renderer: Renderer[Row], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(renderer, id=id)
        self.waiting = "Asking the cloud…"
        """What an empty table says until its first picture."""
        self.start_marked: frozenset[Key] = frozenset()
        """What is to be marked once `begin_marked` was called and the first rows have come."""
        self._may_mark = False
        self._columns = renderer.usual_columns
        self._filled = False
        self._placed: tuple[table_layout.Placed[Row], ...] = ()
        self._placed_for = -1
        self._lines: dict[Key, _Line] = {}
        self._styles: dict[tuple[str, bool, bool, bool], Style] = {}
        self._flash: dict[Key, frozenset[str]] = {}
        self._flash_timer: Timer | None = None

    @property
    def column_ids(self) -> tuple[str, ...]:
        """Ids of the chosen columns, in order; what a narrow screen leaves out is among them."""
        return tuple(column.id for column in self._columns)

    @property
    def fitting_ids(self) -> tuple[str, ...]:
        """Ids of the columns that are on screen."""
        return tuple(each.column.id for each in self._placed)

    def choose_columns(self, ids: Sequence[str]) -> None:
        """Show these columns in this order; unknown ids are left out, none at all means the usual ones."""
        known: dict[str, Column[Row]] = {column.id: column for column in self.renderer.columns}
        chosen = tuple(known[each] for each in dict.fromkeys(ids) if each in known)
        self._columns = chosen or self.renderer.usual_columns
        self._placed_for = -1
        self.refresh()
        self.post_message(self.Arranged(self))

    def show(self, rows: Iterable[Row]) -> None:
        """Draw a new picture: differences only; the cursor stays with its row."""
        anchor = self._anchor()
        change = self.rows.replace(rows)
        first, self._filled = not self._filled, True
        if first:
            self.refresh()
        if not change:
            return
        self._draw(change, anchor, calm=first)
        if self.start_at is not None:
            self.move_to(self.start_at)
        self._mark_first()

    def begin_marked(self) -> None:
        """Mark what `start_marked` names, as soon as there are rows."""
        self._may_mark = True
        self._mark_first()

    def update_rows(self, rows: Iterable[Row]) -> None:
        """Draw newer versions of some rows."""
        anchor = self._anchor()
        change = self.rows.update(rows)
        if change:
            self._draw(change, anchor, calm=False)

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

    def tick(self) -> None:
        """Redraw rows on screen whose text changes as time passes."""
        for key in self.on_screen():
            line = self._lines.get(key)
            if line is not None and line[3] != self._ticking(line[0]):
                del self._lines[key]
                self._refresh_keys((key,))

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
        """A click on a title orders, on a row moves the cursor, a second opens it; ctrl and shift mark."""
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
            if event.shift:
                self.action_mark_range()
            elif event.ctrl or event.x < table_layout.GUTTER:
                self.action_mark_move(0)
            elif event.chain == 2:
                self.action_choose()

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colours."""
        super().notify_style_update()
        self._styles.clear()
        self._lines.clear()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width = self.scrollable_content_region.width
        if width != self._placed_for:
            self._placed, self._placed_for = table_layout.place(self._columns, width), width
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

    def _mark_first(self) -> None:
        if self._may_mark and self.start_marked and self.rows.total:
            self.rows.mark(self.start_marked, on=True)
            self.start_marked = frozenset()
            self._marked()

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

    def _draw(self, change: Change[Row], anchor: Any, *, calm: bool) -> None:
        if not calm:
            self._emphasise(change)
        if change.moved or change.added or change.gone:
            self._rearranged(anchor)
        else:
            self._refresh_keys(change.before)

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
