"""What dialogs share: they lie over the main screen, Esc leaves them, and F1 tells their keys."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """A box over the main screen; subclasses compose a `Vertical(id="dialog")` and a footer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel"),
        Binding("f1", "app.help", "Keys", show=False, id="dialog.help"),
    ]

    def action_cancel(self) -> None:
        """Nothing happens."""
        self.dismiss(None)


class Choices(OptionList):
    """A list to choose from by keys, wheel and click."""


def title(words: str, about: str = "") -> Static:
    """The first line of a dialog; both texts are clean."""
    return Static(
        Content.assemble((words, "bold"), (f"  {about}" if about else "", "$dim")), id="dialog-title"
    )
