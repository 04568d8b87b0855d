"""`PaneArea`: the room of the tab on screen, its panes where the deck puts them, and lines between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.strip import Strip
from textual.widget import Widget

from slshell.dashboard.sessions.deck import Deck
from slshell.dashboard.sessions.layout import Box
from slshell.dashboard.sessions.view import TerminalView

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Panes(Layout):
    """Puts each pane into its box."""

    name = "panes"

    def __init__(self, deck: Deck) -> None:
        super().__init__()
        self._deck = deck

    def arrange(
        self, parent: Widget, children: Sequence[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """The boxes of the tab on screen; panes without one are not displayed."""
        tab = self._deck.tab
        if tab is None:
            return []
        boxes, _ = tab.place(Box(0, 0, size.width, size.height))
        return [
            WidgetPlacement(Region(*boxes[each.session.number]), NULL_OFFSET, NULL_SPACING, each)
            for each in children
            if isinstance(each, TerminalView) and each.session.number in boxes
        ]


class PaneArea(Widget):
    """All panes; those of other tabs are hidden, and only take in what their sessions send."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"panes--line"}

    def __init__(self, deck: Deck) -> None:
        super().__init__(id="panes")
        self.deck = deck
        self._layout = _Panes(deck)

    @property
    def layout(self) -> Layout:
        """Ours, whatever the style sheet says."""
        return self._layout

    @property
    def room(self) -> Box:
        """The cells there are."""
        return Box(0, 0, self.size.width, self.size.height)

    @property
    def views(self) -> list[TerminalView]:
        """All panes, of all tabs."""
        return [each for each in self.children if isinstance(each, TerminalView)]

    def view(self, number: int | None) -> TerminalView | None:
        """The pane of a session."""
        return next((each for each in self.views if each.session.number == number), None)

    def arrange_panes(self) -> None:
        """Show the panes of the tab on screen where they belong."""
        tab = self.deck.tab
        visible = tab.visible if tab is not None else []
        for view in self.views:
            number = view.session.number
            view.display = number in visible
            if tab is not None and number in visible:
                view.frame(
                    titled=len(tab.panes) > 1,
                    active=number == tab.active,
                    broadcasts=number in tab.broadcast,
                )
        # Where the library keeps an arrangement it cannot know that a line was moved.
        self._clear_arrangement_cache()
        self.refresh(layout=True)

    def render_line(self, y: int) -> Strip:
        """The lines between panes that stand side by side."""
        width, tab = self.size.width, self.deck.tab
        lines = tab.place(self.room)[1] if tab is not None else []
        marks = {line.x for line in lines if line.y <= y < line.y + line.height}
        text = "".join("│" if x in marks else " " for x in range(width))
        return Strip([Segment(text, self.get_component_rich_style("panes--line"))], width)
