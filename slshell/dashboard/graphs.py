"""Graphs of measurements as lines of text, with axes and units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from slshell.dashboard import text
from slshell.dashboard.pictures import Part, styled

HEIGHT = 3
"""Lines of a graph without its axis, unless told otherwise."""
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_HELD_S = 150.0
"""A value holds this long without another one, for the cloud measures at least once a minute; a longer gap
stays empty."""


def graph(
    times: Sequence[float],
    values: Sequence[float | None],
    *,
    now: float,
    top: float,
    unit: str,
    width: int,
    off: Sequence[float | None] | None = None,
    height: int = HEIGHT,
) -> list[Part]:
    """A graph from the first sample to `now`: `top` is the value at the upper edge, `unit` its label.

    Where `off` (by default `values`) has None the machine was off, and the graph is empty; another None is
    a figure that was not counted, and the one before it holds.
    """
    known = [
        (time, value)
        for time, value, on in zip(times, values, values if off is None else off, strict=True)
        if value is not None or on is None
    ]
    times, values = [time for time, _ in known], [value for _, value in known]
    gutter = len(unit) + 1
    columns = buckets(times, values, now, max(4, width - gutter - 1))
    parts: list[Part] = []
    for row in range(height - 1, -1, -1):
        label = unit if row == height - 1 else "0" if row == 0 else ""
        line = "".join(
            _cell(value / top if value is not None and top else None, row, height) for value in columns
        )
        parts += [styled(f"{label:>{gutter - 1}} {'┤' if label else '│'}", "dim"), (line, "$primary"), "\n"]
    began, ended = (datetime.fromtimestamp(each, UTC) for each in (times[0], now))
    since, room = text.age(began, ended), len(columns)
    since = "" if since == "now" else f"{since} ago"
    axis = f"{since}{'now'.rjust(room - len(since))}" if room > len(since) + 4 else since[:room]
    parts += [styled(f"{' ' * (gutter + 1)}{axis}", "dim"), "\n"]
    return parts


def buckets(
    times: Sequence[float], values: Sequence[float | None], now: float, count: int
) -> list[float | None]:
    """Means of the samples in `count` equal stretches of time; None where nothing was measured."""
    start = times[0]
    span = max(now - start, 1.0) / count
    parts: list[list[float | None]] = [[] for _ in range(count)]
    for time, value in zip(times, values, strict=True):
        parts[min(count - 1, max(0, int((time - start) / span)))].append(value)
    found: list[float | None] = []
    last, last_end = None, start
    for index, part in enumerate(parts):
        end = start + (index + 1) * span
        numbers = [value for value in part if value is not None]
        if part:
            last, last_end = sum(numbers) / len(numbers) if numbers else None, end
        found.append(last if end - last_end <= max(_HELD_S, span) else None)
        if part and part[-1] is None:
            last = None
    return found


def _cell(share: float | None, row: int, height: int) -> str:
    """The part of a column in `row`, counted from below; what was measured shows at least a foot."""
    if share is None:
        return " "
    eighths = max(1, round(min(1.0, max(0.0, share)) * height * 8))
    return _EIGHTHS[min(8, max(0, eighths - row * 8))]
