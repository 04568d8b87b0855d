"""The lines at the bottom to type into: what to look for in a session's history, and its name."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from slshell.dashboard.widgets.prompts import PromptInput


class AskLine(Horizontal):
    """Asks for one text; Enter gives it, Esc leaves."""

    class Given(Message):
        """The text."""

        def __init__(self, line: AskLine, words: str) -> None:
            super().__init__()
            self.line = line
            self.words = words

        @property
        def control(self) -> AskLine:
            """The line it was typed into."""
            return self.line

    class Left(Message):
        """Nothing is asked for any more."""

    def __init__(self, sign: str, about: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, classes="ask-line")
        self._sign = sign
        self._about = about

    def compose(self) -> ComposeResult:
        """A sign and the input."""
        yield Static(self._sign, classes="prompt-sign")
        yield PromptInput(placeholder=self._about, compact=True)

    def open(self, words: str) -> None:
        """Show the line with a text in it."""
        self.display = True
        entry = self.query_one(Input)
        entry.value = words
        entry.cursor_position = len(words)
        entry.focus()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """No key goes to the screen or the app."""
        return True

    def on_prompt_input_handed_on(self, event: PromptInput.HandedOn) -> None:
        """Esc leaves; other keys have nothing to do here."""
        event.stop()
        if event.what == "leave":
            self.display = False
            self.post_message(self.Left())

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.display = False
        self.post_message(self.Given(self, event.value))
