"""Rows of double width: half the columns, for text, the cursor, and what flows into another width."""

from __future__ import annotations

import pytest

from tests.unit.terminal.drive import CSI, Driven, check_sound

DOUBLE = "\x1b#6"


@pytest.mark.parametrize("kind", ["\x1b#3", "\x1b#4", "\x1b#6"])
def test_text_wraps_at_half_the_columns(kind: str) -> None:
    screen = Driven(10, 3).tell(kind, "abcdefgh")
    assert screen.shown() == ["abcde", "fgh", ""]
    assert screen.page.rows[0].wrapped
    assert screen.at() == (2, 4)


def test_the_row_that_text_wraps_into_may_be_of_double_width() -> None:
    screen = Driven(10, 3).tell(f"{CSI}2H{DOUBLE}{CSI}H", "0123456789abcdefgh")
    assert screen.shown() == ["0123456789", "abcde", "fgh"]


def test_an_odd_number_of_columns_shows_the_half_column_whole() -> None:
    assert Driven(7, 2).tell(DOUBLE, "abcdef").shown() == ["abcd", "ef"]


def test_wide_characters_and_repeated_ones_wrap_there_too() -> None:
    assert Driven(10, 2).tell(DOUBLE, "中文字").shown() == ["中文", "字"]
    assert Driven(10, 2).tell(DOUBLE, f"a{CSI}7b").shown() == ["aaaaa", "aaa"]


def test_without_wrapping_text_stays_in_the_last_column_shown() -> None:
    assert Driven(10, 2).tell(DOUBLE, f"{CSI}?7labcdefgh").shown() == ["abcdh", ""]


@pytest.mark.parametrize(
    "told",
    [f"{CSI}99C", f"{CSI}1;9H", f"{CSI}9G", f"{CSI}9`", "\t\t", f"{CSI}2;9H{CSI}1d", f"{CSI}?6h{CSI}1;9H"],
)
def test_the_cursor_stays_in_the_columns_shown(told: str) -> None:
    assert Driven(10, 3).tell(DOUBLE, told).at() == (1, 5)


def test_a_cursor_beyond_them_comes_back_when_its_row_is_made_double() -> None:
    assert Driven(10, 3).tell(f"{CSI}1;9H{DOUBLE}").at() == (1, 5)


def test_a_cursor_that_passes_by_keeps_its_column_but_text_does_not_go_there() -> None:
    screen = Driven(10, 4).tell(f"{CSI}2H{DOUBLE}{CSI}1;9H\n")
    assert screen.at() == (2, 9)
    assert screen.tell("\n").at() == (3, 9)
    assert screen.tell(f"{CSI}A").tell("xy").shown() == ["", "    x", "y", ""]


def test_reverse_wrap_goes_to_the_last_column_shown() -> None:
    assert Driven(10, 3).tell(f"{DOUBLE}{CSI}2H{CSI}?45h\b").at() == (1, 5)


@pytest.mark.parametrize(
    "told", ["\x1b#5", f"{CSI}2J", f"{CSI}H{CSI}J", f"{CSI}2H{CSI}1J{CSI}H", "\x1b#8", "\x1bc"]
)
def test_a_row_is_of_single_width_again(told: str) -> None:
    assert Driven(10, 3).tell(DOUBLE, told, f"{CSI}99C").at() == (1, 10)


@pytest.mark.parametrize("told", [f"{CSI}2K", f"a{CSI}J", f"{CSI}1J", f"{CSI}!p", f"{CSI}?1049h{CSI}?1049l"])
def test_a_row_stays_of_double_width(told: str) -> None:
    assert Driven(10, 3).tell(DOUBLE, told, f"{CSI}H{CSI}99C").at() == (1, 5)


def test_side_margins_and_double_width_exclude_each_other() -> None:
    assert Driven(10, 3).tell(f"{DOUBLE}{CSI}?69h{CSI}?69l{CSI}99C").at() == (1, 10)
    assert Driven(10, 3).tell(f"{CSI}?69h{DOUBLE}{CSI}?69l{CSI}99C").at() == (1, 10)


@pytest.mark.parametrize("columns", [6, 9, 20])
def test_text_of_double_rows_survives_another_width(columns: int) -> None:
    screen = Driven(10, 4, history=9).tell(DOUBLE, "abcdefgh\r\nnext")
    screen.resize(columns, 4)
    check_sound(screen)
    assert screen.text() == "abcdefgh\nnext"
    assert all(len(row.text) <= screen.width_of(y) for y, row in enumerate(screen.page.rows))
    screen.resize(10, 4)
    assert screen.shown() == ["abcde", "fgh", "next", ""]
