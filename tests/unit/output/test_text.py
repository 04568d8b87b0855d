"""Sizes, times, widths and cleaning, as pure functions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slshell.output.text import (
    clean,
    clean_json,
    cut,
    human_size,
    human_span,
    human_time,
    is_hostile,
    width_of,
)


@given(st.text(st.characters()))
def test_clean_text_has_nothing_left_to_clean(text: str) -> None:
    assert not is_hostile(clean(text))
    assert "\n" not in clean(text)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_cleaned_json_is_harmless_and_reads_back_the_same(text: str) -> None:
    cleaned = clean_json(json.dumps([text], ensure_ascii=False, indent=1))
    assert json.loads(cleaned) == [text]
    assert not is_hostile(cleaned.replace("\n", ""))


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf"])), st.integers(min_value=1, max_value=30))
def test_cut_text_fits(text: str, width: int) -> None:
    assert width_of(cut(text, width)) <= max(width, 1)


def test_ordinary_text_of_any_script_is_left_alone() -> None:
    for text in ("Zürich", "машина", "機械-1", "é", "“quoted” – dash"):
        assert clean(text) == text


def test_wide_characters_count_twice() -> None:
    assert width_of("機械") == 4
    assert cut("機械-1", 4) == "機…"


@pytest.mark.parametrize(
    ("kib", "text"), [(0, "0B"), (1, "1K"), (991642, "968.4M"), (37014733, "35.3G"), (32505856, "31G")]
)
def test_sizes_read_as_on_the_tutorials_load_page(kib: int, text: str) -> None:
    assert human_size(kib, unit=1024) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(8.9, "8 s"), (185, "3 min"), (7500, "2 h 05 min"), (356400, "4 d 3 h")]
)
def test_spans_are_short(seconds: float, text: str) -> None:
    assert human_span(seconds) == text


def test_today_shows_the_clock_and_other_days_the_date() -> None:
    now = datetime.now(UTC)
    assert len(human_time(now, now)) == len("12:34:56")
    assert len(human_time(now - timedelta(days=3), now)) == len("2026-01-01 12:34")
