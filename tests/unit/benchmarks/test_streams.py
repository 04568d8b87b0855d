"""The streams that the emulator's benchmark feeds."""

from __future__ import annotations

import pytest

from benchmarks.streams import COLUMNS, ROWS, STREAMS
from tests.unit.terminal.drive import Driven, check_sound


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_the_same_each_time_and_as_long_as_wanted(name: str) -> None:
    data = STREAMS[name](20_000)
    assert 20_000 <= len(data) < 40_000
    assert data == STREAMS[name](20_000)


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_fills_a_screen(name: str) -> None:
    screen = Driven(COLUMNS, ROWS)
    screen.feed(STREAMS[name](20_000))
    check_sound(screen)
    assert sum(1 for line in screen.shown() if line) > ROWS // 2
