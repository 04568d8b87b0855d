"""Copy mode of the sessions' screen: walking, selecting and searching in the history of the active pane."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from textual import on

from slshell.dashboard.screens.steady import Steady
from slshell.dashboard.sessions.asking import AskLine
from slshell.dashboard.sessions.gaze import Spot
from slshell.dashboard.sessions.leader import CopyLine

if TYPE_CHECKING:
    from slshell.dashboard.sessions.view import TerminalView

_WORDS = re.compile(r"\S+")


class Copying(Steady[None]):
    """What the keys of copy mode do."""

    @property
    def view(self) -> TerminalView | None:
        """The pane that has the keys."""
        raise NotImplementedError

    def hand_over(self, words: str) -> None:
        """Copy a text."""
        self.app.copy_to_clipboard(words)
        lines = words.rstrip("\n").count("\n") + 1
        self.notify("Copied." if lines == 1 else f"Copied {lines} lines.", markup=False)

    def action_copy_mode(self) -> None:
        """Walk about in what the pane shows and has shown."""
        view = self.view
        if view is None:
            return
        if view.gaze.cursor is None:
            screen = view.session.screen
            view.gaze.top = view.gaze.first
            column = min(screen.x, screen.columns - 1)
            view.gaze.cursor = Spot(
                min(screen.scrolled + screen.y, view.gaze.first + screen.rows - 1), column
            )
        self.query_one(CopyLine).open()
        self._drawn(view)

    def action_leave_copy(self) -> None:
        """Follow what comes again."""
        view = self.view
        if view is not None:
            view.gaze.reset()
            view.gaze.search("")
            self._drawn(view)
        self.query_one(CopyLine).leave()

    def action_walk(self, across: int, down: int) -> None:
        """Move the cursor."""
        view, cursor = self.view, self._cursor
        if view is not None and cursor is not None:
            self._walk_to(view, Spot(cursor.row + down, cursor.column + across))

    def action_walk_page(self, by: int) -> None:
        """Move the cursor by a page."""
        if self.view is not None:
            self.action_walk(0, by * max(self.view.session.screen.rows - 1, 1))

    def action_walk_all(self, by: int) -> None:
        """To the oldest or the newest row."""
        view, cursor = self.view, self._cursor
        if view is not None and cursor is not None:
            row = view.gaze.oldest if by < 0 else view.gaze.newest
            self._walk_to(view, Spot(row, cursor.column))

    def action_walk_end(self, by: int) -> None:
        """To the start or the end of the line."""
        view, cursor = self.view, self._cursor
        if view is not None and cursor is not None:
            length = len(view.gaze.row(cursor.row).text.rstrip())
            self._walk_to(view, Spot(cursor.row, 0 if by < 0 else max(length - 1, 0)))

    def action_walk_word(self, by: int) -> None:
        """To the next or the previous word, of another row where this one has no more."""
        view, cursor = self.view, self._cursor
        if view is None or cursor is None:
            return
        row = cursor.row
        while view.gaze.oldest <= row <= view.gaze.newest:
            starts = [found.start() for found in _WORDS.finditer(view.gaze.row(row).text)]
            if row == cursor.row:
                starts = [each for each in starts if (each - cursor.column) * by > 0]
            if starts:
                self._walk_to(view, Spot(row, starts[0] if by > 0 else starts[-1]))
                return
            row += by

    def action_mark(self, by_lines: bool) -> None:
        """Begin to select here, or select nothing any more."""
        view, cursor = self.view, self._cursor
        if view is None or cursor is None:
            return
        if view.gaze.anchor is not None and view.gaze.by_lines == by_lines:
            view.gaze.deselect()
        else:
            view.gaze.select(view.gaze.anchor or cursor, cursor, by_lines=by_lines)
        self._drawn(view)

    def action_take(self) -> None:
        """Copy what is selected, and leave."""
        words = self.view.gaze.text() if self.view is not None else ""
        if words:
            self.hand_over(words)
        self.action_leave_copy()

    def action_search(self) -> None:
        """Type what to look for."""
        if self.view is not None:
            self.query_one("#session-search", AskLine).open(self.view.gaze.needle)

    def action_hit(self, by: int) -> None:
        """The next hit, upwards first."""
        view = self.view
        if view is None:
            return
        if view.gaze.needle and not view.gaze.next_hit(by, view.gaze.cursor):
            self.notify(f"“{view.gaze.needle}” is not there.", markup=False)
        if view.gaze.cursor is not None:
            self._walk_to(view, view.gaze.cursor)

    @on(AskLine.Given, "#session-search")
    def _searched(self, event: AskLine.Given) -> None:
        view = self.view
        if view is None:
            return
        view.gaze.search(event.words)
        self.action_copy_mode()
        if event.words:
            self.action_hit(-1)

    @on(AskLine.Left)
    def _left(self) -> None:
        view = self.view
        if view is not None and view.gaze.cursor is not None:
            self.query_one(CopyLine).open()
        elif view is not None:
            view.focus()

    @property
    def _cursor(self) -> Spot | None:
        return self.view.gaze.cursor if self.view is not None else None

    def _walk_to(self, view: TerminalView, spot: Spot) -> None:
        gaze = view.gaze
        row = min(max(spot.row, gaze.oldest), gaze.newest)
        gaze.cursor = Spot(row, min(max(spot.column, 0), view.session.screen.columns - 1))
        if gaze.anchor is not None:
            gaze.head = gaze.cursor
        gaze.reveal(gaze.cursor)
        if gaze.top is None:
            gaze.top = gaze.first
        self._drawn(view)

    def _drawn(self, view: TerminalView) -> None:
        view.show()
