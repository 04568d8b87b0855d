"""The line between tables and detail pane, which the mouse drags and two keys move."""

from __future__ import annotations

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import clamp
from textual.reactive import reactive
from textual.widget import Widget

LEAST, MOST = 20, 80
"""Bounds of the pane's share in percent."""
USUAL = 40


class Splitter(Widget):
    """Gives the pane behind it a share of the room that both have, beside or below each other."""

    share: reactive[int] = reactive(0)
    """Percent that the pane takes; 0 leaves it to the style sheet."""
    sideways: reactive[bool] = reactive(False)
    """The pane is beside the tables, not below them."""

    def __init__(self, pane: str, *, id: str | None = None) -> None:  # noqa: A002
        """`pane` selects the widget behind it."""
        super().__init__(id=id)
        self._pane = pane

    def render(self) -> RenderResult:
        """A line across or down."""
        width, height = self.size
        return Content("\n".join(["│"] * height) if self.sideways else "─" * width)

    def validate_share(self, share: int) -> int:
        """Neither side vanishes."""
        return 0 if share == 0 else clamp(share, LEAST, MOST)

    def watch_share(self) -> None:
        """Measure anew."""
        self._apply()

    def watch_sideways(self) -> None:
        """Measure in the other direction."""
        self._apply()

    def widen(self, by: int) -> None:
        """Give the pane so many percent more."""
        self.share = (self.share or USUAL) + by

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag."""
        event.stop()
        self.capture_mouse()
        self.add_class("-dragged")

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The line follows the mouse."""
        if not self.has_class("-dragged") or not isinstance(self.parent, Widget):
            return
        event.stop()
        area = self.parent.region
        if self.sideways:
            self.share = round(100 * (area.right - event.screen_x) / max(1, area.width))
        else:
            self.share = round(100 * (area.bottom - event.screen_y) / max(1, area.height))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Leave the line here."""
        if self.has_class("-dragged"):
            event.stop()
            self.release_mouse()
            self.remove_class("-dragged")

    def _apply(self) -> None:
        styles = self.screen.query_one(self._pane).styles
        for rule in ("width", "min_width", "max_width", "height"):
            styles.clear_rule(rule)
        if self.share and self.sideways:
            styles.width, styles.min_width, styles.max_width = f"{self.share}%", 20, "100%"
        elif self.share:
            styles.height = f"{self.share}%"
