"""Text of strangers made fit for a screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from rich.cells import cell_len

from slshell.dashboard import text


@given(some.text(max_size=300), some.integers(1, 60), some.sampled_from(["left", "right"]))
def test_any_text_fits_exactly_into_its_cells(words: str, width: int, align: str) -> None:
    shown = text.fit(text.clean(words), width, align)
    assert cell_len(shown) == width
    assert not [letter for letter in shown if ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0]


def test_control_codes_are_shown_as_pictures_and_marks_vanish() -> None:
    assert text.clean("\x1b[2Ja\x00\x7f") == "␛[2Ja␀␡"
    assert text.clean("a\u202eb\u200bc\ufeff") == "abc"


def test_an_ordinary_accent_stays_and_a_tower_of_marks_is_cut() -> None:
    assert text.clean("e\u0301") == "é"
    assert len(text.clean("a" + "\u0336" * 50)) <= 5


def test_console_lines_lose_their_escapes_and_what_was_overwritten() -> None:
    lines = text.clean_lines("\x1b[32mok\x1b[0m\r\n 10 %\r 99 %\r\n\x1b]0;title\x07login: \x1b(B\n\n")
    assert lines == ["ok", " 99 %", "login: "]


@given(some.text(alphabet="\x1b[]();m0123\x07\\a", max_size=60))
def test_broken_escapes_leave_no_escape(words: str) -> None:
    assert "\x1b" not in "".join(text.clean_lines(words))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.96, "10 s"),
        (61, "1 min 01"),
        (3599, "59 min"),
        (7500, "2 h 05"),
        (200_000, "2 d 7 h"),
    ],
)
def test_durations_have_at_most_two_units(seconds: float, words: str) -> None:
    assert text.duration(seconds) == words


def test_ages_change_seldom() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    shown = {text.age(now - timedelta(seconds=second), now) for second in range(3600)}
    assert len(shown) == 1 + 11 + 59
    assert text.age(now + timedelta(seconds=5), now) == "now"


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 B"), (1536, "1.5 KiB"), (128 << 20, "128 MiB"), (5 << 40, "5 TiB")]
)
def test_sizes_are_short(number: int, words: str) -> None:
    assert text.size(number) == words


@given(some.floats(-1, 2), some.integers(1, 40))
def test_a_bar_has_its_width_whatever_the_share(share: float, width: int) -> None:
    assert cell_len(text.bar(share, width)) == width
