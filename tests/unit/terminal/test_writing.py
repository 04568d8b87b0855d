"""Text on the screen: wrapping, scrolling, insertion, wide characters, marks and character sets."""

from __future__ import annotations

import pytest

from tests.unit.terminal.drive import CSI, Driven, snapshot


def test_text_goes_on_in_the_next_row_only_with_the_next_character() -> None:
    screen = Driven(5, 3).tell("abcde")
    assert (screen.at(), screen.pending) == ((1, 5), True)
    assert screen.tell("f").shown(2) == ["abcde", "f"]
    assert screen.page.rows[0].wrapped


def test_without_autowrap_the_last_column_takes_it_all() -> None:
    assert Driven(5, 3).tell(f"{CSI}?7labcdefg").shown(2) == ["abcdg", ""]


def test_text_wraps_at_the_side_margins() -> None:
    screen = Driven(12, 9).tell(f"{CSI}?69h{CSI}3;7s{CSI}3;7r{CSI}6;6Habcdefgh")
    assert screen.shown() == ["", "", "", "", "     ab", "  cdefg", "  h", "", ""]


def test_a_line_feed_at_the_bottom_margin_scrolls_the_region_alone() -> None:
    screen = Driven(5, 5).tell("1\r\n2\r\n3\r\n4\r\n5", f"{CSI}2;4r{CSI}4;1H\n")
    assert screen.shown() == ["1", "3", "4", "", "5"]
    assert screen.tell("\x1bM\x1bM\x1bM").shown() == ["1", "", "3", "4", "5"]


def test_rows_that_leave_at_the_top_go_to_the_history() -> None:
    screen = Driven(5, 2, history=3).tell("1\r\n2\r\n3\r\n4\r\n5\r\n6")
    assert [row.text for row in screen.history] == ["2", "3", "4"]
    assert screen.shown() == ["5", "6"]


@pytest.mark.parametrize("told", [f"{CSI}?1049h", f"{CSI}2;3r{CSI}3;1H", f"{CSI}?69h{CSI}2;4s{CSI}3;2H"])
def test_rows_of_a_region_or_of_the_alternate_screen_leave_no_history(told: str) -> None:
    assert not Driven(5, 3).tell(told, "\n" * 9).history


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\n" * 9,
        "abc",
        f"{CSI}?7l",
        f"{CSI}4h",
        f"{CSI}41m",
        f"{CSI}1;2r",
        "\x1b(0",
        f"{CSI}?47h{CSI}9H",
        "中",
    ],
)
@pytest.mark.parametrize(
    "lines", [["q"] * 7, ["q" * 9, "", "q" * 4, "q", "q" * 11, "", ""], ["é", "q", "中q", "q", "q"]]
)
def test_many_lines_at_once_are_written_like_each_by_itself(before: str, lines: list[str]) -> None:
    at_once, one_by_one = Driven(4, 3, history=6).tell(before), Driven(4, 3, history=6).tell(before)
    at_once.tell("".join(f"{line}\r\n" for line in lines), f"x{CSI}b")
    for line in lines:
        one_by_one.tell(line, "\r\n")
    one_by_one.tell(f"x{CSI}b")
    assert snapshot(at_once) == snapshot(one_by_one)


@pytest.mark.parametrize(
    "last", ["below", f"{CSI}44m{CSI}K{CSI}m", f"{CSI}44m{CSI}2K{CSI}m{CSI}1;1H", "\x1b#6", "\x1b#3a"]
)
def test_many_lines_at_once_that_come_down_to_the_last_row_leave_what_stands_in_it(last: str) -> None:
    before, lines = f"{CSI}3;3H{last}{CSI}1;1H", ["a", "", "bc", "d", "e", "f"]
    for count in range(4, len(lines) + 1):
        at_once, one_by_one = Driven(8, 3, history=9).tell(before), Driven(8, 3, history=9).tell(before)
        at_once.tell("".join(f"{line}\r\n" for line in lines[:count]))
        for line in lines[:count]:
            one_by_one.tell(line, "\r\n")
        assert snapshot(at_once) == snapshot(one_by_one)


def test_a_line_over_older_text_in_the_last_row_keeps_the_rest_of_it() -> None:
    screen = Driven(8, 3, history=9).tell(f"1\r\n2\r\nolder{CSI}1;1H", "a\r\nb\r\nc\r\nd\r\n")
    assert screen.text() == "a\nb\nclder\nd"


def test_insert_mode_moves_the_rest_of_the_row() -> None:
    screen = Driven(6, 2).tell(f"abcdef{CSI}1;2H{CSI}4hXY")
    assert screen.shown(1) == ["aXYbcd"]
    assert screen.tell(f"{CSI}4lZ").shown(1) == ["aXYZcd"]


def test_insert_mode_moves_nothing_outside_the_side_margins() -> None:
    screen = Driven(8, 2).tell(f"abcdefgh{CSI}?69h{CSI}4;6s{CSI}4h{CSI}1;1HX{CSI}1;7H中")
    assert screen.shown(1) == ["Xbcdef中"]


def test_a_wide_character_takes_two_cells() -> None:
    screen = Driven(6, 2).tell("a中b")
    assert screen.shown(1) == ["a中b"]
    assert screen.at() == (1, 5)
    assert [screen.cell(x, 0).text for x in range(4)] == ["a", "中", "", "b"]


def test_a_wide_character_that_does_not_fit_goes_to_the_next_row_whole() -> None:
    assert Driven(4, 3).tell("abc中").shown() == ["abc", "中", ""]
    assert Driven(4, 3).tell(f"{CSI}?7labcd中").shown(1) == ["ab中"]
    assert Driven(1, 2).tell("中").shown(1) == ["�"]


def test_a_wide_character_that_does_not_fit_leaves_what_is_at_the_edge() -> None:
    assert Driven(4, 3).tell(f"abcd{CSI}1;4H中").shown(2) == ["abcd", "中"]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (f"{CSI}1;2Hx", " x文"), (f"{CSI}1;1Hx", "x 文"), (f"{CSI}1;3H中", "中中"),
        (f"{CSI}1;2H{CSI}P", " 文"),
        (f"{CSI}1;2H{CSI}@", "   文"), (f"{CSI}1;2H{CSI}X", "  文"), (f"{CSI}1;3H{CSI}1K", "    "),
        (f"{CSI}1;4H{CSI}K", "中"), (f"{CSI}1;2;1;3;;2$v", "中文"),
    ],
)  # fmt: skip
def test_half_of_a_wide_character_never_stays(told: str, shown: str) -> None:
    assert Driven(8, 2).tell("中文", told).shown(1) == [shown.rstrip()]


def test_marks_come_upon_the_character_before_them() -> None:
    screen = Driven(6, 2).tell("e\u0301中\u0308x")
    assert screen.shown(1) == ["e\u0301中\u0308x"]
    assert screen.cell(0, 0).text == "e\u0301"
    assert screen.at() == (1, 5)
    assert Driven(2, 2).tell("ab\u0301").shown(1) == ["ab\u0301"]


def test_a_cell_has_room_for_few_marks_only() -> None:
    assert len(Driven().tell("e" + "\u0301" * 1000).cell(0, 0).text) < 16


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\u00ad", "\uffff"])
def test_characters_that_only_steer_the_reading_are_not_shown(hidden: str) -> None:
    assert Driven().tell(f"a{hidden}b").shown(1) == ["ab"]


def test_utf8_may_be_cut_anywhere_and_what_is_none_is_replaced() -> None:
    screen = Driven()
    for byte in "é中🙂".encode():
        screen.feed(bytes([byte]))
    screen.feed(b"\xff\xc3(")
    assert screen.shown(1) == ["é中🙂��("]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("\x1b(0lqk\x1b(Bq", "┌─┐q"), ("\x1b)0\x0eq\x0fq", "─q"), ("\x1b*0\x1bNqq", "─q"),
        ("\x1b+0\x1bOqq", "─q"),
        ("\x1b*0\x1bnq", "─"), ("\x1b+0\x1boq", "─"), ("\x1b(A#", "£"), ("\x1b(K[", "["),
        (f"{CSI}?42h\x1b(K[", "Ä"),
        ("\x1b(<%", "¥"), ("\x1b(>a", "α"), ("\x1b.A\x1bNi", "é"), ("\x1b(?a", "a"), ("\x1b(0aé", "▒é"),
    ],
)  # fmt: skip
def test_character_sets_are_designated_and_shifted_into_use(told: str, shown: str) -> None:
    assert Driven().tell(told).shown(1) == [shown]


def test_bytes_are_latin_1_after_utf8_is_switched_off() -> None:
    screen = Driven()
    screen.feed(b"\x1b%@\xe9\x9b3C\x84x\x1b%G\xc3\xa9")
    assert screen.shown(2) == ["é", "    xé"]


def test_repetition_is_of_the_last_character_and_no_more_than_a_screenful() -> None:
    assert Driven(6, 2).tell(f"ab{CSI}3b").shown(1) == ["abbbb"]
    assert Driven(4, 3, history=9).tell(f"a{CSI}65535b").shown() == ["aaaa", "aaaa", "a"]
    assert Driven(6, 2).tell(f"\x1b(0q{CSI}2b").shown(1) == ["───"]


def test_a_line_feed_returns_in_newline_mode_but_an_index_does_not() -> None:
    assert Driven().tell(f"{CSI}20hab\n").at() == (2, 1)
    assert Driven().tell(f"{CSI}20hab\x1bD").at() == (2, 3)


def test_erased_and_scrolled_cells_take_the_background() -> None:
    screen = Driven(4, 2).tell(f"ab{CSI}44m{CSI}K\r\n\n")
    assert screen.cell(3, 1).style.background == 4
    assert screen.cell(3, 0).style == screen.cell(0, 0).style
    assert Driven(4, 2).tell(f"{CSI}1;31;44m{CSI}2J").cell(0, 0).style._asdict() | {"background": -1} == (
        Driven().cell(0, 0).style._asdict()
    )


def test_rows_may_be_of_double_size() -> None:
    screen = Driven(8, 3).tell("\x1b#3a\r\n\x1b#4a\r\n\x1b#6b")
    assert [row.size for row in screen.page.rows] == [2, 3, 1]
    assert screen.tell("\x1b#5").page.rows[2].size == 0


def test_a_repeated_character_comes_with_its_marks() -> None:
    assert Driven(10, 2).tell(f"xe\u0301{CSI}2b|").shown(1) == ["xe\u0301e\u0301e\u0301|"]
    assert Driven(10, 2).tell("xe", f"\u0301{CSI}2b|").shown(1) == ["xe\u0301e\u0301e\u0301|"]
    assert Driven(10, 2).tell(f"\u4e2d{CSI}b|").shown(1) == ["\u4e2d\u4e2d|"]


@pytest.mark.parametrize("shift", ["\x1b9", f"{CSI}'}}", f"{CSI} @"])
def test_columns_that_move_do_not_take_back_that_the_row_is_full(shift: str) -> None:
    assert Driven(5, 3).tell(f"abcde{shift}x").shown(2)[1] == "x"
