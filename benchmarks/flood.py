"""A dashboard with two panes, one flooded over SSH: how long keys take, beside the same keys without a flood.

The dashboard runs in a terminal, the machine in another process; the dashboard draws the flood and holds it
back. Timed are a key until the machine has it and until its echo is written to the terminal, and Ctrl-C until
the machine has it and until the end of the flood is written.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import report
from benchmarks.flooding import COLOURED, STOP, YES
from benchmarks.screen import PACE_S, serving
from benchmarks.terminal import Dashboard, program
from benchmarks.world import PROGRAM, ROOT, World, world
from slshell.ssh.keys import make_own_key

COLUMNS, LINES = 160, 48
KEY_MS = 50
LEADER, OTHER, BESIDE = "\x1c", "o", "v"
LEAVE = f"{LEADER}dq\x1b[C\r"
FLOODS = {"coloured ls -lR": COLOURED, "yes": YES}
FLOODED, QUIET = 1, 2
"""The shells by the order in which they were opened."""
SETTLE_S = 2.0


class Bench:
    """The dashboard with its two panes, the quiet one active, and what the machine notes."""

    def __init__(self, shown: Dashboard, noted: Path, keys: int) -> None:
        self.shown = shown
        self._noted = noted
        self._keys = keys
        self._echoes = 0

    def noted(self, shell: int, what: str) -> list[tuple[float, int]]:
        """The moments at which something happened in a shell, and the bytes of it."""
        lines = [line.split() for line in self._noted.read_text().splitlines()]
        return [
            (float(at), int(size)) for number, at, kind, size in lines if (number, kind) == (str(shell), what)
        ]

    def other_pane(self) -> None:
        """Give the keys to the other pane."""
        self.shown.press(LEADER + OTHER)
        self.shown.listen(0.2)

    def keys(self, when: str) -> None:
        """Type into the quiet pane and print how long that took."""
        asked, drawn, first = [], [], len(self.noted(QUIET, "key"))
        for _ in range(self._keys):
            self._echoes += 1
            self.shown.forget()
            asked.append(self.shown.press_at("k"))
            drawn.append(self.shown.wait_for(f"#{self._echoes}#"))
            self.shown.listen(PACE_S)
        heard = [at for at, _ in self.noted(QUIET, "key")[first:]]
        _print(f"{when}: key → machine", _ms(asked, heard))
        _print(f"{when}: key → echo drawn", _ms(asked, drawn))

    def flood(self, name: str, key: bytes, repetitions: int) -> None:
        """Flood the other pane, type, and end it with Ctrl-C; again for more of the last."""
        asked, stopped, speeds = [], [], []
        for number in range(repetitions):
            self.other_pane()
            self.shown.press(key.decode())
            self.shown.listen(SETTLE_S)
            if number == 0:
                self.other_pane()
                self.keys(name)
                self.other_pane()
            self.shown.forget()
            asked.append(self.shown.press_at(STOP.decode()))
            stopped.append(self.shown.wait_for(f"stopped{FLOODED}"))
            self.other_pane()
            (began, _), (ended, size) = self.noted(FLOODED, "flood")[-1], self.noted(FLOODED, "flooded")[-1]
            speeds.append(size / 1e6 / (ended - began))
        heard = [at for at, _ in self.noted(FLOODED, "stop")[-repetitions:]]
        _print(f"{name}: Ctrl-C → machine", _ms(asked, heard))
        report.line(f"{name}: Ctrl-C → its end drawn", _ms(asked, stopped), "ms", 1)
        report.line(f"{name}: taken meanwhile", speeds, "MB/s", 1)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--keys", type=int, default=200)
    options.add_argument("--repetitions", type=int, default=5)
    chosen = options.parse_args()
    report.heading("flood: two panes over SSH, one of them flooded")
    with world() as own:
        own.data.mkdir()
        with (
            serving(own),
            _machine(own) as host,
            program(own, [str(PROGRAM)], LEAVE, columns=COLUMNS, lines=LINES) as shown,
        ):
            shown.wait_for("No instances yet")
            shown.press(f":connect --host {host}\r")
            shown.wait_for(f"shell{FLOODED}")
            shown.press(LEADER + BESIDE)
            shown.wait_for(f"shell{QUIET}")
            shown.listen(SETTLE_S)
            bench = Bench(shown, own.folder / "noted", chosen.keys)
            bench.keys("no flood")
            for name, key in FLOODS.items():
                bench.flood(name, key, chosen.repetitions)
    report.say(f"load at the end {report.load()}")


@contextmanager
def _machine(own: World) -> Iterator[str]:
    """A machine that the user knows; answers how it is called."""
    home = own.folder / "h"
    make_own_key(own.environment)
    (home / ".ssh").mkdir(mode=0o700)
    toured = home / ".local/state/slshell/dashboard/toured"
    toured.parent.mkdir(parents=True)
    toured.touch()
    command = [sys.executable, "-m", "benchmarks.flooding", str(own.folder)]
    process = subprocess.Popen(command, cwd=ROOT, env=own.environment)
    try:
        known = own.folder / "machine"
        deadline = time.monotonic() + 30
        while not known.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the machine does not serve")
            time.sleep(0.05)
        line = known.read_text()
        (home / ".ssh/known_hosts").write_text(line)
        port = line.split()[0].rpartition(":")[2]
        yield f"root@127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _ms(begun: list[float], done: list[float]) -> list[float]:
    return [(end - begin) * 1000 for begin, end in zip(begun, done, strict=True)]


def _print(what: str, values: list[float]) -> None:
    worst = sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]
    verdict = "met" if worst <= KEY_MS else "missed"
    report.line(what, values, "ms", 1)
    report.say(f"{'  99 of 100 within':44} {worst:.1f} ms   (aim {KEY_MS}: {verdict})")


if __name__ == "__main__":
    main()
