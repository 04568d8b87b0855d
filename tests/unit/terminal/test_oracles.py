"""Our screen beside those of two other emulators, on recorded streams of real programs and on generated ones.

The recordings are what the programs wrote into a pseudo-terminal of 80x24 while somebody used them, with the
name of the host blotted out.
Where the others are known to be wrong they are not asked: pyte has no alternate screen and prints parts of
newer sequences; neither of them knows all of the margins and protections.
"""

from __future__ import annotations

from pathlib import Path

import pyte
import pytest
from bittty import XTERM, Board
from hypothesis import given
from hypothesis import strategies as st

from slshell.terminal import palette
from slshell.terminal import style as looks
from slshell.terminal.style import DEFAULT, RGB
from tests.unit.terminal.drive import CALM, CSI, Driven

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.bin"))
PYTE_KNOWS = ("apt", "git-log", "ls", "mc", "tmux")
PIECES = 25
_PYTE_COLORS = {
    name: index
    for index, name in enumerate(["black", "red", "green", "brown", "blue", "magenta", "cyan", "white"])
}

Look = tuple[str, int, int, bool, bool, bool]
"""Text, foreground, background, bold, reverse and underlined."""


def seen(text: str, foreground: int, background: int, *bits: bool) -> Look:
    """A cell as the eye sees it: of a blank the background only, unless it is reversed or underlined."""
    bold, reverse, underlined = bits
    if text == " " and not reverse and not underlined:
        return text, DEFAULT, background, False, False, False
    return text, foreground, background, bold, reverse, underlined


def ours(screen: Driven) -> list[list[Look]]:
    return [[_our_cell(screen, x, y) for x in range(screen.columns)] for y in range(screen.rows)]


def _our_cell(screen: Driven, x: int, y: int) -> Look:
    text, style = screen.cell(x, y)
    bits = style.has(looks.BOLD), style.has(looks.REVERSE), bool(style.underline)
    return seen(text, style.foreground, style.background, *bits)


def bittty_says(board: Board) -> list[list[Look]]:
    page = board.blitter.main_page
    return [[_bittty_cell(*page.get_cell(x, y)) for x in range(page.width)] for y in range(page.height)]


def _bittty_cell(style: object, text: str) -> Look:
    colors = [_bittty_color(getattr(style, ground)) for ground in ("fg", "bg")]
    bits = [bool(getattr(style, name)) for name in ("bold", "reverse", "underline")]
    return seen(text, colors[0], colors[1], *bits)


def _bittty_color(color: object) -> int:
    value = getattr(color, "value", None)
    if isinstance(value, tuple):
        return RGB | int.from_bytes(bytes(value))
    return value if isinstance(value, int) else DEFAULT


def pyte_says(screen: pyte.Screen) -> list[list[Look]]:
    rows = [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]
    return [
        [
            seen(
                cell.data,
                _pyte_color(cell.fg),
                _pyte_color(cell.bg),
                cell.bold,
                cell.reverse,
                cell.underscore,
            )
            for cell in row
        ]
        for row in rows
    ]


def _pyte_color(name: str) -> int:
    """A colour as pyte names it: the sixteen by name, all others, even of the palette, as 24 bits."""
    if name == "default":
        return DEFAULT
    base = name.removeprefix("bright")
    if base in _PYTE_COLORS:
        return _PYTE_COLORS[base] + (8 if base != name else 0)
    return RGB | int(name, 16)


def as_pyte_has_it(grid: list[list[Look]]) -> list[list[Look]]:
    """Colours of the palette beyond the sixteen as 24 bits."""

    def color(value: int) -> int:
        return RGB | palette.default(value) if 16 <= value < 256 else value

    return [[(cell[0], color(cell[1]), color(cell[2]), *cell[3:]) for cell in row] for row in grid]


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_a_recorded_program_looks_as_in_bittty(recording: Path) -> None:
    data = recording.read_bytes()
    screen, board = Driven(80, 24), Board(width=80, height=24, model=XTERM)
    step = len(data) // PIECES + 1
    for start in range(0, len(data), step):
        screen.feed(data[start : start + step])
        board.feed_host_data(data[start : start + step])
        assert ours(screen) == bittty_says(board)
        assert (screen.x + screen.pending, screen.y) == (board.cursor.x, board.cursor.y)


@pytest.mark.parametrize("name", PYTE_KNOWS)
def test_a_recorded_program_looks_as_in_pyte(name: str) -> None:
    data = next(path for path in RECORDINGS if path.stem == name).read_bytes()
    screen, other = Driven(80, 24), pyte.Screen(80, 24)
    stream = pyte.ByteStream(other)
    step = len(data) // PIECES + 1
    for start in range(0, len(data), step):
        screen.feed(data[start : start + step])
        stream.feed(data[start : start + step])
        assert as_pyte_has_it(ours(screen)) == pyte_says(other)


NARROW = st.text("abc XYZ", min_size=1, max_size=30)
BEYOND_ASCII = st.text("é─│ñЖ", min_size=1, max_size=9)
WIDE = st.text("é─中文字한", min_size=1, max_size=9)
CONTROLS = st.sampled_from(
    ["\r\n", "\n", "\r", "\b", "\t", "\x1bD", "\x1bE", "\x1bM", "\x1b7", "\x1b8", "\x1bH"]
)
COLORS = st.sampled_from([f"{CSI}{color}m" for color in ("", "1", "31", "44", "38;5;200", "7", "27", "4")])
NUMBER = st.one_of(st.integers(1, 9).map(str), st.just(""))
PLACES = st.builds("\x1b[{};{}{}".format, NUMBER, NUMBER, st.sampled_from("Hf"))
SEQUENCES = st.builds("\x1b[{}{}".format, NUMBER, st.sampled_from("ABCDEFGHJKLMX`adeg"))
PLAIN_CONTROLS = st.sampled_from(["\r\n", "\n", "\r", "\b", "\t", "\x1bD", "\x1bM"])
EXPLICIT = st.builds("\x1b[{}{}".format, st.integers(1, 9), st.sampled_from("ABCDEFGHXadeg"))
PLACED = st.builds(
    "\x1b[{};{}H{}".format, st.integers(1, 6), st.integers(1, 12), st.text("abc XYZ", min_size=1, max_size=7)
)
EDITS = st.builds("\x1b[{}{}".format, NUMBER, st.sampled_from("@P"))
MODES = st.sampled_from([f"{CSI}{mode}" for mode in ("4h", "4l", "?7l", "?7h", "?47h", "?47l")])
REGIONS = st.sampled_from([f"{CSI}2;5r", f"{CSI}3;4r", f"{CSI}r"])
LINES = st.builds("\x1b[{}{}".format, NUMBER, st.sampled_from("CDGJKLMX"))
COMMON = (NARROW, CONTROLS, COLORS, PLACES, SEQUENCES)


@CALM
@given(
    st.one_of(
        st.lists(st.one_of(*COMMON, BEYOND_ASCII, MODES, EDITS), max_size=30),
        st.lists(st.one_of(NARROW, BEYOND_ASCII, CONTROLS, PLACES, LINES, MODES, REGIONS), max_size=30),
    ).map("".join)
)
def test_a_generated_stream_reads_as_in_bittty(text: str) -> None:
    screen, board = Driven(20, 6).tell(text), Board(width=20, height=6, model=XTERM)
    board.feed_host_data(text.encode())
    page = board.blitter.main_page
    assert screen.shown() == [page.get_line_text(y).rstrip() for y in range(6)]
    assert screen.y == board.cursor.y


@CALM
@given(st.lists(st.one_of(NARROW, WIDE, st.just("\r\n")), max_size=30).map("".join))
def test_wide_text_reads_as_in_bittty(text: str) -> None:
    screen, board = Driven(20, 6).tell(text), Board(width=20, height=6, model=XTERM)
    board.feed_host_data(text.encode())
    assert screen.shown() == [board.blitter.main_page.get_line_text(y).rstrip() for y in range(6)]


@CALM
@given(st.lists(st.one_of(PLACED, PLAIN_CONTROLS, COLORS, EXPLICIT), max_size=30).map("".join))
def test_a_generated_stream_reads_as_in_pyte(text: str) -> None:
    screen, other = Driven(20, 6).tell(text), pyte.Screen(20, 6)
    pyte.ByteStream(other).feed(text.encode())
    assert screen.shown() == [line.rstrip() for line in other.display]
