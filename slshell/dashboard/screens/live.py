"""What a command tells while it is at work, as it comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Log, Static

from slshell.dashboard import text
from slshell.dashboard.screens.output import OutputScreen
from slshell.dashboard.widgets.key_footer import KeyFooter

MOST_LINES = 10_000
"""What a large installation writes fits; a guest that writes for ever takes no more memory than this."""


class LiveScreen(OutputScreen):
    """The steps of one command line and what machines write; closing it leaves the command at work."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "app.stop_command", "Stop the command", id="live.stop"),
    ]

    def __init__(self, line: str) -> None:
        super().__init__(line, "")
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._log: Log | None = None
        self._state = Content.assemble(("at work", "bold"), ", Ctrl-C stops it, Esc leaves it at work")

    def compose(self) -> ComposeResult:
        """The line, what it has told so far, and whether it still goes on."""
        with Vertical(id="sheet", classes="live"):
            yield Static(Content.assemble((":", "$dim"), (text.clean(self.line), "bold")), id="sheet-title")
            yield Log(id="output", max_lines=MOST_LINES)
            yield Static(self._state, id="live-state")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Show what came before there was a place for it."""
        self._log = self.query_one(Log)
        self._log.write_lines(self._lines)

    def on_unmount(self) -> None:
        """What comes now is kept by the command alone."""
        self._log = None

    def add(self, words: Iterable[str]) -> None:
        """Show more of what it tells; all of it may be a stranger's."""
        lines = [line for each in words for line in text.clean_lines(each.rstrip("\n"))]
        self._lines.extend(lines)
        self.output = "\n".join(self._lines)
        if self._log is not None:
            self._log.write_lines(lines)

    def ended(self, words: str, *, well: bool) -> None:
        """It is over; `words` say what became of it."""
        mark = ("✓ ", "$success") if well else ("✗ ", "$error")
        self._state = Content.assemble(mark, "\n  ".join(text.clean_lines(words)))
        if self._log is not None:
            self.query_one("#live-state", Static).update(self._state)
