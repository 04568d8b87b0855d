"""What all screens share: they take on the newest size of the terminal, and no other."""

from __future__ import annotations

from typing import TypeVar

from textual import events, on
from textual.screen import Screen

Answer = TypeVar("Answer")


class Resizing(Screen[Answer]):
    """A screen that passes over sizes which the terminal has no longer.

    Textual's screen tells itself again of each size that differs from its last one. Two sizes that wait at
    the same time, as when a window is dragged, would take turns for ever, and all else would wait.
    """

    @on(events.Resize)
    def _heed_the_newest(self, event: events.Resize) -> None:
        """Keep old news from the base class."""
        if event.size != self.app.size:
            event.prevent_default()
