"""Sequences whole, cut, interrupted, too long and malformed."""

from __future__ import annotations

import pytest

from slshell.terminal.parser import STRING_LIMIT
from tests.unit.terminal.drive import CSI, Driven


@pytest.mark.parametrize(
    "told",
    [
        "\x1b_apc\x1b\\", "\x1b^pm\x1b\\", "\x1bXsos\x1b\\", "\x1bPq#0~~\x1b\\", "\x9fapc\x9c",
        "\x1b]999;osc\x07",
        "\x1b]999;osc\x1b\\", "\x1b]999;osc\x9c", "\x1b_a\x07b\x1b\\", "\x1bPa\r\nb\x1b\\", f"{CSI}?1;2;3z",
        f"{CSI}1;2\x18", "\x1b[12\x1a", "\x1b]2;title\x18", "\x1bP$q\x1a", f"{CSI}1?h", f"{CSI}1 2q",
        f"{CSI}" + "1;" * 500 + "H", "\x1b##x", "\x1b \x18", "\x7f", "\x00", f"{CSI}4:3H", f"{CSI}>1;<2h",
    ],
)  # fmt: skip
def test_what_is_not_to_be_shown_is_not_shown(told: str) -> None:
    screen = Driven().tell(told, "A")
    assert (screen.shown(1), screen.at()) == (["A"], (1, 2))


def test_controls_within_a_sequence_take_effect_at_once() -> None:
    assert Driven().tell("ab\x1b[\r5\n;7\tH").at() == (5, 7)


def test_an_escape_within_a_sequence_begins_another() -> None:
    assert Driven().tell(f"\x1b[5;5{CSI}3;4H").at() == (3, 4)
    assert Driven().tell(f"\x1b]2;t{CSI}3;4H").at() == (3, 4)
    assert Driven().tell(f"\x1b]2;t{CSI}3;4H").title == ""


def test_controls_of_eight_bits_are_understood_in_utf8() -> None:
    assert Driven().tell("\x9b3;4H").at() == (3, 4)
    assert Driven().tell("\x9d2;t\x9c").title == "t"


def test_numbers_beyond_reason_are_cut() -> None:
    assert Driven().tell(f"{CSI}99999999999999999999;5H").at() == (25, 5)
    assert Driven().tell(f"{CSI}2;3" + ";1" * 100 + "H").at() == (2, 3)


def test_a_string_that_is_too_long_is_passed_over_and_not_kept() -> None:
    screen = Driven()
    screen.tell("\x1b]2;old\x07", "\x1b]2;")
    for _ in range(10):
        screen.tell("x" * STRING_LIMIT)
        assert sum(map(len, screen.parser._parts)) <= STRING_LIMIT
    assert screen.tell("\x07A").title == "old"
    assert screen.shown(1) == ["A"]


def test_a_sequence_that_never_ends_is_not_kept() -> None:
    screen = Driven().tell(CSI)
    for _ in range(10):
        screen.tell("1;" * 10_000)
    assert len(screen.parser._collected) < 1000


def test_saved_modes_and_tables_do_not_grow_for_ever() -> None:
    screen = Driven()
    for number in range(5000):
        screen.tell(f"{CSI}?{number}s{CSI}{number}m\x1b]4;{number};#123\x07{CSI}#{{")
    assert len(screen.modes.saved) <= 256
    assert len(screen.palette.colors) <= 264
    assert len(screen.pen_stack) <= 10
    assert len(screen._pens.known) <= screen._pens.LIMIT
