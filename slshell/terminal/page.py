"""A screenful of rows, and the cursor that was saved on it."""

from __future__ import annotations

from typing import NamedTuple

from slshell.terminal.charsets import Charsets
from slshell.terminal.row import Row
from slshell.terminal.style import Style


class Saved(NamedTuple):
    """What DECSC keeps."""

    x: int
    y: int
    pending: bool
    style: Style
    charsets: Charsets
    origin: bool


class Page:
    """The rows of the main or the alternate screen."""

    def __init__(self, rows: int) -> None:
        self.rows = [Row() for _ in range(rows)]
        self.saved: Saved | None = None

    def clear(self) -> None:
        """Blank rows, as many as before."""
        self.rows = [Row() for _ in self.rows]

    def fit(self, columns: int, rows: int) -> None:
        """Cut or fill up to another size, without reflow."""
        del self.rows[rows:]
        self.rows += [Row() for _ in range(rows - len(self.rows))]
        for row in self.rows:
            if len(row.text) > columns:
                row.text, row.styles = row.cut(0, columns)
            row.wrapped = False
