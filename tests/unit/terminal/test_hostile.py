"""Whatever bytes come, and however they are cut: nothing raises, nothing grows, the screen stays sound."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.terminal.drive import CALM, HOSTILE, STREAMS, Driven, check_sound, snapshot


@CALM
@given(HOSTILE, st.integers(1, 30), st.integers(1, 8))
def test_a_screen_stays_sound_whatever_is_fed(data: bytes, columns: int, rows: int) -> None:
    screen = Driven(columns, rows, history=20)
    screen.feed(data)
    check_sound(screen)


@CALM
@given(HOSTILE, st.lists(st.integers(0, 400)))
def test_where_a_stream_is_cut_makes_no_difference(data: bytes, places: list[int]) -> None:
    whole, cut = Driven(20, 6), Driven(20, 6)
    whole.feed(data)
    edges = sorted({0, len(data), *(place for place in places if place < len(data))})
    for start, end in pairwise(edges):
        cut.feed(data[start:end])
    assert snapshot(whole) == snapshot(cut)


@CALM
@given(STREAMS)
def test_a_stream_may_come_byte_by_byte(data: bytes) -> None:
    whole, cut = Driven(20, 6), Driven(20, 6)
    whole.feed(data)
    for place in range(len(data)):
        cut.feed(data[place : place + 1])
    assert snapshot(whole) == snapshot(cut)


@CALM
@given(HOSTILE, st.lists(st.tuples(st.integers(1, 40), st.integers(1, 12)), max_size=6), HOSTILE)
def test_a_screen_stays_sound_when_resized(data: bytes, sizes: list[tuple[int, int]], more: bytes) -> None:
    screen = Driven(20, 6, history=20)
    screen.feed(data)
    for columns, rows in sizes:
        screen.resize(columns, rows)
        check_sound(screen)
    screen.feed(more)
    check_sound(screen)


@CALM
@given(STREAMS, STREAMS)
def test_a_screen_stays_sound_when_its_tables_are_full(data: bytes, more: bytes) -> None:
    screen = Driven(20, 6, history=20)
    for table, name, limit in ((screen.styles, "LIMIT", 9), (screen.clusters, "LIMIT", 4)):
        setattr(table, name, limit)
    screen.feed(data)
    check_sound(screen)
    screen.changed()
    screen.feed(more)
    check_sound(screen)
    assert len(screen.styles) <= 9
    assert len(screen.clusters) <= 4
