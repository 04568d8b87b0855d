"""Where one looks into a terminal: how far back, what is selected, what is searched for. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from slshell.dashboard.sessions.pens import CURRENT, MATCH, NONE, SELECTED
from slshell.terminal.cells import TAIL
from slshell.terminal.row import Row
from slshell.terminal.screen import Screen

_WORD = re.compile(r"[^\s\"'`()\[\]{}<>|,;]+")


class Spot(NamedTuple):
    """A cell: its row, counted from the first that ever was, and its column."""

    row: int
    column: int


class Gaze:
    """A look at the history and the screen of one terminal."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.top: int | None = None
        """The row that is drawn first; None follows what comes."""
        self.cursor: Spot | None = None
        """The cursor of copy mode."""
        self.anchor: Spot | None = None
        self.head: Spot | None = None
        self.by_lines = False
        """Whole rows are selected."""
        self.needle = ""
        self.found: Spot | None = None
        """Where the chosen hit begins."""
        self._pattern: re.Pattern[str] | None = None

    @property
    def oldest(self) -> int:
        """The first row that is still there."""
        return self._screen.scrolled - len(self._screen.history)

    @property
    def newest(self) -> int:
        """The last row of the screen."""
        return self._screen.scrolled + self._screen.rows - 1

    @property
    def first(self) -> int:
        """The row that is drawn first."""
        live = self._screen.scrolled
        return live if self.top is None else min(max(self.top, self.oldest), live)

    @property
    def back(self) -> int:
        """How many rows it is scrolled back."""
        return self._screen.scrolled - self.first

    def scroll(self, by: int) -> None:
        """Go up (negative) or down by rows; at the bottom it follows again."""
        self.go(self.first + by)

    def go(self, row: int) -> None:
        """Draw from some row on."""
        self.top = None if row >= self._screen.scrolled else max(row, self.oldest)

    def reveal(self, spot: Spot) -> None:
        """Scroll so that a cell is seen."""
        if spot.row < self.first:
            self.go(spot.row)
        elif spot.row >= self.first + self._screen.rows:
            self.go(spot.row - self._screen.rows + 1)

    def reset(self) -> None:
        """Follow what comes, with nothing selected; what was searched for stays."""
        self.top = self.cursor = self.anchor = self.head = self.found = None
        self.by_lines = False

    def row(self, number: int) -> Row:
        """A row by its number; a blank one where there is none."""
        screen = self._screen
        place = number - screen.scrolled
        if 0 <= place < screen.rows:
            return screen.page.rows[place]
        place += len(screen.history)
        return screen.history[place] if 0 <= place < len(screen.history) else Row()

    # Selection.

    @property
    def selected(self) -> tuple[Spot, Spot] | None:
        """The first cell that is selected and the one after the last."""
        if self.anchor is None or self.head is None:
            return None
        first, last = sorted((self.anchor, self.head))
        if self.by_lines:
            return Spot(first.row, 0), Spot(last.row, self._screen.columns)
        return first, Spot(last.row, last.column + 1)

    def select(self, anchor: Spot, head: Spot, *, by_lines: bool = False) -> None:
        """Select from a cell to another."""
        self.anchor, self.head, self.by_lines = anchor, head, by_lines

    def deselect(self) -> None:
        """Select nothing."""
        self.anchor = self.head = None
        self.by_lines = False

    def select_word(self, spot: Spot) -> None:
        """Select the word at a cell: what stands between blanks and quotes."""
        for found in _WORD.finditer(self.row(spot.row).text):
            if found.start() <= spot.column < found.end():
                self.select(Spot(spot.row, found.start()), Spot(spot.row, found.end() - 1))

    def text(self) -> str:
        """What is selected: wrapped rows in one line, without blanks at the ends of lines."""
        if self.selected is None:
            return ""
        first, last = self.selected
        words = ""
        for number in range(max(first.row, self.oldest), last.row + 1):
            row = self.row(number)
            start = first.column if number == first.row else 0
            end = last.column if number == last.row else self._screen.columns
            piece = self._screen.plain(row, start, end)
            ends = not row.wrapped or number == last.row
            words += piece.rstrip(" ") + "\n" if ends else piece
        return words if self.by_lines else words.removesuffix("\n")

    # Search.

    def search(self, needle: str) -> None:
        """Look for a text; capitals count only where it has some. An empty one finds nothing."""
        self.needle, self.found = needle, None
        letters = [re.escape(each) for each in needle]
        flags = re.IGNORECASE if needle == needle.lower() else 0
        self._pattern = re.compile(f"{TAIL}?".join(letters), flags) if needle else None

    def hits(self, row: Row) -> list[tuple[int, int]]:
        """Where in a row the searched text is: the first column and the one after the last."""
        if self._pattern is None:
            return []
        return [found.span() for found in self._pattern.finditer(row.text)]

    def next_hit(self, by: int, start: Spot | None = None) -> bool:
        """Choose the next hit upwards (-1) or downwards (1), around the ends; False for none."""
        start = start or self.found or Spot(self.first + self._screen.rows, 0)
        spots = [
            Spot(number, column)
            for number in range(self.oldest, self.newest + 1)
            for column, _ in self.hits(self.row(number))
        ]
        if not spots:
            self.found = None
            return False
        if by < 0:
            self.found = next((each for each in reversed(spots) if each < start), spots[-1])
        else:
            self.found = next((each for each in spots if each > start), spots[0])
        self.reveal(self.found)
        if self.cursor is not None:
            self.cursor = self.found
        return True

    def over(self, number: int) -> str:
        """What lies over each cell of a row, as characters; empty for nothing."""
        row, columns = self.row(number), self._screen.columns
        marks: list[int] = []
        for start, end in self.hits(row):
            marks = marks or [NONE] * columns
            kind = CURRENT if Spot(number, start) == self.found else MATCH
            marks[start:end] = [kind] * (min(end, columns) - start)
        selected = self.selected
        if selected is not None and selected[0].row <= number <= selected[1].row:
            marks = marks or [NONE] * columns
            start = selected[0].column if number == selected[0].row else 0
            end = min(selected[1].column, columns) if number == selected[1].row else columns
            marks[start:end] = [SELECTED] * (end - start)
        return "".join(map(chr, marks))
