"""The one dialog that asks before something is destroyed."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from slshell.commands.environment import Question
from slshell.dashboard import text
from slshell.dashboard.screens.dialog import Box

LONGEST = 180
"""Cells of a name or a loss: three lines of the dialog, so that its buttons stay on screen."""


class ConfirmScreen(Box[bool]):
    """Says what will be lost; Cancel has the focus, Esc cancels. A cautious profile wants a name typed."""

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
        losses = "\n".join(f"• {text.shortened(each, LONGEST)}" for each in self.question.losses)
        with Vertical(id="dialog", classes="-danger"):
            yield Static(Content(text.shortened(self.question.text, LONGEST)), id="dialog-title")
            if losses:
                yield Static(Content.styled("This will be lost:", "$dim"))
                with VerticalScroll(id="losses", can_focus=False):
                    yield Static(Content(losses))
            if self.question.demand:
                wanted = f"Type {text.shortened(self.question.demand, LONGEST)} to go on:"
                yield Static(Content.styled(wanted, "$dim"))
                yield Input(id="demand", compact=True)
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(
                    Content(text.clean(self.question.action).capitalize()),
                    id="go",
                    compact=True,
                    disabled=bool(self.question.demand),
                )

    def on_mount(self) -> None:
        """What must be typed has the focus where something must."""
        if self.question.demand:
            self.set_focus(self.query_one(Input))

    def action_cancel(self) -> None:
        """Nothing happens."""
        self.dismiss(False)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one("#go", Button).disabled = not self.question.accepts(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.question.accepts(event.value):
            self.dismiss(True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "go")
