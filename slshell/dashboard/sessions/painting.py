"""Rows of the emulator as strips of the screen; nothing in them can be a control code."""

from __future__ import annotations

import re
from itertools import groupby

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from slshell.dashboard.sessions.pens import BAR, NONE, Pens
from slshell.terminal.cells import TAIL
from slshell.terminal.row import Row
from slshell.terminal.screen import Screen
from slshell.terminal.style import HIDDEN, PLAIN, Style

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""The emulator keeps them out of its cells; the outer terminal must not see one even so."""

_BAR = "▏"


def paint(screen: Screen, row: Row, width: int, over: str, pens: Pens) -> Strip:
    """A row as a strip of so many cells; `over` has a character (its code is what lies there) for each."""
    if not over:
        segments = [
            _segment(run.text, run.columns, run.style, NONE, pens)
            for run in screen.runs(row)
        ]  # fmt: skip
        return _fitted(segments, screen.columns if len(row.text) > width else len(row.text), width, pens)
    text = row.text.ljust(width)[:width]
    codes = row.styles.ljust(width, PLAIN)
    place, segments = 0, []
    for (code, mark), cells in groupby(zip(codes, _whole(text, over.ljust(width, chr(NONE))), strict=False)):
        end = place + sum(1 for _ in cells)
        piece = text[place:end]
        if piece:
            words = screen.clusters.plain(piece)
            segments.append(_segment(words, len(piece), screen.styles[code], ord(mark), pens))
        place = end
    return _fitted(segments, len(text), width, pens)


def _whole(text: str, over: str) -> str:
    """What lies over the first half of a wide character lies over its second as well."""
    if TAIL not in text:
        return over
    marks = list(over)
    for place, character in enumerate(text):
        if character == TAIL and place:
            marks[place] = marks[place - 1]
    return "".join(marks)


def _segment(text: str, columns: int, style: Style, over: int, pens: Pens) -> Segment:
    if _CONTROLS.search(text):
        text = _CONTROLS.sub("\ufffd", text)
    if style.has(HIDDEN):
        text = " " * columns
    if not text.isascii():
        text = _as_wide(text, columns)
    if over == BAR and not text.strip():
        text = _BAR.ljust(columns)
    return Segment(text, pens.pen(style, over))


def _as_wide(text: str, columns: int) -> str:
    """The text where the screen library counts as many cells as the emulator, else with blanks or a cut."""
    counted = cell_len(text)
    if counted <= columns:
        return text + " " * (columns - counted)
    while text and cell_len(text) > columns:
        text = text[:-1]
    return text + " " * (columns - cell_len(text))


def _fitted(segments: list[Segment], used: int, width: int, pens: Pens) -> Strip:
    if used < width:
        segments.append(Segment(" " * (width - used), pens.blank))
    strip = Strip(segments, max(used, width))
    return strip.crop(0, width) if used > width else strip
