"""The question before several lines are pasted, each of which a shell would run at once."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from slshell.dashboard import text
from slshell.dashboard.screens.dialog import Box
from slshell.dashboard.sessions.labels import short

SHOWN = 200
"""Lines of the text that can be read in the question."""


class PasteScreen(Box[bool]):
    """Shows what would be pasted."""

    AUTO_FOCUS = "#paste"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="paste.cancel"),
        Binding("left,up", "app.focus_previous", "Other button", show=False, id="paste.previous"),
        Binding("right,down", "app.focus_next", "Other button", show=False, id="paste.next"),
    ]

    def __init__(self, words: str, into: str) -> None:
        """`into` names where it goes; both may be a stranger's."""
        super().__init__()
        self._words = words
        self._into = into

    def compose(self) -> ComposeResult:
        """The text, and two buttons."""
        lines = text.clean_lines(self._words) or [""]
        with Vertical(id="dialog"):
            title = f"Paste {len(lines)} lines into {short(self._into)}?"
            yield Static(Content(title), id="dialog-title")
            with VerticalScroll(id="losses", can_focus=False):
                yield Static(Content("\n".join(lines[:SHOWN])))
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Paste", id="paste", compact=True)

    def action_cancel(self) -> None:
        """Nothing is pasted."""
        self.dismiss(False)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "paste")
