"""Moving the cursor: by steps, to places, by tab stops; margins hold it when it starts within them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slshell.terminal.screen import Screen

Numbers = tuple[int, ...]
"""Parameters of a control sequence, at least one; -1 where one was left out."""


def count(numbers: Numbers, place: int = 0) -> int:
    """A parameter that counts: at least 1, and 1 when left out."""
    return numbers[place] if len(numbers) > place and numbers[place] > 1 else 1


def up(screen: Screen, numbers: Numbers) -> None:
    """CUU."""
    stop = screen.top if screen.y >= screen.top else 0
    screen.y = max(screen.y - count(numbers), stop)
    screen.pending = False


def down(screen: Screen, numbers: Numbers) -> None:
    """CUD."""
    stop = screen.bottom if screen.y <= screen.bottom else screen.rows - 1
    screen.y = min(screen.y + count(numbers), stop)
    screen.pending = False


def forward(screen: Screen, numbers: Numbers) -> None:
    """CUF."""
    screen.x = min(screen.x + count(numbers), screen.limit - 1)
    screen.pending = False


def backward(screen: Screen, numbers: Numbers) -> None:
    """CUB, which in a reverse-wrap mode goes on at the end of the row above."""
    steps = count(numbers)
    modes = screen.modes
    wraps = modes.autowrap and (modes.dec[45] or modes.dec[1045])
    if wraps and screen.pending:
        steps -= 1
    screen.pending = False
    steps = min(steps, screen.columns * screen.rows)
    while steps:
        stop = screen.left if screen.x >= screen.left else 0
        taken = min(steps, screen.x - stop)
        screen.x -= taken
        steps -= taken
        if not steps or not wraps:
            return
        _to_row_above(screen)
        steps -= 1


def _to_row_above(screen: Screen) -> None:
    """Go to the end of the row above, over the top margin to the bottom one."""
    within = screen.top <= screen.y <= screen.bottom
    first, last = (screen.top, screen.bottom) if within else (0, screen.rows - 1)
    screen.y = screen.y - 1 if screen.y > first else last
    screen.x = min(screen.right, screen.width_of(screen.y) - 1)


def backspace(screen: Screen) -> None:
    """BS."""
    if screen.x > screen.left and not screen.pending:
        screen.x -= 1
    else:
        backward(screen, (1,))


def carriage_return(screen: Screen) -> None:
    """CR: to the left margin, or to the edge from beyond it."""
    screen.x = screen.left if screen.x >= screen.left or screen.modes.origin else 0
    screen.pending = False


def next_line(screen: Screen, numbers: Numbers) -> None:
    """CNL."""
    down(screen, numbers)
    carriage_return(screen)


def previous_line(screen: Screen, numbers: Numbers) -> None:
    """CPL."""
    up(screen, numbers)
    carriage_return(screen)


def line_feed(screen: Screen) -> None:
    """LF, VT and FF."""
    screen.line_feed()
    if screen.modes.linefeed_returns:
        carriage_return(screen)


def next_row(screen: Screen) -> None:
    """NEL: down before it goes to the margin, for only a cursor between the margins scrolls."""
    screen.line_feed()
    carriage_return(screen)


def to(screen: Screen, x: int, y: int) -> None:
    """Go to a place counted from 0, in origin mode from the margins."""
    screen.pending = False
    if screen.modes.dec[6]:
        screen.x = min(max(x, 0) + screen.left, screen.right)
        screen.y = min(max(y, 0) + screen.top, screen.bottom)
    else:
        screen.x = min(max(x, 0), screen.columns - 1)
        screen.y = min(max(y, 0), screen.rows - 1)
    if screen.doubles:
        screen.x = min(screen.x, screen.width_of(screen.y) - 1)


def home(screen: Screen) -> None:
    """Go to the first place."""
    to(screen, 0, 0)


def position(screen: Screen) -> tuple[int, int]:
    """Where the cursor is, counted as `to` counts."""
    if screen.modes.origin:
        return screen.x - screen.left, screen.y - screen.top
    return screen.x, screen.y


def place(screen: Screen, numbers: Numbers) -> None:
    """CUP and HVP."""
    to(screen, count(numbers, 1) - 1, count(numbers) - 1)


def column(screen: Screen, numbers: Numbers) -> None:
    """CHA and HPA."""
    to(screen, count(numbers) - 1, position(screen)[1])


def line(screen: Screen, numbers: Numbers) -> None:
    """VPA."""
    to(screen, position(screen)[0], count(numbers) - 1)


def columns_on(screen: Screen, numbers: Numbers) -> None:
    """HPR."""
    x, y = position(screen)
    to(screen, x + count(numbers), y)


def lines_on(screen: Screen, numbers: Numbers) -> None:
    """VPR."""
    x, y = position(screen)
    to(screen, x, y + count(numbers))


def columns_back(screen: Screen, numbers: Numbers) -> None:
    """HPB."""
    x, y = position(screen)
    to(screen, x - count(numbers), y)


def lines_back(screen: Screen, numbers: Numbers) -> None:
    """VPB."""
    x, y = position(screen)
    to(screen, x, y - count(numbers))


def usual_tabs(screen: Screen, numbers: Numbers) -> None:
    """DECST8C."""
    if numbers[0] == 5:
        screen.tabs = bytearray(x % 8 == 0 and x > 0 for x in range(screen.columns))


def tab(screen: Screen) -> None:
    """HT: to the next stop, not beyond the right margin, not to the next row."""
    if screen.pending and screen.modes.dec[41]:
        carriage_return(screen)
        screen.line_feed()
    forward_tabs(screen, (1,))


def forward_tabs(screen: Screen, numbers: Numbers) -> None:
    """CHT."""
    last = screen.limit - 1
    for _ in range(min(count(numbers), screen.columns)):
        stop = screen.tabs.find(1, screen.x + 1)
        screen.x = min(stop, last) if stop >= 0 else last
    if screen.x < last:
        screen.pending = False


def backward_tabs(screen: Screen, numbers: Numbers) -> None:
    """CBT."""
    screen.pending = False
    first = screen.left if screen.modes.origin else 0
    for _ in range(min(count(numbers), screen.columns)):
        screen.x = max(screen.tabs.rfind(1, 0, screen.x), first)


def set_tab(screen: Screen) -> None:
    """HTS."""
    screen.tabs[screen.x] = 1


def clear_tabs(screen: Screen, numbers: Numbers) -> None:
    """TBC."""
    if numbers[0] <= 0:
        screen.tabs[screen.x] = 0
    elif numbers[0] == 3:
        screen.tabs = bytearray(screen.columns)


def set_rows(screen: Screen, numbers: Numbers) -> None:
    """DECSTBM."""
    top = count(numbers) - 1
    bottom = min(numbers[1], screen.rows) if len(numbers) > 1 and numbers[1] > 0 else screen.rows
    if top < bottom - 1:
        screen.top, screen.bottom = top, bottom - 1
        home(screen)


def set_columns(screen: Screen, numbers: Numbers) -> None:
    """DECSLRM."""
    left = count(numbers) - 1
    right = min(numbers[1], screen.columns) if len(numbers) > 1 and numbers[1] > 0 else screen.columns
    if left < right - 1:
        screen.left, screen.right = left, right - 1
        home(screen)
