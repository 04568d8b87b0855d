"""The window that programs believe to be in: titles, and a size on a desktop that is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from slshell.terminal.motion import Numbers

if TYPE_CHECKING:
    from slshell.terminal.screen import Screen

CELL_WIDTH, CELL_HEIGHT = 10, 20
"""Pixels that are told to programs which ask."""

DESKTOP_COLUMNS, DESKTOP_ROWS = 200, 60
TITLE_LIMIT = 1024
STACK_LIMIT = 16
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
_SET_HEX, _QUERY_HEX = 0, 1


class Titles(NamedTuple):
    """An entry of the stack; `None` for the one that was not pushed."""

    icon: str | None
    window: str | None


class Window:
    """What XTWINOPS changes and tells."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.start()

    def start(self) -> None:
        """As after power-on."""
        self.title = self.icon = ""
        self._stack: list[Titles] = []
        self._hex: set[int] = set()
        self.iconified = False
        self._place = (0, 0)
        self._before: tuple[int, int] | None = None

    def name(self, text: str, window: bool, icon: bool) -> None:
        """OSC 0, 1 and 2."""
        if _SET_HEX in self._hex:
            try:
                text = bytes.fromhex(text).decode("utf-8", "replace")
            except ValueError:
                return
        text = _UNPRINTABLE.sub(" ", text)[:TITLE_LIMIT]
        self.title = text if window else self.title
        self.icon = text if icon else self.icon

    def title_modes(self, numbers: Numbers, on: bool) -> None:
        """XTSMTITLE and XTRMTITLE: titles as hexadecimal digits."""
        for number in numbers:
            if number in (_SET_HEX, _QUERY_HEX):
                (self._hex.add if on else self._hex.discard)(number)
        if numbers == (-1,) and not on:
            self._hex.clear()

    def operate(self, numbers: Numbers) -> None:
        """XTWINOPS."""
        kind = numbers[0]
        given = (*numbers[1:3], -1, -1)[:2]
        if kind in (1, 2):
            self.iconified = kind == 2
        elif kind == 3:
            self._place = (max(given[0], 0), max(given[1], 0))
        elif kind in (4, 8, 9, 10) or kind >= 24:
            self._resize(kind, given)
        elif kind in (22, 23):
            (self._push if kind == 22 else self._pop)(max(given[0], 0))
        elif kind in (20, 21):
            self._tell_title("L" if kind == 20 else "l", self.icon if kind == 20 else self.title)
        else:
            self._report(kind)

    def _resize(self, kind: int, given: tuple[int, ...]) -> None:
        screen = self._screen
        columns, rows = screen.columns, screen.rows
        if kind >= 24:
            rows = kind
        elif kind == 4:
            rows = _asked(given[0], rows, DESKTOP_ROWS, CELL_HEIGHT)
            columns = _asked(given[1], columns, DESKTOP_COLUMNS, CELL_WIDTH)
        elif kind == 8:
            rows = _asked(given[0], rows, DESKTOP_ROWS)
            columns = _asked(given[1], columns, DESKTOP_COLUMNS)
        else:
            columns, rows = self._maximized(kind, max(given[0], 0))
        screen.resize_by_program(min(columns, DESKTOP_COLUMNS), min(rows, DESKTOP_ROWS))

    def _maximized(self, kind: int, way: int) -> tuple[int, int]:
        screen = self._screen
        size = screen.columns, screen.rows
        leaves = way == 0 or (kind == 10 and way == 2 and self._before is not None)
        if leaves:
            size, self._before = self._before or size, None
            return size
        self._before = self._before or size
        whole = kind == 10 or way == 1
        return (
            DESKTOP_COLUMNS if whole or way == 3 else screen.columns,
            DESKTOP_ROWS if whole or way == 2 else screen.rows,
        )

    def _push(self, which: int) -> None:
        entry = Titles(self.icon if which in (0, 1) else None, self.title if which in (0, 2) else None)
        self._stack = [*self._stack, entry][-STACK_LIMIT:]

    def _pop(self, which: int) -> None:
        """Take the last entry off; what it lacks comes from below it."""
        if not self._stack:
            return
        if which in (0, 1):
            self.icon = next((entry.icon for entry in self._stack[::-1] if entry.icon is not None), self.icon)
        if which in (0, 2):
            found = (entry.window for entry in self._stack[::-1] if entry.window is not None)
            self.title = next(found, self.title)
        self._stack.pop()

    def _tell_title(self, kind: str, title: str) -> None:
        if self._screen.allowed.title_report:
            text = title.encode().hex().upper() if _QUERY_HEX in self._hex else title
            self._screen.answer_sequence("]", kind + text)

    def _report(self, kind: int) -> None:
        screen = self._screen
        size = (screen.rows, screen.columns)
        desktop = (max(DESKTOP_ROWS, screen.rows), max(DESKTOP_COLUMNS, screen.columns))
        answers: dict[int, tuple[int, ...]] = {
            11: (2 if self.iconified else 1,),
            13: (3, *self._place),
            14: (4, size[0] * CELL_HEIGHT, size[1] * CELL_WIDTH),
            15: (5, desktop[0] * CELL_HEIGHT, desktop[1] * CELL_WIDTH),
            16: (6, CELL_HEIGHT, CELL_WIDTH),
            18: (8, *size),
            19: (9, *desktop),
        }
        if kind in answers:
            screen.answer_sequence("[", ";".join(map(str, answers[kind])) + "t")


def _asked(given: int, now: int, most: int, unit: int = 1) -> int:
    """A size asked for: left out keeps what is, 0 takes all there is."""
    if given < 0:
        return now
    return max(given // unit, 1) if given else most
