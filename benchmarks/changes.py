"""What it costs to follow a cloud in which nothing happens: `/v1/changes`, and an idle dashboard."""

from __future__ import annotations

import argparse
import threading
import time
from contextlib import suppress

from benchmarks import report
from benchmarks.rows import add_instances
from benchmarks.terminal import dashboard
from benchmarks.world import World, cpu_s, world
from slshell.client.cloud import Cloud
from slshell.client.mirror import WAIT_S
from slshell.model.errors import CloudUnreachable

ROWS = 20
WATCHERS = (0, 1, 20)


class Watcher:
    """Follows the cloud as a mirror does, and counts its requests."""

    def __init__(self, client: Cloud, ending: threading.Event) -> None:
        self.requests = 0
        self._client = client
        self._ending = ending
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Break the held request; `ending` has been set."""
        self._client.close()
        self._thread.join()

    def _follow(self) -> None:
        revision = 0
        with suppress(CloudUnreachable):
            while not self._ending.is_set():
                revision = self._client.changes(revision, WAIT_S if revision else 0).revision
                self.requests += 1


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60, help="of each measurement of the daemon")
    options.add_argument("--dashboard-seconds", type=float, default=30)
    chosen = options.parse_args()
    report.heading("changes: the cost of watching when nothing happens")
    with world() as own:
        own.data.mkdir()
        add_instances(own.data, ROWS)
        own.slshell("cloud", "up")
        costs = {count: _daemon_cost(own, count, chosen.seconds) for count in WATCHERS}
        _dashboard_cost(own, chosen.dashboard_seconds)
        report.say(f"one of 20 watchers: {(costs[20] - costs[0]) / 20 * 1000:.2f} ms of CPU a minute")
        report.say(f"load at the end {report.load()}")


def _daemon_cost(own: World, count: int, seconds: float) -> float:
    """CPU seconds of the daemon in a minute with `count` idle watchers."""
    ending = threading.Event()
    watchers = [Watcher(own.cloud(), ending) for _ in range(count)]
    for watcher in watchers:
        watcher.start()
    time.sleep(3)
    requests = sum(watcher.requests for watcher in watchers)
    pid = own.daemon()
    before, began = cpu_s(pid), time.monotonic()
    time.sleep(seconds)
    used, took = cpu_s(pid) - before, time.monotonic() - began
    requests = sum(watcher.requests for watcher in watchers) - requests
    ending.set()
    for watcher in watchers:
        watcher.end()
    a_minute = used * 60 / took
    asked = requests * 60 / took
    what = f"daemon with {count} idle watchers"
    report.say(f"{what:44} {a_minute:.3f} CPU s and {asked:.1f} requests a minute")
    return a_minute


def _dashboard_cost(own: World, seconds: float) -> None:
    with dashboard(own) as shown:
        shown.wait_for("one-1")
        shown.listen(5)
        pids = {"dashboard": shown.process.pid, "daemon": own.daemon()}
        before = {name: cpu_s(pid) for name, pid in pids.items()}
        written, began = shown.bytes_read, time.monotonic()
        shown.listen(seconds)
        took = time.monotonic() - began
        for name, pid in pids.items():
            used = cpu_s(pid) - before[name]
            what = f"idle dashboard: CPU of the {name}"
            report.say(f"{what:44} {used:.2f} s in {took:.0f} s, {100 * used / took:.2f} %")
        report.say(f"{'idle dashboard: written to the terminal':44} {shown.bytes_read - written} bytes")


if __name__ == "__main__":
    main()
