"""The dashboard over 10,000 instances and 5,000 volumes, beside `virtui-manager` on libvirt's test driver.

Both run in a terminal of 200 x 60. Ours gets its rows over the real HTTP interface, from rows in the
database; the peer has as many machines of the same names in its own process. What is timed is a key until
what it leads to is written to the terminal.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import peer_screen, report
from benchmarks.rows import add_instances, add_volumes
from benchmarks.terminal import Dashboard, program
from benchmarks.world import ROOT, World, cpu_s, world

COLUMNS, LINES = 200, 60
PAINT_S, SORT_MS, KEY_MS, MEMORY_MIB, IDLE = 0.7, 100, 30, 200, 1.0
CALM_S = 5.0
IDLE_S = 30.0
PACE_S = 0.05
"""Between two keys: twenty a second is what a held key gives."""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--volumes", type=int, default=5_000)
    options.add_argument("--repetitions", type=int, default=5)
    options.add_argument("--keys", type=int, default=300)
    options.add_argument("--peer-rows", type=int, default=10_000)
    options.add_argument("--no-peer", action="store_true")
    chosen = options.parse_args()
    report.heading(f"screen: {chosen.rows} instances and {chosen.volumes} volumes")
    with world() as own:
        own.data.mkdir()
        add_instances(own.data, chosen.rows)
        add_volumes(own.data, chosen.volumes)
        with serving(own):
            _paints(own, chosen.repetitions)
            _at_work(own, chosen.repetitions, chosen.keys)
        report.say(f"load {report.load()}")
        if not chosen.no_peer:
            peer_screen.measure(own, chosen.peer_rows, chosen.keys)
    report.say(f"load at the end {report.load()}")


@contextmanager
def serving(own: World) -> Iterator[None]:
    """The back end of `benchmarks.churning`, which does not change anything yet."""
    command = [sys.executable, "-m", "benchmarks.churning", str(own.data)]
    log = own.folder / "log"
    with log.open("wb") as written:
        process = subprocess.Popen(command, cwd=ROOT, env=own.environment, stdout=written, stderr=written)
    try:
        deadline = time.monotonic() + 60
        while not (own.data / "daemon.json").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the back end does not serve: {log.read_text()[-1000:]}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _shown(own: World) -> Iterator[tuple[Dashboard, Path]]:
    noted = own.folder / "noted"
    noted.unlink(missing_ok=True)
    toured = own.folder / "h/.local/state/slshell/dashboard/toured"
    toured.parent.mkdir(parents=True, exist_ok=True)
    toured.touch()
    command = [sys.executable, "-m", "benchmarks.probe", str(noted)]
    with program(own, command, "q", columns=COLUMNS, lines=LINES, cwd=ROOT) as shown:
        yield shown, noted


def _paints(own: World, repetitions: int) -> None:
    whole, paint = [], []
    for _ in range(repetitions):
        with _shown(own) as (shown, noted):
            drawn = shown.wait_for("one-10")
            whole.append((drawn - shown.began) * 1000)
            paint.append((drawn - float(noted.read_text())) * 1000)
    report.line("start → rows drawn", whole, "ms")
    _verdict("data → first paint", paint, "ms", PAINT_S * 1000)


def _at_work(own: World, repetitions: int, keys: int) -> None:
    with _shown(own) as (shown, _):
        shown.wait_for("one-10")
        shown.listen(CALM_S)
        _idle("idle, nothing changes", shown)
        sorts = []
        for _ in range(repetitions):
            sorts += [_timed(shown, "O", "ID▼"), _timed(shown, "O", "ID▲")]
        _verdict("order turned round → drawn", sorts, "ms", SORT_MS)
        others = [_timed(shown, ">", "NAME▲"), _timed(shown, "<", "ID▲")]
        _verdict("another column → drawn", others, "ms", SORT_MS)
        _keys(shown, "key, nothing changes", keys)
        (own.data / "churn").touch()
        shown.listen(CALM_S)
        _keys(shown, "key, 1 % changes a second", keys)
        (own.data / "churn").unlink()
        shown.listen(CALM_S)
        resident = _resident_mib(shown.process.pid)
        shown.press("2")
        shown.listen(CALM_S)
        resident = max(resident, _resident_mib(shown.process.pid))
        _verdict("resident memory, volumes seen too", [resident], "MiB", MEMORY_MIB)
        _idle("idle afterwards", shown)


def _keys(shown: Dashboard, what: str, keys: int) -> None:
    """Walk down: the pane tells the row that each key leads to."""
    shown.press("g")
    shown.listen(1.0)
    pid = shown.process.pid
    before, times, own = cpu_s(pid), [], []
    for number in range(2, keys + 2):
        queued = _queued_ms(pid)
        times.append(_timed(shown, "j", f"one-{number}"))
        own.append(max(0.0, times[-1] - (_queued_ms(pid) - queued)))
        shown.listen(PACE_S)
    used = (cpu_s(pid) - before) / keys * 1000
    for words, values in ((what, times), ("  without the wait for a busy CPU", own)):
        worst = sorted(values)[min(keys - 1, int(keys * 0.99))]
        report.line(words, values, "ms", 1)
        report.say(f"{'  99 of 100 within':44} {worst:.1f} ms   (aim {KEY_MS}: {_met(worst, KEY_MS)})")
    report.say(f"{'  CPU of the dashboard for each':44} {used:.1f} ms")


def _queued_ms(pid: int) -> float:
    """How long the dashboard's main thread and this one have stood in the kernel's queue for a CPU so far."""
    return sum(
        int(Path(f"/proc/{each}/schedstat").read_text().split()[1]) / 1e6 for each in (pid, os.getpid())
    )


def _timed(shown: Dashboard, key: str, words: str) -> float:
    shown.forget()
    asked = shown.press_at(key)
    return (shown.wait_for(words) - asked) * 1000


def _idle(what: str, shown: Dashboard) -> None:
    before = cpu_s(shown.process.pid)
    shown.listen(IDLE_S)
    share = 100 * (cpu_s(shown.process.pid) - before) / IDLE_S
    report.say(f"{what:44} {share:.2f} % of a core   (aim {IDLE:g}: {_met(share, IDLE)})")


def _resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(each.split()[1]) / 1024 for each in lines if each.startswith("VmRSS"))


def _verdict(what: str, values: list[float], unit: str, aim: float) -> None:
    middle = report.median(values)
    report.say(f"{what:44} {report.spread(values, unit)}   (aim {aim:g}: {_met(middle, aim)})")


def _met(value: float, aim: float) -> str:
    return "met" if value <= aim else "missed"


if __name__ == "__main__":
    main()
