"""The one dialog that asks before something is destroyed."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from slshell.commands.environment import Question
from slshell.dashboard import text
from slshell.dashboard.screens.dialog import Box


class ConfirmScreen(Box[bool]):
    """Says what will be lost; Cancel has the focus, Esc cancels."""

    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="confirm.cancel"),
        Binding("left,up", "app.focus_previous", "Other button", show=False, id="confirm.previous"),
        Binding("right,down", "app.focus_next", "Other button", show=False, id="confirm.next"),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        """The question, the losses, and two buttons."""
        losses = "\n".join(f"• {text.clean(each)}" for each in self.question.losses)
        with Vertical(id="dialog", classes="-danger"):
            yield Static(Content(text.clean(self.question.text)), id="dialog-title")
            if losses:
                yield Static(Content.styled("This will be lost:", "$dim"))
                with VerticalScroll(id="losses", can_focus=False):
                    yield Static(Content(losses))
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(Content(text.clean(self.question.action).capitalize()), id="go", compact=True)

    def action_cancel(self) -> None:
        """Nothing happens."""
        self.dismiss(False)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "go")
