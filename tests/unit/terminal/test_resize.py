"""Another size: lines flow into the new width, nothing is lost, the cursor stays on its character."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.terminal.drive import CALM, CSI, Driven, check_sound

LINES = st.lists(st.text("ab 中é\u0301", max_size=60), min_size=1, max_size=30)


def test_a_line_is_wrapped_anew_and_becomes_whole_again() -> None:
    screen = Driven(10, 4).tell("abcdefghijkl\r\nx")
    screen.resize(5, 4)
    assert screen.shown() == ["abcde", "fghij", "kl", "x"]
    screen.resize(20, 4)
    assert screen.shown() == ["abcdefghijkl", "x", "", ""]
    assert screen.at() == (2, 2)


def test_lines_that_ended_by_themselves_stay_apart() -> None:
    screen = Driven(5, 4).tell("abcde\r\nfg")
    screen.resize(10, 4)
    assert screen.shown(2) == ["abcde", "fg"]


def test_the_cursor_stays_on_its_character() -> None:
    screen = Driven(10, 4).tell(f"abcdefghijklmno{CSI}2;3H")
    screen.resize(4, 6)
    assert screen.cell(screen.x, screen.y).text == "m"
    screen.resize(30, 6)
    assert screen.cell(screen.x, screen.y).text == "m"


def test_a_wide_character_is_not_cut() -> None:
    screen = Driven(6, 4).tell("abc中d")
    screen.resize(4, 4)
    assert screen.shown(2) == ["abc", "中d"]
    screen.resize(6, 4)
    assert screen.shown(2) == ["abc中d", ""]


def test_rows_that_find_no_place_go_to_the_history_and_come_back() -> None:
    screen = Driven(10, 6).tell("1\r\n2\r\n3\r\n4\r\n5")
    screen.resize(10, 3)
    assert screen.shown() == ["3", "4", "5"]
    assert [row.text for row in screen.history] == ["1", "2"]
    screen.resize(10, 6)
    assert (screen.shown(), screen.at()) == (["1", "2", "3", "4", "5", ""], (5, 2))


def test_a_screen_that_was_not_full_does_not_fetch_rows_from_the_history() -> None:
    screen = Driven(10, 4).tell("1\r\n2\r\n3\r\n4\r\n5", f"{CSI}2J{CSI}Hnew")
    screen.resize(12, 6)
    assert screen.shown() == ["new", "", "", "", "", ""]
    assert screen.at() == (1, 4)


def test_blank_rows_below_the_cursor_go_first() -> None:
    screen = Driven(10, 6).tell("1\r\n2")
    screen.resize(10, 3)
    assert (screen.shown(), len(screen.history), screen.at()) == (["1", "2", ""], 0, (2, 2))


def test_text_below_the_cursor_is_not_lost() -> None:
    screen = Driven(10, 4).tell(f"1\r\n2\r\n3\r\n4{CSI}H")
    screen.resize(10, 2)
    assert screen.text() == "1\n2\n3\n4"


def test_the_alternate_screen_is_cut_not_flowed() -> None:
    screen = Driven(10, 4).tell(f"main text here{CSI}?1049h{CSI}Habcdefghij")
    screen.resize(5, 3)
    assert screen.shown() == ["abcde", "", ""]
    screen.resize(10, 4)
    assert screen.tell(f"{CSI}?1049l").shown(2) == ["main text", "here"]
    assert screen.at() == (2, 5)


def test_margins_become_the_edges_and_new_columns_have_tab_stops() -> None:
    screen = Driven(10, 6).tell(f"{CSI}2;4r{CSI}?69h{CSI}3;5s")
    screen.resize(30, 8)
    assert (screen.top, screen.bottom, screen.left, screen.right) == (0, 7, 0, 29)
    assert screen.tell("\r\t\t\t").at() == (1, 25)


def test_sizes_beyond_reason_are_cut() -> None:
    screen = Driven(0, -1)
    assert (screen.columns, screen.rows) == (1, 1)
    screen.resize(1 << 20, 1 << 20)
    assert (screen.columns, screen.rows) == (1000, 500)


@CALM
@given(LINES, st.integers(2, 40), st.integers(1, 12), st.integers(2, 40), st.integers(1, 12))
def test_text_survives_narrow_and_wide_again(
    lines: list[str], columns: int, rows: int, other_columns: int, other_rows: int
) -> None:
    screen = Driven(columns, rows, history=1000).tell("\r\n".join(lines))
    before = screen.text()
    assert before.split("\n") == _sound(lines)
    screen.resize(other_columns, other_rows)
    check_sound(screen)
    assert screen.text() == before
    screen.resize(columns, rows)
    check_sound(screen)
    assert screen.text() == before


def _sound(lines: list[str]) -> list[str]:
    """Lines without the marks that have no character before them, and without blanks at the ends."""
    return "\n".join(line.lstrip("\u0301").rstrip(" ") for line in lines).rstrip("\n").split("\n")
