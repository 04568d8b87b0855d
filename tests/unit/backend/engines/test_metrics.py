"""From counters to use: differences over time."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from slshell.backend.engines.libvirt.host import LEAST_NS, CpuWatch
from slshell.backend.engines.libvirt.metrics import Reading, sample_of
from slshell.backend.engines.libvirt.packets import LONGEST_S, TURN, Packets, Rates, rates


def reading(at: float, cpu_ns: int = 0, disk: int = 0, packets: Packets | None = None) -> Reading:
    return Reading(
        instance_id=1, domain=None, at=at, cpu_ns=cpu_ns, memory_kib=7, read_bytes=disk,
        written_bytes=2 * disk, packets=packets,
    )  # fmt: skip


def test_use_is_the_difference_over_time() -> None:
    before = reading(10.0, 1_000_000_000, 1000, (10, 20))
    sample = sample_of("a", before, reading(12.0, 2_000_000_000, 5000, (110, 20)))
    assert (sample.cpu_percent, sample.disk_read_bytes, sample.disk_write_bytes) == (50.0, 2000.0, 4000.0)
    assert (sample.packets_in, sample.packets_out) == (50.0, 0.0)


def test_nothing_is_used_at_the_first_reading_nor_when_counters_begin_anew() -> None:
    assert sample_of("a", None, reading(10.0, 5)).cpu_percent == 0.0
    restarted = sample_of("a", reading(10.0, 5_000_000_000, 999), reading(12.0))
    assert (restarted.cpu_percent, restarted.disk_read_bytes) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("before", "now", "seconds", "found"),
    [
        ((TURN - 10, 0), (10, 4), 2.0, (10.0, 2.0)),
        (None, (1, 1), 2.0, (None, None)),
        ((1, 1), None, 2.0, (None, None)),
        ((1, 1), (5, 5), LONGEST_S + 1, (None, None)),
    ],
)
def test_packets_are_counted_over_the_turn_and_not_guessed(
    before: Packets | None, now: Packets | None, seconds: float, found: Rates
) -> None:
    assert rates(before, now, seconds) == found


def test_idle_processors_are_the_difference_between_two_looks_far_enough_apart() -> None:
    looks = iter([(50, 50), (50 + 3, 50 + 1), (50 + 3, 50 + 1)])

    def stats(_which: int) -> dict[str, int]:
        idle, busy = next(looks)
        return {"idle": idle * LEAST_NS, "user": busy * LEAST_NS, "kernel": 0, "iowait": 0}

    host = SimpleNamespace(getCPUStats=stats)
    watch = CpuWatch()
    assert [watch.idle_share(host) for _ in range(3)] == [None, 0.75, 0.75]
