"""What is copied: the text between two places, a word, a line; places hold while rows come and go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slshell.terminal import selection
from slshell.terminal.selection import Place, Span
from tests.unit.terminal.drive import CALM, CSI, STREAMS, Driven


def between(screen: Driven, start: tuple[int, int], end: tuple[int, int], block: bool = False) -> str:
    return screen.text_between(Place(*start), Place(*end), block)


def word(screen: Driven, line: int, column: int) -> str:
    return screen.text_between(*selection.word_around(screen, Place(line, column)))


def test_text_comes_from_history_and_screen_in_one() -> None:
    screen = Driven(10, 2).tell("one\r\ntwo\r\nthree\r\nfour")
    assert between(screen, (0, 1), (3, 2)) == "ne\ntwo\nthree\nfo"
    assert between(screen, (3, 2), (0, 1)) == "ne\ntwo\nthree\nfo"


def test_a_wrapped_line_is_copied_whole_and_lines_without_their_blanks() -> None:
    screen = Driven(5, 4).tell("abcdefgh  \r\nx  y \r\n")
    assert between(screen, (0, 0), (3, 0)) == "abcdefgh\nx  y\n"
    assert between(screen, (0, 3), (1, 2)) == "defg"


def test_blanks_within_a_line_stay_at_the_end_of_what_is_copied() -> None:
    screen = Driven(20, 2).tell("one   two   ")
    assert between(screen, (0, 0), (0, 5)) == "one  "
    assert between(screen, (0, 0), (0, 11)) == "one   two"
    assert between(screen, (0, 0), (0, 20)) == "one   two"


def test_a_wide_character_comes_whole_though_half_of_it_is_between() -> None:
    screen = Driven(10, 2).tell("a中b文c")
    assert between(screen, (0, 2), (0, 5)) == "中b文"
    assert between(screen, (0, 0), (0, 10)) == "a中b文c"


def test_a_wide_character_that_found_no_room_leaves_no_blank_in_its_line() -> None:
    assert between(Driven(3, 3).tell("ab中文"), (0, 0), (2, 3)) == "ab中文"


def test_marks_come_with_their_characters() -> None:
    assert between(Driven(10, 2).tell("e\u0301te\u0301"), (0, 0), (0, 1)) == "e\u0301"


def test_a_block_has_the_same_columns_of_each_row() -> None:
    screen = Driven(10, 3).tell("abcdef\r\nghi\r\nmnopqr")
    assert between(screen, (2, 4), (0, 2), block=True) == "cd\ni\nop"


def test_a_row_keeps_its_number_while_others_come() -> None:
    screen = Driven(10, 3, history=5).tell("first\r\n", "x\r\n" * 5)
    assert between(screen, (0, 0), (0, 10)) == "first"
    screen.tell("y\r\n" * 3)
    assert (screen.oldest, screen.newest) == (2, 9)
    assert between(screen, (0, 0), (0, 10)) == ""
    assert between(screen, (0, 0), (2, 10)) == "x"
    assert between(screen, (6, 0), (8, 10)) == "y\ny\ny"


def test_numbers_go_on_after_the_history_is_erased_the_height_changes_or_all_is_reset() -> None:
    screen = Driven(10, 3).tell("1\r\n2\r\n3\r\n4\r\n5")
    screen.resize(10, 2)
    assert between(screen, (3, 0), (4, 9)) == "4\n5"
    screen.tell(f"{CSI}3J")
    assert screen.oldest == 3
    assert between(screen, (3, 0), (4, 9)) == "4\n5"
    assert screen.tell("\x1bcnew").oldest == 5
    assert between(screen, (0, 0), (9, 0)) == "new\n\n"


@pytest.mark.parametrize(
    ("text", "column", "found"),
    [
        ("see /etc/hosts, please", 6, "/etc/hosts,"),
        ("see /etc/hosts, please", 3, " "),
        ("(one) two", 2, "one"),
        ("中文字 x", 3, "中文字"),
        ("cafe\u0301 x", 0, "cafe\u0301"),
        ("ab", 7, ""),
        ("「中」", 1, "「"),
    ],
)
def test_a_word_is_what_stands_together(text: str, column: int, found: str) -> None:
    assert word(Driven(30, 2).tell(text), 0, column) == found


def test_a_word_goes_on_over_the_end_of_a_row() -> None:
    screen = Driven(6, 3).tell("a long-word here")
    assert word(screen, 1, 0) == word(screen, 0, 4) == "long-word"


def test_a_line_has_all_the_rows_that_it_is_wrapped_over() -> None:
    screen = Driven(5, 2).tell("abcdefghijkl\r\nx")
    assert selection.line_around(screen, 1) == Span(Place(0, 0), Place(2, 5))
    assert selection.line_around(screen, 3) == Span(Place(3, 0), Place(3, 5))
    assert selection.line_around(screen, 99) == Span(Place(99, 0), Place(99, 0))


@CALM
@given(STREAMS, st.tuples(*[st.integers(-3, 40)] * 4), st.booleans())
def test_any_places_will_do(data: bytes, given: tuple[int, int, int, int], block: bool) -> None:
    screen = Driven(12, 4, history=10)
    screen.feed(data)
    start, end = Place(*given[:2]), Place(*given[2:])
    assert screen.text_between(start, end, block) == screen.text_between(end, start, block)
    for place in (start, end):
        if place.column >= 0:
            found = selection.word_around(screen, place)
            assert found.start.line <= place.line <= found.end.line


@CALM
@given(STREAMS)
def test_all_that_can_be_copied_is_the_text_of_the_screen(data: bytes) -> None:
    screen = Driven(12, 4, history=1000)
    screen.feed(data)
    copied = screen.text_between(Place(screen.oldest, 0), Place(screen.newest, screen.columns))
    assert copied.rstrip("\n ") == screen.text().rstrip(" ")
