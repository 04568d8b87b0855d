"""`run` → SSH banner, against the same disk, kernel and options booted by hand in the same run.

By hand the clock runs from the start of QEMU; its disks are made before. Ours runs from the start of the
`slshell run` command. Both are watched by the same fresh connections.
"""

from __future__ import annotations

import argparse
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import by_hand, report
from benchmarks.banner import wait_for_banner
from benchmarks.world import APPLIANCE, World, cpu_s, world
from slshell.model.instance import Instance

AIM = 1.10


@dataclass
class Sums:
    """Milliseconds of each boot, list by list."""

    total: list[float] = field(default_factory=list)
    guest_cpu: list[float] = field(default_factory=list)
    parts: dict[str, list[float]] = field(default_factory=dict)

    def part(self, name: str, ms: float) -> None:
        """Note one part of a boot."""
        self.parts.setdefault(name, []).append(ms)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repetitions", type=int, default=5)
    repetitions = options.parse_args().repetitions
    report.heading("boot: `slshell run` to SSH banner")
    with world(appliance=True) as own:
        recipe = _first(own)
        ours, hand = Sums(), Sums()
        for number in range(repetitions):
            _ours(own, ours)
            _by_hand(own, recipe, hand)
            report.say(
                f"  {number + 1}: ours {ours.total[-1]:.0f} ms, by hand {hand.total[-1]:.0f} ms, "
                f"load {report.load()}"
            )
    _print(ours, hand)


def _first(own: World) -> by_hand.Recipe:
    """One run to fill every cache, and to learn QEMU's command from."""
    own.slshell("run", APPLIANCE, "--name", "first", "--wait", "--for", "reachable")
    [one] = own.cloud().instances()
    [machine] = (own.data / "e/m").iterdir()
    [log] = (own.data / "e/k/libvirt/qemu/log").glob("*.log")
    files = own.folder / "files"
    files.mkdir()
    recipe = by_hand.recipe_of(log, machine, (machine / "root.qcow2").owner(), files)
    own.slshell("kill", str(one.id), "--yes", "--wait")
    return recipe


def _ours(own: World, sums: Sums) -> None:
    began_at, began = time.time(), time.monotonic()
    words = own.slshell("run", APPLIANCE, "--quiet")
    accepted = time.monotonic()
    number, address = words.strip().split(", ")
    client = own.cloud()
    port = client.instance(int(number)).ssh_port
    banner = wait_for_banner(address, port)
    banner_at = time.time() - (time.monotonic() - banner)
    sums.total.append((banner - began) * 1000)
    sums.guest_cpu.append(cpu_s(_qemu(number, own.data)) * 1000)
    own.slshell("wait", number, "--for", "reachable")
    one = client.instance(int(number))
    _note_parts(sums, one, began_at, banner_at)
    sums.part("command `run` in all", (accepted - began) * 1000)
    own.slshell("kill", number, "--yes", "--wait")


def _note_parts(sums: Sums, one: Instance, began_at: float, banner_at: float) -> None:
    starts = {phase.name: phase.started_at.timestamp() for phase in one.phases}
    marks = [
        ("start of the command → Pending", began_at, starts["Pending"]),
        ("Pending (queued)", starts["Pending"], starts["Prolog"]),
        ("Prolog (image, disks, definition)", starts["Prolog"], starts["Boot"]),
        ("Boot (QEMU started, forward made)", starts["Boot"], starts["Running"]),
        ("Running → banner (guest boots)", starts["Running"], banner_at),
        ("banner → told reachable", banner_at, starts["reachable"]),
    ]
    for name, since, until in marks:
        sums.part(name, (until - since) * 1000)


def _by_hand(own: World, recipe: by_hand.Recipe, sums: Sums) -> None:
    port = _free_port()
    began = time.monotonic()
    with by_hand.started(recipe, own.folder / "hand", port) as started:
        banner = wait_for_banner("127.0.0.1", port)
        sums.total.append((banner - started.at) * 1000)
        sums.part("making its disks (not counted)", (started.at - began) * 1000)
        sums.guest_cpu.append(cpu_s(started.process.pid) * 1000)


def _qemu(number: str, data: Path) -> int:
    needle = f"{data}/e/m/{number}-".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if needle in words and b"qemu-system" in words.partition(b"\0")[0]:
            return int(entry.name)
    raise RuntimeError(f"there is no QEMU of instance {number}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _print(ours: Sums, hand: Sums) -> None:
    report.say()
    report.line("slshell run → banner", ours.total, "ms")
    report.line("QEMU by hand → banner", hand.total, "ms")
    report.line("QEMU's CPU until the banner, ours", ours.guest_cpu, "ms")
    report.line("QEMU's CPU until the banner, by hand", hand.guest_cpu, "ms")
    for sums in (ours, hand):
        for name, values in sums.parts.items():
            report.line(f"  {name}", values, "ms")
    report.ratio("ratio of the medians", ours.total, hand.total, f"≤ {AIM:.2f}")
    report.ratio("ratio of the least", [min(ours.total)], [min(hand.total)])


if __name__ == "__main__":
    main()
