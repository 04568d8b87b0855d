"""Which action each control and sequence stands for."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from slshell.terminal import editing, motion, rectangles, reports, row, state, switches
from slshell.terminal.motion import Numbers

if TYPE_CHECKING:
    from slshell.terminal.screen import Screen

MOST_NUMBERS = 32
LARGEST_NUMBER = 65535


@lru_cache(2048)
def numbers(text: str) -> Numbers:
    """The parameters of a control sequence, -1 where one is left out; empty if there are sub-parameters."""
    if ":" in text:
        return ()
    parts = text.split(";")[:MOST_NUMBERS]
    return tuple(min(int(part), LARGEST_NUMBER) if part else -1 for part in parts)


def designate(screen: Screen, intermediates: str, final: str) -> None:
    """Let one of G0 to G3 hold a character set."""
    where, name = intermediates[0], intermediates[1:] + final
    if where in "()*+":
        screen.charsets.designate("()*+".index(where), name)
    elif where in "-./":
        screen.charsets.designate("-./".index(where) + 1, name, upper=True)
    screen.settle()


def _shift(
    left: int | None = None, right: int | None = None, single: int | None = None
) -> Callable[[Screen], None]:
    def shift(screen: Screen) -> None:
        charsets = screen.charsets
        charsets.left = charsets.left if left is None else left
        charsets.right = charsets.right if right is None else right
        charsets.single = single
        screen.settle()

    return shift


def _eight_bit(on: bool) -> Callable[[Screen], None]:
    def answer_with(screen: Screen) -> None:
        screen.eight_bit = on and screen.level > 1

    return answer_with


def _utf8(on: bool) -> Callable[[Screen], None]:
    return lambda screen: screen.use_utf8(on)


def _keypad(on: bool) -> Callable[[Screen], None]:
    return lambda screen: switches.switch(screen, 66, on)


def _row_size(size: int) -> Callable[[Screen], None]:
    def set_size(screen: Screen) -> None:
        # Side margins and rows of double width exclude each other, as on a VT420.
        if not screen.modes.margins:
            screen.row.size = size
            screen.doubles = screen.doubles or size != row.NORMAL
            screen.x = min(screen.x, screen.width_of(screen.y) - 1)
            screen.settle()

    return set_size


def _bell(screen: Screen) -> None:
    screen.bells += 1


def _set_height(screen: Screen, given: Numbers) -> None:
    """DECSNLS."""
    screen.window.operate((8, motion.count(given) if given[0] > 0 else screen.rows))


def _set_width(screen: Screen, given: Numbers) -> None:
    """DECSCPP."""
    screen.window.operate((8, -1, 132 if given[0] == 132 else 80))


CONTROLS: dict[str, Callable[[Screen], None]] = {
    "\x05": lambda screen: None,
    "\x07": _bell,
    "\b": motion.backspace,
    "\t": motion.tab,
    "\n": motion.line_feed,
    "\v": motion.line_feed,
    "\f": motion.line_feed,
    "\r": motion.carriage_return,
    "\x0e": _shift(left=1),
    "\x0f": _shift(left=0),
}

ESCAPES: dict[str, Callable[[Screen], None]] = {
    "D": lambda screen: screen.line_feed(),
    "E": motion.next_row,
    "H": motion.set_tab,
    "M": lambda screen: screen.reverse_line_feed(),
    "N": _shift(single=2),
    "O": _shift(single=3),
    "V": editing.start_protected,
    "W": editing.end_protected,
    "Z": reports.identify,
    "c": state.hard_reset,
    "n": _shift(left=2),
    "o": _shift(left=3),
    "~": _shift(right=1),
    "}": _shift(right=2),
    "|": _shift(right=3),
    "6": editing.back_index,
    "7": state.save_cursor,
    "8": state.restore_cursor,
    "9": editing.forward_index,
    "=": _keypad(True),
    ">": _keypad(False),
    " F": _eight_bit(False),
    " G": _eight_bit(True),
    "#3": _row_size(row.DOUBLE_TOP),
    "#4": _row_size(row.DOUBLE_BOTTOM),
    "#5": _row_size(row.NORMAL),
    "#6": _row_size(row.DOUBLE_WIDTH),
    "#8": editing.alignment,
    "%@": _utf8(False),
    "%G": _utf8(True),
    "%8": _utf8(True),
}

CONTROL_SEQUENCES: dict[str, Callable[[Screen, Numbers], None]] = {
    "@": editing.insert_characters,
    "A": motion.up,
    "B": motion.down,
    "C": motion.forward,
    "D": motion.backward,
    "E": motion.next_line,
    "F": motion.previous_line,
    "G": motion.column,
    "H": motion.place,
    "I": motion.forward_tabs,
    "J": editing.in_display,
    "K": editing.in_line,
    "L": editing.insert_lines,
    "M": editing.delete_lines,
    "P": editing.delete_characters,
    "S": editing.scroll_up,
    "T": editing.scroll_down,
    "X": editing.characters,
    "Z": motion.backward_tabs,
    "^": editing.scroll_down,
    "`": motion.column,
    "a": motion.columns_on,
    "b": lambda screen, given: screen.repeat(motion.count(given)),
    "c": reports.attributes,
    "d": motion.line,
    "e": motion.lines_on,
    "f": motion.place,
    "g": motion.clear_tabs,
    "h": switches.set_ansi,
    "j": motion.columns_back,
    "k": motion.lines_back,
    "l": switches.reset_ansi,
    "n": reports.status,
    "r": motion.set_rows,
    "s": switches.save_or_columns,
    "t": lambda screen, given: screen.window.operate(given),
    "u": switches.restore_cursor,
    "x": reports.parameters,
    "?W": motion.usual_tabs,
    "?J": editing.selectively_in_display,
    "?K": editing.selectively_in_line,
    "?h": switches.set_dec,
    "?l": switches.reset_dec,
    "?m": reports.other_keys,
    "?n": reports.dec_status,
    "?r": switches.restore,
    "?s": switches.save,
    "?$p": reports.dec_mode,
    ">T": lambda screen, given: screen.window.title_modes(given, on=False),
    ">c": reports.model,
    ">m": switches.other_keys,
    ">q": reports.version,
    ">t": lambda screen, given: screen.window.title_modes(given, on=True),
    "=c": reports.unit,
    "!p": switches.soft_reset,
    " @": editing.scroll_left,
    " A": editing.scroll_right,
    " q": switches.cursor_style,
    '"p': switches.set_level,
    '"q': editing.protect,
    "#p": switches.push_pen,
    "#q": switches.pop_pen,
    "#{": switches.push_pen,
    "#}": switches.pop_pen,
    "#|": rectangles.tell_looks,
    "#y": rectangles.set_checksum,
    "$p": reports.ansi_mode,
    "$r": rectangles.change,
    "$t": rectangles.reverse,
    "$v": rectangles.copy,
    "$w": reports.presentation,
    "$x": rectangles.fill,
    "$z": rectangles.erase,
    "${": rectangles.erase_selectively,
    "$|": _set_width,
    "$}": switches.keep("$}", 1),
    "$~": switches.keep("$~", 2),
    "'|": reports.locator,
    "'}": editing.insert_columns,
    "'~": editing.delete_columns,
    "*x": switches.keep("*x", 2),
    "*y": rectangles.checksum,
    "*|": _set_height,
}
