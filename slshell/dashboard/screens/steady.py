"""What all screens share: they bear news that is out of date."""

from __future__ import annotations

from typing import TypeVar

from textual import events, on
from textual.geometry import Offset
from textual.screen import Screen
from textual.widget import Widget

Answer = TypeVar("Answer")


class Steady(Screen[Answer]):
    """A screen that passes over sizes which the terminal has no longer, and widgets that have gone.

    Textual's screen tells itself again of each size that differs from its last one. Two sizes that wait at
    the same time, as when a window is dragged, would take turns for ever, and all else would wait.
    """

    @on(events.Resize)
    def _heed_the_newest(self, event: events.Resize) -> None:
        """Keep old news from the base class."""
        if event.size != self.app.size:
            event.prevent_default()

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """The widget at a place; none where one is still drawn that is being removed.

        Textual's screen asks it for its parent when a button is pressed there.
        """
        widget, offset = super().get_widget_and_offset_at(x, y)
        return (widget, offset) if widget is not None and widget.is_attached else (None, None)
