"""Processor, memory, disk and network use of running machines, in bulk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import libvirt

from slshell.backend.engines.base import Sample
from slshell.backend.engines.libvirt import packets
from slshell.backend.engines.libvirt.mark import Marks
from slshell.backend.engines.libvirt.packets import Packets

STATS = libvirt.VIR_DOMAIN_STATS_CPU_TOTAL | libvirt.VIR_DOMAIN_STATS_BALLOON | libvirt.VIR_DOMAIN_STATS_BLOCK
FLAGS = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING | libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
SECOND_COUNT_S = 1.0
"""How long packets are counted of machines that nobody has measured for a while."""


@dataclass(frozen=True)
class Reading:
    """Counters of one machine at one moment."""

    instance_id: int
    domain: Any
    at: float
    cpu_ns: int
    memory_kib: int
    read_bytes: int
    written_bytes: int
    packets: Packets | None


class Meter:
    """Remembers the previous reading, for every use is a difference."""

    def __init__(self, count: Callable[[Any], Packets | None] = packets.count) -> None:
        self._before: dict[str, Reading] = {}
        self._lock = threading.Lock()
        self._count = count

    def read(self, connection: Any, marks: Marks) -> list[Sample]:
        """Samples of this cloud's running machines; nothing is used yet at a machine's first reading.

        Takes a second longer when the packet counts may have turned over since the previous one.
        """
        now = {}
        for domain, values in connection.getAllDomainStats(STATS, FLAGS):
            instance_id = marks.instance_of(domain) if "cpu.time" in values else None
            if instance_id is not None:
                now[domain.UUIDString()] = self._reading(instance_id, domain, values)
        with self._lock:
            before, self._before = self._before, now
        recounted = self._recounted({key: one for key, one in now.items() if _late(before.get(key), one)})
        return [sample_of(key, before.get(key), one, recounted.get(key)) for key, one in now.items()]

    def _reading(self, instance_id: int, domain: Any, values: Mapping[str, Any]) -> Reading:
        # A machine whose monitor is busy leaves its disks out, and would keep us waiting for its network.
        free = "block.count" in values
        return Reading(
            instance_id=instance_id,
            domain=domain,
            at=time.monotonic(),
            cpu_ns=int(values["cpu.time"]),
            memory_kib=int(values.get("balloon.rss", 0)),
            read_bytes=_of_all_disks(values, "rd"),
            written_bytes=_of_all_disks(values, "wr"),
            packets=self._count(domain) if free else None,
        )

    def _recounted(self, late: Mapping[str, Reading]) -> dict[str, packets.Rates]:
        if not late:
            return {}
        time.sleep(SECOND_COUNT_S)
        return {
            key: packets.rates(one.packets, self._count(one.domain), time.monotonic() - one.at)
            for key, one in late.items()
            if one.packets is not None
        }


def sample_of(
    key: str, before: Reading | None, now: Reading, recounted: packets.Rates | None = None
) -> Sample:
    """The use between two readings; a restarted QEMU counts from zero again.

    `recounted` are packet rates that were found in another way.
    """
    seconds = now.at - before.at if before is not None else 0.0
    if before is None or seconds <= 0:
        return Sample(engine_id=key, instance_id=now.instance_id, cpu_percent=0.0, memory_kib=now.memory_kib)
    came, went = recounted or packets.rates(before.packets, now.packets, seconds)
    return Sample(
        engine_id=key,
        instance_id=now.instance_id,
        cpu_percent=_rate(before.cpu_ns, now.cpu_ns, seconds * 1e7),
        memory_kib=now.memory_kib,
        disk_read_bytes=_rate(before.read_bytes, now.read_bytes, seconds),
        disk_write_bytes=_rate(before.written_bytes, now.written_bytes, seconds),
        packets_in=came,
        packets_out=went,
    )


def _late(before: Reading | None, now: Reading) -> bool:
    return before is not None and now.at - before.at > packets.LONGEST_S


def _of_all_disks(values: Mapping[str, Any], direction: str) -> int:
    return sum(
        int(values.get(f"block.{number}.{direction}.bytes", 0))
        for number in range(int(values.get("block.count", 0)))
    )


def _rate(before: int, now: int, divisor: float) -> float:
    return round(max(0.0, (now - before) / divisor), 1)
