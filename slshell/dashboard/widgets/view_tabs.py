"""The line of views with their keys and counts, and what the table of the chosen one is narrowed to."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from slshell.dashboard import text
from slshell.dashboard.rows import Rows
from slshell.dashboard.views import VIEWS, Picture, View

AROUND_TAB = 2
"""Cells around a tab, beside the blank that each of its words brings; as in the style sheet."""


class ViewTab(Static):
    """One view: its key, name and count; a click opens it."""

    def __init__(self, view: View) -> None:
        super().__init__(id=f"tab-{view.id}", classes="tab")
        self.view = view
        self._shown: tuple[bool, int | None, str, bool] | None = None

    def tell(self, chosen: bool, count: int | None, mark: str, narrow: bool) -> None:
        """Draw again when something is another; on a narrow screen only the chosen one says its name."""
        if (chosen, count, mark, narrow) != self._shown:
            self._shown = (chosen, count, mark, narrow)
            self.set_class(chosen, "-chosen")
            name = "" if narrow and not chosen else f" {self.view.renderer.title}"
            number = f" {count}" if name and count is not None else ""
            sign = f" {mark}" if mark else ""
            parts = ((self.view.key, "$primary"), name, (number, "$dim"), (sign, "$warning"))
            self.update(Content.assemble(*parts))

    def on_click(self, event: events.Click) -> None:
        """Ask for this view."""
        event.stop()
        self.post_message(ViewTabs.Asked(self.view.id))


class ViewTabs(Horizontal):
    """All views in a line."""

    class Asked(Message):
        """Someone wants to see a view."""

        def __init__(self, view_id: str) -> None:
            super().__init__()
            self.view_id = view_id

    _said: list[str | tuple[str, str]] | None = None
    """What the end of the line tells."""

    def compose(self) -> ComposeResult:
        """A tab for each view, and the state of the table at the end."""
        for view in VIEWS:
            yield ViewTab(view)
        yield Static(id="narrowed")

    def tell(self, picture: Picture, chosen: str, rows: Rows[object]) -> None:
        """Show counts, and how the table is narrowed and marked."""
        parts: list[str | tuple[str, str]] = []
        if rows.marks:
            parts.append((f"✓ {len(rows.marks)} marked", "$accent"))
        if rows.filter.line.strip():
            gap = "   " if parts else ""
            words = f"{gap}/{text.clean(rows.filter.line.strip())}"
            parts += [(words, "$accent"), (f"  {len(rows)} of {rows.total}", "$dim")]
        for name in rows.filter.unknown:
            parts.append((f"  no “{text.clean(name)}:”", "$warning"))
        for pattern in rows.filter.wrong:
            parts.append((f"  “{text.clean(pattern)}” is no pattern", "$warning"))
        told = Content.assemble(*parts)
        if parts != self._said:
            self._said = parts
            self.query_one("#narrowed", Static).update(told)
        needed = sum(_width(view, view.count(picture), view.mark(picture)) for view in VIEWS)
        narrow = self.screen.has_class("-narrow") or needed + told.cell_length > self.size.width > 0
        for tab in self.query(ViewTab):
            view = tab.view
            tab.tell(view.id == chosen, view.count(picture), view.mark(picture), narrow)


def _width(view: View, count: int | None, mark: str) -> int:
    """Cells of a tab that says all it can, with what parts it from the next."""
    words = [view.key, view.renderer.title, "" if count is None else str(count), mark]
    return sum(len(each) + 1 for each in words if each) + AROUND_TAB
