"""The terminal emulator beside two others in the same run: what programs send, eaten as fast as it goes.

All read the same bytes in pieces as an SSH channel gives them; ours and pyte's `HistoryScreen` remember rows,
bittty cannot. CPU time counts, for the machine may be shared; the ratios are what matters.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from importlib import metadata

import pyte
from bittty import XTERM, Board

from benchmarks import report
from benchmarks.streams import COLUMNS, ROWS, STREAMS
from slshell.terminal.screen import Screen

HISTORY = 5000
PIECE = 4096
AIMS = {"ls -lR in colour": 8.0, "plain log": 12.0, "editor redraw": 5.0}
"""MB/s on a core of our own."""

_SLOWER = {"pyte": 16, "pyte with history": 64, "bittty": 4}
"""How much less the others are given to eat, for they take long."""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repetitions", type=int, default=5)
    options.add_argument("--megabytes", type=int, default=4)
    chosen = options.parse_args()
    report.heading("emulator: a stream into a screen of 80x24 with 5000 rows of history")
    report.say(f"pyte {metadata.version('pyte')}, bittty {metadata.version('bittty')}")
    for name, make in STREAMS.items():
        report.say(f"## {name}")
        _compare(name, make(chosen.megabytes << 20), chosen.repetitions)
    _memory(STREAMS["ls -lR in colour"](chosen.megabytes << 20))
    _drawing(STREAMS["monitor, 24-bit"](1 << 18), chosen.repetitions)
    report.say(f"load at the end {report.load()}")


def _compare(name: str, data: bytes, repetitions: int) -> None:
    speeds: dict[str, list[float]] = {maker: [] for maker in MAKERS}
    for _ in range(repetitions):
        for maker, make in MAKERS.items():
            speeds[maker].append(_speed(make(), data[: len(data) // _SLOWER.get(maker, 1)]))
    for maker, values in speeds.items():
        report.line(maker, values, "MB/s", 2)
    for maker in _SLOWER:
        report.ratio(f"ours / {maker}", speeds["ours"], speeds[maker])
    if name in AIMS:
        verdict = "met" if report.median(speeds["ours"]) >= AIMS[name] else "missed"
        report.say(f"aim of {AIMS[name]:.0f} MB/s: {verdict}")


def _ours() -> Callable[[bytes], object]:
    return Screen(COLUMNS, ROWS, HISTORY).feed


def _pyte() -> Callable[[bytes], object]:
    return pyte.ByteStream(pyte.Screen(COLUMNS, ROWS)).feed


def _pyte_with_history() -> Callable[[bytes], object]:
    return pyte.ByteStream(pyte.HistoryScreen(COLUMNS, ROWS, history=HISTORY)).feed


def _bittty() -> Callable[[bytes], object]:
    board = Board(width=COLUMNS, height=ROWS, model=XTERM)
    return lambda data: board.feed_host_data(data)


MAKERS = {"ours": _ours, "pyte": _pyte, "pyte with history": _pyte_with_history, "bittty": _bittty}


def _speed(feed: Callable[[bytes], object], data: bytes) -> float:
    began = time.process_time()
    for start in range(0, len(data), PIECE):
        feed(data[start : start + PIECE])
    return len(data) / 1e6 / (time.process_time() - began)


def _memory(data: bytes) -> None:
    """What the rows of a full history cost."""
    report.say("## memory")
    tracemalloc.start()
    screen = Screen(COLUMNS, ROWS, HISTORY)
    screen.feed(data)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    report.say(f"{'bytes a row of history':44} {used / max(len(screen.history), 1):.0f}")


def _drawing(data: bytes, repetitions: int) -> None:
    """A whole picture as runs of one style, at its worst: a colour for every cell."""
    report.say("## drawing")
    screen = Screen(COLUMNS, ROWS, HISTORY)
    screen.feed(data)
    times = []
    for _ in range(repetitions * 10):
        began = time.process_time()
        for row in screen.view():
            screen.runs(row)
        times.append((time.process_time() - began) * 1000)
    report.line("a picture as runs of text", times, "ms", 2)


if __name__ == "__main__":
    main()
