"""Measurements over time, and the graphs of them."""

from __future__ import annotations

import pytest

from slshell.dashboard.graphs import HEIGHT, buckets, graph
from slshell.dashboard.history import MOST, History
from slshell.dashboard.pictures import Part
from slshell.model.instance import Metrics


def plain(parts: list[Part]) -> list[str]:
    """The lines of a graph without styles."""
    return "".join(part if isinstance(part, str) else part[0] for part in parts).splitlines()


def test_a_long_history_keeps_its_beginning_and_its_end_in_little_room() -> None:
    history = History()
    for second in range(10_000):
        history.add([Metrics(id=1, cpu_percent=float(second), memory_kib=second)], float(second))
    track = history.of(1)
    assert len(track.times) <= MOST
    assert track.times[0] < 32
    assert track.times[-1] > 9950
    assert list(track.times) == sorted(track.times)
    assert track.cpu == track.times == track.memory
    assert len(track.times) > MOST / 3


def test_machines_that_are_gone_are_forgotten() -> None:
    history = History()
    history.add([Metrics(id=number, cpu_percent=1.0, memory_kib=1) for number in (1, 2)], 0.0)
    history.keep({2})
    assert not history.of(1).times
    assert list(history.of(2).times) == [0.0]


def test_samples_become_means_of_equal_stretches() -> None:
    assert buckets([0.0, 1.0, 5.0], [10.0, 20.0, 40.0], 8.0, 4) == [15.0, 15.0, 40.0, 40.0]


def test_where_nobody_measured_for_long_nothing_is_drawn() -> None:
    found = buckets([0.0, 100.0], [10.0, 20.0], 100.0, 10)
    assert found[0] == 10.0
    assert found[5] is None
    assert found[-1] == 20.0


@pytest.mark.parametrize("width", [20, 44, 74])
def test_a_graph_has_axes_units_and_the_width_that_it_is_given(width: int) -> None:
    times = [float(second) for second in range(0, 121, 2)]
    values = [100.0 if second >= 60 else 0.0 for second in times]
    lines = plain(graph(times, values, now=120.0, top=100.0, unit="100 %", width=width))
    assert len(lines) == HEIGHT + 1
    assert lines[0].startswith("100 % ┤")
    assert lines[HEIGHT - 1].startswith("    0 ┤")
    assert lines[0].endswith("█")
    assert lines[0][7] == " "
    assert lines[HEIGHT - 1][7] == "▁"
    assert "2 min ago" in lines[HEIGHT]
    assert {len(line) for line in lines[:HEIGHT]} == {width}


def test_values_above_the_edge_stay_inside() -> None:
    lines = plain(graph([0.0, 10.0], [500.0, 500.0], now=10.0, top=100.0, unit="100 %", width=20))
    assert set(lines[0][7:]) == {"█"}
