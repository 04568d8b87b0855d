"""What dialogs share: they lie over the main screen, Esc leaves them, and F1 tells their keys."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from slshell.dashboard.screens.steady import Steady

Answer = TypeVar("Answer")


class Box(ModalScreen[Answer], Steady[Answer]):
    """A screen over the main one that ends once, and never another in its place.

    Textual's `dismiss` ends whatever is on top: a second Esc would take the main screen away.
    """

    _result: tuple[Answer | None] | None = None
    _ended = False

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """End with a result; under another screen as soon as that one has ended."""
        if self._ended:
            return AwaitComplete()
        if not self.is_active:
            self._result = (result,)
            return AwaitComplete()
        self._ended = True
        return super().dismiss(result)

    def on_screen_resume(self) -> None:
        """What lay over this has ended; now it is time for what waited for that."""
        if self._result is not None:
            self.dismiss(self._result[0])


class Dialog(Box[Answer]):
    """A box over the main screen; subclasses compose a `Vertical(id="dialog")` and a footer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel"),
        Binding("f1", "app.help", "Keys", show=False, id="dialog.help"),
        Binding("ctrl+c", "app.stop_command", "Stop a command", show=False, id="dialog.stop"),
    ]

    def action_cancel(self) -> None:
        """Nothing happens."""
        self.dismiss(None)


class LineDialog(Dialog[None]):
    """A dialog that runs command lines, and stays with all that was typed while one runs or when it fails."""

    at_work: str | None = None
    """The line that runs now."""

    class Submitted(Message):
        """A line to run."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    def submit(self, line: str) -> None:
        """Ask for a line to be run; one of the three below is called when it has ended."""
        self.at_work = line
        self.post_message(self.Submitted(line))

    def succeeded(self, data: object) -> None:
        """The line has done its work; `data` is what it showed."""
        self.at_work = None

    def failed(self, message: str, hint: str) -> None:
        """The line has failed; both texts may be a stranger's."""
        self.at_work = None

    def declined(self) -> None:
        """The user said no to a question."""
        self.at_work = None


class Choices(OptionList):
    """A list to choose from by keys, wheel and click."""


def title(words: str, about: str = "") -> Static:
    """The first line of a dialog; both texts are clean."""
    return Static(
        Content.assemble((words, "bold"), (f"  {about}" if about else "", "$dim")), id="dialog-title"
    )
