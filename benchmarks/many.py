"""A cloud with ten thousand instances: lists, changes, the command, the mirror and the first picture."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from benchmarks import report
from benchmarks.rows import add_instances
from benchmarks.terminal import dashboard
from benchmarks.timing import in_turns
from benchmarks.world import PROGRAM, World, cpu_s, world
from slshell.client.mirror import Snapshot, applied
from slshell.client.transport import UnixPool
from slshell.model.cloud import Changes

PAGE = 1000


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--repetitions", type=int, default=5)
    chosen = options.parse_args()
    report.heading(f"many: {chosen.rows} instances")
    with world() as own:
        own.data.mkdir()
        add_instances(own.data, chosen.rows)
        began = time.monotonic()
        own.slshell("cloud", "up")
        report.say(f"{'first start of the daemon':44} {(time.monotonic() - began) * 1000:.0f} ms")
        _interface(own, chosen.rows, chosen.repetitions)
        _commands(own, chosen.repetitions)
        _first_pictures(own, chosen.repetitions)
        _memory(own)
    report.say(f"load at the end {report.load()}")


def _interface(own: World, rows: int, repetitions: int) -> None:
    status = own.cloud().status()
    pool = UnixPool(Path(status.socket))

    def ask(target: str) -> bytes:
        answer = pool.urlopen("GET", target, retries=False)
        assert answer.status == 200, answer.data
        return answer.data

    everything = f"/v1/instances?limit={rows}"
    whole = _repeat(f"GET {everything}", lambda: ask(everything), repetitions)
    assert len(json.loads(whole)["items"]) == rows
    _repeat(f"  as pages of {PAGE}", lambda: _pages(ask), repetitions)
    _repeat("  fields=id,name,state", lambda: ask(f"{everything}&fields=id,name,state"), repetitions)
    changes = _repeat("GET /v1/changes?since=0", lambda: ask("/v1/changes?since=0&wait=0"), repetitions)
    _repeat("GET /v1/instances/77", lambda: ask("/v1/instances/77"), repetitions)
    _decoding(changes, repetitions)
    pool.close()


def _pages(ask: Callable[[str], bytes]) -> bytes:
    parts, cursor = [], ""
    while True:
        parts.append(ask(f"/v1/instances?limit={PAGE}{cursor}"))
        following = msgspec.json.decode(parts[-1])["next"]
        if following is None:
            return b"".join(parts)
        cursor = "&" + urlencode({"cursor": following})


def _decoding(body: bytes, repetitions: int) -> None:
    decoder = msgspec.json.Decoder(Changes)
    found = decoder.decode(body)
    now = datetime.now(UTC)
    full = applied(Snapshot(), found, now)
    small = msgspec.structs.replace(found, instances=found.instances[:100], revision=found.revision + 1)
    typed = _times(lambda: decoder.decode(body), repetitions)
    report.line("client: decode changes to typed instances", typed, "ms", 1)
    plain = _times(lambda: json.loads(body), repetitions)
    report.line("  the same with json.loads to dicts", plain, "ms", 1)
    report.ratio("  ratio", typed, plain)
    times = _times(lambda: applied(Snapshot(), found, now), repetitions)
    report.line("mirror: first picture of all", times, "ms", 1)
    times = _times(lambda: applied(full, small, now), repetitions)
    report.line("mirror: 100 of them change", times, "ms", 1)


def _commands(own: World, repetitions: int) -> None:
    program = str(PROGRAM)
    commands = {
        "slshell instances": [program, "instances"],
        "slshell instances -o json": [program, "instances", "-o", "json"],
        "slshell instances --quiet": [program, "instances", "--quiet"],
        "slshell instances 77": [program, "instances", "77"],
    }
    for name, values in in_turns(commands, own.environment, repetitions, own.folder).items():
        report.line(name, values, "ms")


def _first_pictures(own: World, repetitions: int) -> None:
    times = []
    for _ in range(repetitions):
        with dashboard(own, 200, 60) as shown:
            times.append((shown.wait_for("one-10") - shown.began) * 1000)
    report.line("dashboard: start → rows drawn", times, "ms")
    with dashboard(own, 200, 60) as shown:
        shown.wait_for("one-10")
        shown.listen(5)
        before = cpu_s(shown.process.pid)
        shown.listen(20)
        used = cpu_s(shown.process.pid) - before
        report.say(f"{'dashboard: idle CPU over 20 s':44} {used:.2f} s, {100 * used / 20:.2f} %")


def _memory(own: World) -> None:
    for text in Path(f"/proc/{own.daemon()}/status").read_text().splitlines():
        if text.startswith("VmRSS"):
            report.say(f"{'memory of the daemon':44} {int(text.split()[1]) / 1024:.0f} MiB")


def _repeat(what: str, ask: Callable[[], bytes], repetitions: int) -> bytes:
    body = ask()
    times = _times(ask, repetitions)
    report.say(f"{what:44} {report.spread(times, 'ms')}, {len(body)} bytes")
    return body


def _times(work: Callable[[], object], repetitions: int) -> list[float]:
    times = []
    for _ in range(repetitions):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return times


if __name__ == "__main__":
    main()
