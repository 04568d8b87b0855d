"""The dialog that chooses, arranges and orders by the columns of a table, which follows at once."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList

from slshell.dashboard.columns.base import Column
from slshell.dashboard.screens.dialog import Choices, Dialog, title
from slshell.dashboard.widgets.key_footer import KeyFooter
from slshell.dashboard.widgets.resource_table import ResourceTable


class ColumnChoices(Choices):
    """Enter is the dialog's; a click still chooses."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.done", "Done", id="columns.done"),
        Binding("space", "select", "Show or hide", id="columns.toggle"),
        Binding("j", "cursor_down", "Down", show=False, id="columns.down"),
        Binding("k", "cursor_up", "Up", show=False, id="columns.up"),
    ]


class ColumnsScreen(Dialog[None]):
    """Every change is drawn in the table below; Esc puts back what was there."""

    AUTO_FOCUS = "#choices"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+up,K", "shift(-1)", "Earlier", id="columns.earlier"),
        Binding("shift+down,J", "shift(1)", "Later", id="columns.later"),
        Binding("s", "order", "Order by it", id="columns.order"),
        Binding("r", "usual", "The usual ones", id="columns.usual"),
    ]

    def __init__(self, table: ResourceTable[Any]) -> None:
        super().__init__()
        self._table = table
        self._before = (table.column_ids, table.rows.sort_by, table.rows.descending)
        self._shown = set(table.column_ids)
        rest = [column.id for column in table.renderer.columns if column.id not in self._shown]
        self._order = [*table.column_ids, *rest]

    def compose(self) -> ComposeResult:
        """Every column of the table with a tick, in order."""
        with Vertical(id="dialog", classes="-slim"):
            yield title("Columns", self._table.renderer.title)
            yield ColumnChoices(id="choices", compact=True)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Fill the list."""
        self._draw(0)

    def action_done(self) -> None:
        """Keep what the table shows now."""
        self.dismiss(None)

    def action_cancel(self) -> None:
        """Put back what the table showed before."""
        ids, sort_by, descending = self._before
        self._table.choose_columns(ids)
        self._table.order_by(sort_by, descending)
        self.dismiss(None)

    def action_shift(self, by: int) -> None:
        """Move the column under the cursor to the left or right."""
        index = self._place
        other = index + by
        if 0 <= other < len(self._order):
            self._order[index], self._order[other] = self._order[other], self._order[index]
            self._apply(other)

    def action_order(self) -> None:
        """Order the table by the column under the cursor; once more turns the order round."""
        column = self._column(self._order[self._place])
        rows = self._table.rows
        descending = not rows.descending if column.id == rows.sort_by else column.descending
        self._table.order_by(column.id, descending)
        self._draw(self._place)

    def action_usual(self) -> None:
        """The columns of someone who never opened this dialog."""
        renderer = self._table.renderer
        self._shown = {column.id for column in renderer.usual_columns}
        self._order = [column.id for column in renderer.columns]
        self._apply(0)

    @on(OptionList.OptionSelected)
    def _toggled(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._shown ^= {self._order[event.option_index]}
        if not self._shown:
            self._shown = {self._order[event.option_index]}
        self._apply(event.option_index)

    @property
    def _place(self) -> int:
        return self.query_one(ColumnChoices).highlighted or 0

    def _column(self, column_id: str) -> Column[Any]:
        return self._table.renderer.column(column_id)

    def _apply(self, place: int) -> None:
        self._table.choose_columns([each for each in self._order if each in self._shown])
        self._draw(place)
        # What fits is known once the table has been drawn.
        self.call_after_refresh(self._draw, place)

    def _draw(self, place: int) -> None:
        choices = self.query_one(ColumnChoices)
        choices.set_options([self._line(each) for each in self._order])
        choices.highlighted = place

    def _line(self, column_id: str) -> Content:
        column, rows = self._column(column_id), self._table.rows
        shown = column_id in self._shown
        arrow = ("▼" if rows.descending else "▲") if rows.sort_by == column_id else " "
        fits = not shown or column_id in self._table.fitting_ids
        return Content.assemble(
            ("✓ " if shown else "  ", "$accent"),
            (f"{column.title or column.id:12}", "" if shown else "$dim"),
            (f" {arrow} ", "$primary"),
            ("" if fits else "no room", "$warning"),
        )
