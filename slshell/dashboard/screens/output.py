"""What a command wrote, to read and to copy."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from slshell.dashboard import text
from slshell.dashboard.screens.dialog import Box
from slshell.dashboard.widgets.key_footer import KeyFooter


class OutputScreen(Box[None]):
    """The output of one command line."""

    AUTO_FOCUS = "#output"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close", id="output.close"),
        Binding("y", "copy", "Copy", id="output.copy"),
        Binding("j", "down", "Down", show=False, id="output.down"),
        Binding("k", "up", "Up", show=False, id="output.up"),
    ]

    def __init__(self, line: str, output: str) -> None:
        super().__init__()
        self.line = line
        self.output = output

    def compose(self) -> ComposeResult:
        """The line, and under it what it wrote."""
        with Vertical(id="sheet"):
            yield Static(Content.assemble((":", "$dim"), (text.clean(self.line), "bold")), id="sheet-title")
            with VerticalScroll(id="output"):
                yield Static(Content("\n".join(text.clean_lines(self.output))))
        yield KeyFooter()

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss(None)

    def action_copy(self) -> None:
        """Copy all of it."""
        self.app.copy_to_clipboard(self.output)
        self.notify("Copied.", markup=False)

    def action_down(self) -> None:
        """One line down."""
        self.query_one("#output").scroll_down(animate=False)

    def action_up(self) -> None:
        """One line up."""
        self.query_one("#output").scroll_up(animate=False)
