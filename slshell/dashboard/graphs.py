"""Graphs of measurements as lines of text, with axes and units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from slshell.dashboard import text
from slshell.dashboard.pictures import Part, styled

HEIGHT = 3
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_HELD_S = 15.0
"""A value holds this long without another one; a longer gap stays empty, for nobody measured."""


def graph(
    times: Sequence[float], values: Sequence[float], *, now: float, top: float, unit: str, width: int
) -> list[Part]:
    """A graph from the first sample to `now`: `top` is the value at the upper edge, `unit` its label."""
    gutter = len(unit) + 1
    columns = buckets(times, values, now, max(4, width - gutter - 1))
    parts: list[Part] = []
    for row in range(HEIGHT - 1, -1, -1):
        label = unit if row == HEIGHT - 1 else "0" if row == 0 else ""
        line = "".join(_cell(value / top if value is not None and top else None, row) for value in columns)
        parts += [styled(f"{label:>{gutter - 1}} {'┤' if label else '│'}", "dim"), (line, "$primary"), "\n"]
    began, ended = (datetime.fromtimestamp(each, UTC) for each in (times[0], now))
    since, room = text.age(began, ended), len(columns)
    since = "" if since == "now" else f"{since} ago"
    axis = f"{since}{'now'.rjust(room - len(since))}" if room > len(since) + 4 else since[:room]
    parts += [styled(f"{' ' * (gutter + 1)}{axis}", "dim"), "\n"]
    return parts


def buckets(times: Sequence[float], values: Sequence[float], now: float, count: int) -> list[float | None]:
    """Means of the samples in `count` equal stretches of time; None where nothing was measured."""
    start = times[0]
    span = max(now - start, 1.0) / count
    sums, numbers = [0.0] * count, [0] * count
    for time, value in zip(times, values, strict=True):
        index = min(count - 1, max(0, int((time - start) / span)))
        sums[index] += value
        numbers[index] += 1
    found: list[float | None] = []
    last, last_end = None, start
    for index in range(count):
        end = start + (index + 1) * span
        if numbers[index]:
            last, last_end = sums[index] / numbers[index], end
        found.append(last if end - last_end <= max(_HELD_S, span) else None)
    return found


def _cell(share: float | None, row: int) -> str:
    """The part of a column in `row`, counted from below; what was measured shows at least a foot."""
    if share is None:
        return " "
    eighths = max(1, round(min(1.0, max(0.0, share)) * HEIGHT * 8))
    return _EIGHTHS[min(8, max(0, eighths - row * 8))]
