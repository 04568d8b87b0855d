"""Graphs of measurements over time."""

from __future__ import annotations

import pytest

from slshell.dashboard.graphs import HEIGHT, buckets, graph
from slshell.dashboard.pictures import Part


def plain(parts: list[Part]) -> list[str]:
    """The lines of a graph without styles."""
    return "".join(part if isinstance(part, str) else part[0] for part in parts).splitlines()


def test_samples_become_means_of_equal_stretches() -> None:
    assert buckets([0.0, 1.0, 5.0], [10.0, 20.0, 40.0], 8.0, 4) == [15.0, 15.0, 40.0, 40.0]


def test_where_nobody_measured_for_long_nothing_is_drawn() -> None:
    found = buckets([0.0, 2000.0], [10.0, 20.0], 2000.0, 10)
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


def test_a_machine_that_was_off_leaves_a_gap_and_a_figure_that_was_not_counted_none() -> None:
    times = [float(second) for second in range(0, 100, 10)]
    off: list[float | None] = [1.0, 1.0, 1.0, None, None, None, 1.0, 1.0, 1.0, 1.0]
    gap = plain(graph(times, off, now=90.0, top=1.0, unit="1", width=22))[0][3:]
    assert " " in gap.strip()
    whole = plain(graph(times, off, now=90.0, top=1.0, unit="1", width=22, off=[1.0] * 10))[0][3:]
    assert set(whole) == {"█"}
