"""Setting, resetting, saving and restoring modes, and what happens on the screen when some of them change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from slshell.terminal import motion, state
from slshell.terminal.modes import ALTERNATE, SAVED_LIMIT
from slshell.terminal.motion import Numbers
from slshell.terminal.row import NORMAL

if TYPE_CHECKING:
    from slshell.terminal.screen import Screen

_MARGINS, _KEEP_ON_COLUMNS = 69, 95
_NEEDED_LEVEL = {_MARGINS: 4, _KEEP_ON_COLUMNS: 5}


def set_ansi(screen: Screen, numbers: Numbers) -> None:
    """SM."""
    _ansi(screen, numbers, True)


def reset_ansi(screen: Screen, numbers: Numbers) -> None:
    """RM."""
    _ansi(screen, numbers, False)


def _ansi(screen: Screen, numbers: Numbers, on: bool) -> None:
    for number in numbers:
        if number in screen.modes.ansi:
            screen.modes.ansi[number] = on
    screen.settle()


def set_dec(screen: Screen, numbers: Numbers) -> None:
    """DECSET."""
    for number in numbers:
        switch(screen, number, True)


def reset_dec(screen: Screen, numbers: Numbers) -> None:
    """DECRST."""
    for number in numbers:
        switch(screen, number, False)


def save(screen: Screen, numbers: Numbers) -> None:
    """XTSAVE."""
    for number in numbers:
        if number in screen.modes.dec and len(screen.modes.saved) < SAVED_LIMIT:
            screen.modes.saved[number] = screen.modes.dec[number]


def restore(screen: Screen, numbers: Numbers) -> None:
    """XTRESTORE."""
    for number in numbers:
        if number in screen.modes.saved:
            switch(screen, number, screen.modes.saved[number])


def switch(screen: Screen, number: int, on: bool) -> None:
    """Set or reset one private mode."""
    if screen.level < _NEEDED_LEVEL.get(number, 0):
        return
    if number == 3 and not screen.modes.dec[40]:
        return
    was = screen.modes.dec.get(number)
    if number in ALTERNATE:
        _alternate(screen, number, on)
        return
    screen.modes.set_dec(number, on)
    if number == 3:
        _columns(screen, 132 if on else 80)
    elif number == 6:
        motion.home(screen)
    elif number == 7 and not on:
        screen.pending = False
    elif number == _MARGINS:
        _margins(screen, on)
    elif number == 42:
        screen.charsets.national = on
    elif number == 1048:
        (state.save_cursor if on else state.restore_cursor)(screen)
    elif number == 12 and was != on:
        screen.cursor_style = (max(screen.cursor_style - 1, 0) // 2) * 2 + (1 if on else 2)
    screen.settle()


def _margins(screen: Screen, on: bool) -> None:
    """DECLRMM: rows of double width are not to be had with side margins."""
    if on:
        for row in screen.page.rows:
            row.size = NORMAL
    else:
        screen.left, screen.right = 0, screen.columns - 1


def _columns(screen: Screen, columns: int) -> None:
    """DECCOLM: another width, no margins, and a blank screen unless DECNCSM keeps it."""
    screen.resize_by_program(columns, screen.rows)
    screen.modes.dec[_MARGINS] = False
    screen.full_margins()
    if not screen.modes.dec[_KEEP_ON_COLUMNS]:
        screen.page.clear()
    motion.home(screen)


def _alternate(screen: Screen, number: int, on: bool) -> None:
    """Show the alternate screen or the main one; 1047 clears it at the end, 1049 first."""
    was_on = screen.page is screen.alternate
    if on and number == 1049:
        state.save_cursor(screen)
        screen.alternate.clear()
        screen.pending = False
    if not on and was_on and number == 1047:
        screen.alternate.clear()
    screen.modes.dec.update(dict.fromkeys(ALTERNATE, on))
    screen.page = screen.alternate if on else screen.main
    if not on and number == 1049:
        state.restore_cursor(screen)


def set_level(screen: Screen, numbers: Numbers) -> None:
    """DECSCL: the family whose sequences are understood, and whether answers have 7 or 8 bits."""
    level = numbers[0] - 60
    if not 1 <= level <= state.HIGHEST_LEVEL:
        return
    if level != screen.level:
        state.hard_reset(screen)
        screen.level = level
    else:
        state.soft_reset(screen)
    screen.eight_bit = level > 1 and (len(numbers) < 2 or numbers[1] != 1)


def save_or_columns(screen: Screen, numbers: Numbers) -> None:
    """`CSI s`: the side margins where these are in use, else the cursor is saved."""
    if screen.modes.margins:
        motion.set_columns(screen, numbers)
    else:
        state.save_cursor(screen)


def restore_cursor(screen: Screen, _numbers: Numbers) -> None:
    """`CSI u`."""
    state.restore_cursor(screen)


def soft_reset(screen: Screen, _numbers: Numbers) -> None:
    """DECSTR."""
    state.soft_reset(screen)


def cursor_style(screen: Screen, numbers: Numbers) -> None:
    """DECSCUSR."""
    style = max(numbers[0], 0)
    if style <= 6:
        screen.cursor_style = style
        screen.modes.dec[12] = style in (0, 1, 3, 5)


def other_keys(screen: Screen, numbers: Numbers) -> None:
    """XTMODKEYS, of which `modifyOtherKeys` is known."""
    if numbers[0] == 4 or numbers == (-1,):
        screen.modes.modify_other_keys = min(max(numbers[1], 0), 2) if len(numbers) > 1 else 0


def keep(name: str, highest: int) -> Callable[[Screen, Numbers], None]:
    """An action that only remembers its parameter, to be told when asked for."""

    def remember(screen: Screen, numbers: Numbers) -> None:
        if max(numbers[0], 0) <= highest:
            screen.settings[name] = max(numbers[0], 0)

    return remember


def push_pen(screen: Screen, _numbers: Numbers) -> None:
    """XTPUSHSGR."""
    if len(screen.pen_stack) < 10:
        screen.pen_stack.append(screen.styles[screen.pen])


def pop_pen(screen: Screen, _numbers: Numbers) -> None:
    """XTPOPSGR."""
    if screen.pen_stack:
        screen.pen = screen.styles.code(screen.pen_stack.pop())
