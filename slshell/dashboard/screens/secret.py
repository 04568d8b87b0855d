"""The dialog that asks for a password, for example of an encrypted key."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from slshell.dashboard import text
from slshell.dashboard.screens.dialog import Dialog, title
from slshell.dashboard.widgets.key_footer import KeyFooter


class SecretScreen(Dialog[str]):
    """Answers what was typed, which is never shown; None when the user gives nothing."""

    AUTO_FOCUS = "#secret"

    def __init__(self, prompt: str) -> None:
        """`prompt` may be a stranger's."""
        super().__init__()
        self._prompt = prompt

    def compose(self) -> ComposeResult:
        """The prompt and a field."""
        with Vertical(id="dialog"):
            yield title("A password is needed")
            yield Static(Content(text.clean(self._prompt.rstrip(": "))))
            yield Input(id="secret", password=True, compact=True)
        yield KeyFooter()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value)
