"""Erasing, inserting and deleting, in rows and of rows and columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from slshell.terminal import style as looks
from slshell.terminal.cells import TAIL
from slshell.terminal.motion import Numbers, carriage_return, count, home
from slshell.terminal.row import NORMAL, Row
from slshell.terminal.state import DEC_PROTECTED, ISO_PROTECTED
from slshell.terminal.writing import put_styled

if TYPE_CHECKING:
    from slshell.terminal.screen import Screen


def erase(screen: Screen, row: Row, x: int, end: int, selective: bool = False) -> None:
    """Blank some columns; protected cells stay when the erasure is selective or the protection is ISO's."""
    if selective or screen.protection == ISO_PROTECTED:
        _erase_unprotected(screen, row, x, end, keep_look=selective)
    else:
        row.erase(x, end, screen.blank)
    if end >= screen.columns:
        row.wrapped = False


def _erase_unprotected(screen: Screen, row: Row, x: int, end: int, keep_look: bool) -> None:
    end = min(end, screen.columns)
    if keep_look:
        blank_unprotected(screen, row, x, min(end, len(row.text)))
    elif any(screen.styles[code].has(looks.PROTECTED) for code in set(row.styles[x:end])):
        blank_unprotected(screen, row, x, end, screen.blank)
    else:
        row.erase(x, end, screen.blank)


def blank_unprotected(screen: Screen, row: Row, x: int, end: int, blank: str | None = None) -> None:
    """Blank the cells from x up to `end` that are not protected; they keep their look unless one is given."""
    if end <= x:
        return
    text, styles = row.cut(x, end)
    protected = {code for code in set(styles) if screen.styles[code].has(looks.PROTECTED)}
    cells, codes = [], []
    is_kept = False
    for cell, code in zip(text, styles, strict=True):
        # Both halves of a wide character share its fate, even if a rectangle has given them two looks.
        is_kept = is_kept if cell == TAIL else code in protected
        cells.append(cell if is_kept else " ")
        codes.append(code if is_kept or blank is None else blank)
    put_styled(row, x, "".join(cells), "".join(codes))


def in_line(screen: Screen, numbers: Numbers, selective: bool = False) -> None:
    """EL: to the end, from the beginning, or all of the row."""
    spans = {-1: (screen.x, screen.columns), 1: (0, screen.x + 1), 2: (0, screen.columns)}
    spans[0] = spans[-1]
    if numbers[0] in spans:
        erase(screen, screen.row, *spans[numbers[0]], selective)
        screen.pending = False


def selectively_in_line(screen: Screen, numbers: Numbers) -> None:
    """DECSEL."""
    in_line(screen, numbers, selective=True)


def in_display(screen: Screen, numbers: Numbers, selective: bool = False) -> None:
    """ED: to the end, from the beginning, all of the screen, or the history."""
    kind = max(numbers[0], 0)
    rows = screen.page.rows
    if kind == 3:
        screen.history.clear()
    if kind > 2:
        return
    if kind < 2:
        in_line(screen, (kind,), selective)
    screen.pending = False
    whole = {0: rows[screen.y + (screen.x > 0) :], 1: rows[: screen.y], 2: rows}[kind]
    for row in whole:
        erase(screen, row, 0, screen.columns, selective)
        row.size = NORMAL


def selectively_in_display(screen: Screen, numbers: Numbers) -> None:
    """DECSED."""
    in_display(screen, numbers, selective=True)


def characters(screen: Screen, numbers: Numbers) -> None:
    """ECH."""
    erase(screen, screen.row, screen.x, min(screen.x + count(numbers), screen.columns))
    screen.pending = False


def _within(screen: Screen) -> bool:
    return screen.left <= screen.x <= screen.right and screen.top <= screen.y <= screen.bottom


def insert_characters(screen: Screen, numbers: Numbers) -> None:
    """ICH."""
    if screen.left <= screen.x <= screen.right:
        screen.row.insert(screen.x, count(numbers), screen.right + 1, screen.blank)
        screen.row.wrapped = False
    screen.pending = False


def delete_characters(screen: Screen, numbers: Numbers) -> None:
    """DCH."""
    if screen.left <= screen.x <= screen.right:
        screen.row.delete(screen.x, count(numbers), screen.right + 1, screen.blank)
        screen.row.wrapped = False
    screen.pending = False


def insert_lines(screen: Screen, numbers: Numbers) -> None:
    """IL."""
    if _within(screen):
        screen.scroll_down(screen.y, count(numbers))
        carriage_return(screen)


def delete_lines(screen: Screen, numbers: Numbers) -> None:
    """DL."""
    if _within(screen):
        screen.move_rows_up(screen.y, count(numbers))
        carriage_return(screen)


def scroll_up(screen: Screen, numbers: Numbers) -> None:
    """SU."""
    screen.scroll_up(count(numbers))


def scroll_down(screen: Screen, numbers: Numbers) -> None:
    """SD; with more parameters it is a mouse highlight, which does not exist here."""
    if len(numbers) == 1:
        screen.scroll_down(screen.top, count(numbers))


def insert_columns(screen: Screen, numbers: Numbers) -> None:
    """DECIC."""
    if _within(screen):
        _shift(screen, screen.x, count(numbers), Row.insert)


def delete_columns(screen: Screen, numbers: Numbers) -> None:
    """DECDC."""
    if _within(screen):
        _shift(screen, screen.x, count(numbers), Row.delete)


def scroll_left(screen: Screen, numbers: Numbers) -> None:
    """SL."""
    if _within(screen):
        _shift(screen, screen.left, count(numbers), Row.delete)


def scroll_right(screen: Screen, numbers: Numbers) -> None:
    """SR."""
    if _within(screen):
        _shift(screen, screen.left, count(numbers), Row.insert)


def forward_index(screen: Screen) -> None:
    """DECFI: right by a column; at the right margin the columns move left."""
    if screen.x == screen.right and _within(screen):
        _shift(screen, screen.left, 1, Row.delete)
    elif screen.x < screen.columns - 1:
        screen.x += 1
        screen.pending = False


def back_index(screen: Screen) -> None:
    """DECBI: left by a column; at the left margin the columns move right."""
    if screen.x == screen.left and _within(screen):
        _shift(screen, screen.left, 1, Row.insert)
    elif screen.x > 0:
        screen.x -= 1
    screen.pending = False


def _shift(screen: Screen, x: int, columns: int, move: Callable[[Row, int, int, int, str], None]) -> None:
    for row in screen.page.rows[screen.top : screen.bottom + 1]:
        move(row, x, columns, screen.right + 1, screen.blank)
        row.wrapped = False


def alignment(screen: Screen) -> None:
    """DECALN: a screen full of E."""
    screen.full_margins()
    screen.modes.dec[6] = False
    pen = screen.styles[screen.pen]
    screen.pen = screen.styles.code(pen._replace(attributes=pen.attributes & looks.PROTECTED, underline=0))
    for row in screen.page.rows:
        row.text, row.styles, row.wrapped, row.size = "E" * screen.columns, "", False, NORMAL
    home(screen)


def protect(screen: Screen, numbers: Numbers) -> None:
    """DECSCA: what is written next is not erased selectively."""
    screen.protection = DEC_PROTECTED
    _set_protected(screen, numbers[0] == 1)


def start_protected(screen: Screen) -> None:
    """SPA."""
    screen.protection = ISO_PROTECTED
    _set_protected(screen, True)


def end_protected(screen: Screen) -> None:
    """EPA."""
    _set_protected(screen, False)


def _set_protected(screen: Screen, on: bool) -> None:
    style = screen.styles[screen.pen]
    bits = (looks.PROTECTED, 0) if on else (0, looks.PROTECTED)
    screen.pen = screen.styles.code(style.with_bits(*bits))
