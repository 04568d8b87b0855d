"""Looking for text in history and screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slshell.terminal.selection import Place, Span
from tests.unit.terminal.drive import CALM, CSI, STREAMS, Driven


def found(screen: Driven, text: str, ignore_case: bool = True) -> list[tuple[int, int, int, int]]:
    return [(*span.start, *span.end) for span in screen.find(text, ignore_case)]


def test_text_is_found_in_history_and_screen_oldest_first() -> None:
    screen = Driven(20, 2).tell("error one\r\nfine\r\nno error, no Error\r\nend")
    assert found(screen, "error") == [(0, 0, 0, 5), (2, 3, 2, 8), (2, 13, 2, 18)]
    assert found(screen, "Error", ignore_case=False) == [(2, 13, 2, 18)]
    assert found(screen, "absent") == found(screen, "") == []


def test_text_is_found_over_the_end_of_a_wrapped_row_only() -> None:
    screen = Driven(6, 4).tell("abcdefghi\r\nxyz")
    assert found(screen, "fgh") == [(0, 5, 1, 2)]
    assert found(screen, "def") == [(0, 3, 0, 6)]
    assert found(screen, "ghi") == [(1, 0, 1, 3)]
    assert found(screen, "ixyz") == []


def test_places_count_cells_not_characters() -> None:
    screen = Driven(20, 2).tell("中文 abc 中")
    assert found(screen, "abc") == [(0, 5, 0, 8)]
    assert found(screen, "中") == [(0, 0, 0, 2), (0, 9, 0, 11)]
    assert screen.text_between(*screen.find("文 a")[0]) == "文 a"


@pytest.mark.parametrize("written", ["caf\u00e9", "cafe\u0301"])
@pytest.mark.parametrize("asked", ["caf\u00e9", "cafe\u0301"])
def test_marks_may_come_with_their_characters_or_after_them(written: str, asked: str) -> None:
    assert found(Driven(20, 2).tell(f"un {written}!"), asked) == [(0, 3, 0, 7)]


def test_a_character_without_its_marks_is_another() -> None:
    assert found(Driven(20, 2).tell("x\u0323\u0301 x"), "x") == [(0, 2, 0, 3)]


def test_a_match_that_ends_within_a_character_does_not_hide_the_next() -> None:
    assert found(Driven(20, 2).tell("h\u0301xh\u0301xh"), "h\u0301xh") == [(0, 2, 0, 5)]


def test_what_is_looked_for_is_text_not_a_pattern() -> None:
    assert found(Driven(20, 2).tell("a.c abc"), "a.c") == [(0, 0, 0, 3)]


def test_on_the_alternate_screen_what_is_shown_is_searched() -> None:
    screen = Driven(20, 2).tell(f"one\r\nmain one\r\n{CSI}?1049h{CSI}Halternate one")
    assert found(screen, "one") == [(0, 0, 0, 3), (1, 10, 1, 13)]


@CALM
@given(STREAMS, st.text("abc XYé中", min_size=1, max_size=3))
def test_what_is_found_is_what_was_looked_for(data: bytes, text: str) -> None:
    screen = Driven(12, 4, history=1000)
    screen.feed(data)
    spans: list[Span] = screen.find(text, ignore_case=False)
    for start, end in spans:
        assert Place(screen.oldest, 0) <= start < end
        if text == text.strip(" "):
            assert screen.text_between(start, end) == text
    if text == text.strip(" ") and not len(screen.clusters):
        assert len(spans) == sum(line.count(text) for line in screen.text().split("\n"))
