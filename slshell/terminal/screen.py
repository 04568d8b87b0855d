"""The screen of a terminal: bytes in, rows of styled text, a cursor and modes out."""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from slshell.terminal import commands, device, reflow, search, selection, sequences, state
from slshell.terminal.cells import Clusters
from slshell.terminal.charsets import Charsets
from slshell.terminal.modes import Modes
from slshell.terminal.page import Page
from slshell.terminal.palette import Palette
from slshell.terminal.parser import Parser
from slshell.terminal.row import Row
from slshell.terminal.selection import Place, Span
from slshell.terminal.sgr import Pens
from slshell.terminal.style import PLAIN, Style, Styles
from slshell.terminal.window import Window
from slshell.terminal.writing import Writing

MOST_COLUMNS, MOST_ROWS = 1000, 500
_CODING_END = re.compile(rb"[\x00-\x1a\x1c-\x1f\x7f]*[@G8]")
_CODING = re.compile(rb"%" + _CODING_END.pattern)
"""What may end a sequence after which bytes mean other characters; control characters act within it."""

_RUN = re.compile(r"(.)\1*", re.DOTALL)


class Cursor(NamedTuple):
    """Where the cursor is, counted from 0, and how it looks: block, underline or bar."""

    x: int
    y: int
    visible: bool
    shape: str
    blinking: bool


class Cell(NamedTuple):
    """One cell: its text (empty in the second half of a wide character) and its style."""

    text: str
    style: Style


class Run(NamedTuple):
    """Text of one style; `columns` is how many cells it takes."""

    text: str
    style: Style
    columns: int


@dataclass(frozen=True)
class Allowed:
    """What programs in the terminal may do beyond drawing."""

    clipboard: bool = False
    """Set `Screen.clipboard` by OSC 52, and read back what they set."""
    resize: bool = True
    """Change the size of the screen; the drawing side may resize it back."""
    title_report: bool = True
    """Be told the titles they set, which end up where keys do; control characters are never in them."""


class Screen(Writing):
    """A terminal of so many columns and rows that remembers so many rows of history.

    Whatever is fed to it, it does not raise and stays within bounds. Answers to a program's questions go
    through `reply`, in the order of the questions.
    """

    def __init__(
        self,
        columns: int,
        rows: int,
        history: int = 5000,
        reply: Callable[[bytes], object] | None = None,
        allowed: Allowed | None = None,
    ) -> None:
        self.columns = _within(columns, MOST_COLUMNS)
        self.rows = _within(rows, MOST_ROWS)
        self.allowed = allowed or Allowed()
        self._reply = reply
        self._history_limit = max(history, 0)
        self.styles = Styles()
        self.clusters = Clusters()
        self.styles.make_room = self.clusters.make_room = self._sweep
        self._pens = Pens(self.styles)
        self.window: Window = Window(self)
        self.scrolled = 0
        self.bells = 0
        self.clipboard: bytes | None = None
        self.parser = Parser(self)
        self._seen: list[tuple[str, str]] = []
        self.utf8 = True
        self._decoder: codecs.IncrementalDecoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.start()

    def start(self) -> None:
        """The state after power-on (RIS); size, encoding and what the drawing side has chosen stay."""
        self.main = Page(self.rows)
        self.alternate = Page(self.rows)
        self.page = self.main
        self.history: deque[Row] = deque(maxlen=self._history_limit)
        self.modes = Modes()
        self.charsets = Charsets()
        self.palette = Palette()
        self.window.start()
        self.x = self.y = 0
        self.pending = False
        self.pen = PLAIN
        self.protection = state.UNPROTECTED
        self.level = state.HIGHEST_LEVEL
        self.eight_bit = False
        self.cursor_style = 0
        self.settings: dict[str, int] = {}
        self.pen_stack: list[Style] = []
        self.last = ""
        self.tabs = state.default_tabs(self.columns)
        self.doubles = False
        self.full_margins()
        self.settle()

    def feed(self, data: bytes) -> None:
        """Take what the machine has sent, cut anywhere."""
        place = 0
        if not self.parser.between and (end := _CODING_END.match(data)):
            place = end.end()
            self.parser.feed(self._decoder.decode(data[:place]))
        if b"%" in data:
            for found in _CODING.finditer(data, place):
                self.parser.feed(self._decoder.decode(data[place : found.end()]))
                place = found.end()
        self.parser.feed(self._decoder.decode(data[place:] if place else data))

    def use_utf8(self, on: bool) -> None:
        """Read bytes as UTF-8, or one character a byte."""
        if on != self.utf8:
            self.utf8 = on
            self._decoder = codecs.getincrementaldecoder("utf-8" if on else "latin-1")("replace")
            self.settle()

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; lines of the main screen and of the history flow into the new width."""
        reflow.resize(self, _within(columns, MOST_COLUMNS), _within(rows, MOST_ROWS))

    def resize_by_program(self, columns: int, rows: int) -> None:
        """Change the size because a program wants it, if it may: rows are cut, the history stays."""
        if self.allowed.resize:
            reflow.cut(self, columns, rows)

    def answer(self, begin: bytes, text: str, end: bytes) -> None:
        """Send text between bytes to the program, as if typed."""
        if self._reply is not None:
            self._reply(begin + text.encode("utf-8" if self.utf8 else "latin-1", "replace") + end)

    def answer_sequence(self, introducer: str, text: str) -> None:
        """Send a sequence: CSI, DCS or OSC (given as `[`, `P`, `]`), 7 or 8 bits as the program likes it."""
        begin, end = f"\x1b{introducer}".encode(), b"\x1b\\"
        if self.eight_bit:
            begin, end = bytes([ord(introducer) + 0x40]), b"\x9c"
        self.answer(begin, text, end if introducer != "[" else b"")

    # What the parser calls.

    def sgr(self, parameters: str) -> None:
        """Set colours and attributes of what is written next."""
        known = self._pens.known.get((self.pen, parameters))
        self.pen = self._pens.after(self.pen, parameters) if known is None else known

    def control(self, character: str) -> None:
        """A control character."""
        if action := sequences.CONTROLS.get(character):
            action(self)

    def escape(self, intermediates: str, final: str) -> None:
        """An escape sequence."""
        if action := sequences.ESCAPES.get(intermediates + final):
            action(self)
        elif intermediates:
            sequences.designate(self, intermediates, final)

    def sequence(self, prefix: str, parameters: str, intermediates: str, final: str) -> None:
        """A control sequence."""
        action = sequences.CONTROL_SEQUENCES.get(prefix + intermediates + final)
        if action is not None and (numbers := sequences.numbers(parameters)):
            action(self, numbers)

    def command(self, text: str, terminator: str) -> None:
        """An operating-system command."""
        commands.run(self, text, terminator)

    def device(self, parameters: str, intermediates: str, final: str, text: str) -> None:
        """A device control string."""
        device.run(self, parameters, intermediates, final, text)

    # What the drawing side asks for.

    @property
    def cursor(self) -> Cursor:
        """The cursor as it is to be drawn."""
        shape = ("block", "underline", "bar")[max(self.cursor_style - 1, 0) // 2]
        blinking = self.cursor_style in (0, 1, 3, 5)
        return Cursor(self.x, self.y, self.modes.cursor_visible, shape, blinking)

    @property
    def title(self) -> str:
        """The window title that the program has set."""
        return self.window.title

    def lines(self) -> list[str]:
        """The text of each row, filled up with blanks; a wide character stands for two cells."""
        return [self.clusters.plain(row.text.ljust(self.columns)) for row in self.page.rows]

    def text(self) -> str:
        """History and screen as plain text: wrapped lines whole, without blanks at their ends."""
        lines: list[str] = []
        line = ""
        for row in (*self.history, *self.page.rows):
            line += self.clusters.plain(row.text)
            if not row.wrapped:
                lines.append(line.rstrip(" "))
                line = ""
        return "\n".join([*lines, line] if line else lines).rstrip("\n")

    def view(self, back: int = 0) -> list[Row]:
        """The rows to be drawn when scrolled back by some rows into the history."""
        back = min(max(back, 0), len(self.history))
        first = len(self.history) - back
        return [*islice(self.history, first, first + self.rows), *self.page.rows[: max(self.rows - back, 0)]]

    @property
    def oldest(self) -> int:
        """The number of the oldest row that is remembered; see `Place` for how rows are numbered."""
        return self.scrolled - len(self.history)

    @property
    def newest(self) -> int:
        """The number of the last row of the screen; its first row has the number `scrolled`."""
        return self.scrolled + self.rows - 1

    def find(self, text: str, ignore_case: bool = True) -> list[Span]:
        """Where a text stands in history and screen, oldest first, also over the end of a wrapped row."""
        return search.find(self, text, ignore_case)

    def text_between(self, start: Place, end: Place, block: bool = False) -> str:
        """The text to be copied of what is between two places; see `selection.text_between`."""
        return selection.text_between(self, start, end, block)

    def plain(self, row: Row, first: int = 0, end: int | None = None) -> str:
        """The text in some columns of a row; a wide character belongs to its first column."""
        return self.clusters.plain(row.text[first:end])

    def runs(self, row: Row) -> list[Run]:
        """A row of this screen cut where the style changes; what is missing at its end is blank and plain."""
        text, runs, place = row.text, [], 0
        for found in _RUN.finditer(row.styles.ljust(len(text), PLAIN)):
            piece = text[place : found.end()]
            runs.append(Run(self.clusters.plain(piece), self.styles[found[1]], len(piece)))
            place = found.end()
        return runs

    def cell(self, x: int, y: int) -> Cell:
        """The cell in column x of row y."""
        row = self.page.rows[y]
        code = row.styles[x : x + 1] or PLAIN
        return Cell(self.clusters.text(row.text[x : x + 1] or " "), self.styles[code])

    def changed(self) -> list[int]:
        """The rows that differ from what they were when this was asked the last time; all, the first time."""
        now = [(row.text, row.styles) for row in self.page.rows]
        before, self._seen = self._seen, now
        if len(before) != len(now):
            return list(range(len(now)))
        return [y for y, (old, new) in enumerate(zip(before, now, strict=True)) if old != new]

    def _sweep(self) -> None:
        """Make room in the tables of styles and of clusters by forgetting what no cell has any more."""
        state.sweep(self)
        self._pens.known.clear()
        self._seen = []


def _within(size: int, most: int) -> int:
    return min(max(size, 1), most)
