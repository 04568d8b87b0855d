"""Commands that tell of their steps: a sheet opens at the first word and follows them to the end."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from slshell.commands.line import Result
from slshell.dashboard import results
from slshell.dashboard.at_work import Running
from slshell.dashboard.screens.live import LiveScreen

if TYPE_CHECKING:
    from slshell.dashboard.app import SlshellApp

TELLING = frozenset({"create-image"})
"""Commands that are worth watching from their first word to their last."""


@dataclass(eq=False)
class Live:
    """Brings what a command tells from its thread to its sheet."""

    app: SlshellApp
    line: str
    _told: deque[str] = field(default_factory=deque)
    _due: bool = False
    _screen: LiveScreen | None = None

    def tell(self, words: str) -> None:
        """Take what the command tells; called from its thread."""
        self._told.append(words)
        if not self._due:
            self._due = True
            self.app.call_later(self._show)

    def ended(self, result: Result) -> bool:
        """Show what became of it; False when nobody looks at the sheet."""
        self._show()
        if self._screen is None or self._screen not in self.app.screen_stack:
            return False
        error = result.error
        if error is None:
            self._screen.add([result.output])
            self._screen.ended("done", well=True)
        else:
            self._screen.ended(f"{error.message}\n{error.hint}".strip(), well=False)
        return True

    def _show(self) -> None:
        # Before the words are taken, so that one that comes meanwhile asks again.
        self._due = False
        words = [self._told.popleft() for _ in range(len(self._told))]
        if not words:
            return
        if self._screen is None:
            self._screen = LiveScreen(self.line)
            self.app.push_screen(self._screen)
        if self._screen in self.app.screen_stack:
            self._screen.add(words)


def begin(app: SlshellApp, running: Running) -> None:
    """Have a command watched that tells of its steps; others are told of when they have ended."""
    info = results.info_of(running.line, app.interpreter.root)
    if info is not None and info.name in TELLING:
        live = Live(app, running.line)
        running.environment.output = replace(running.environment.output, on_notice=live.tell)
        running.ended = live.ended
