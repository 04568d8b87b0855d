"""Processor and memory use of running machines, in bulk."""

from __future__ import annotations

import threading
import time
from typing import Any

import libvirt

from slshell.backend.engines.base import Sample
from slshell.backend.engines.libvirt.mark import Marks

STATS = libvirt.VIR_DOMAIN_STATS_CPU_TOTAL | libvirt.VIR_DOMAIN_STATS_BALLOON
FLAGS = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING | libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT


class Meter:
    """Remembers the previous reading, for processor use is a difference."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def read(self, connection: Any, marks: Marks) -> list[Sample]:
        """Samples of this cloud's running machines; 0 % at a machine's first reading."""
        records = connection.getAllDomainStats(STATS, FLAGS)
        now = time.monotonic()
        readings = {
            domain.UUIDString(): (instance_id, int(values["cpu.time"]), values)
            for domain, values in records
            if "cpu.time" in values and (instance_id := marks.instance_of(domain)) is not None
        }
        with self._lock:
            before, self._before = self._before, {key: (now, cpu) for key, (_, cpu, _) in readings.items()}
        return [
            Sample(
                engine_id=key,
                instance_id=instance_id,
                cpu_percent=_percent(before.get(key), now, cpu),
                memory_kib=int(values.get("balloon.rss", 0)),
            )
            for key, (instance_id, cpu, values) in readings.items()
        ]


def _percent(before: tuple[float, int] | None, now: float, cpu_ns: int) -> float:
    """Use since `before`, 100 for one whole CPU; a restarted QEMU counts from zero again."""
    if before is None or now <= before[0]:
        return 0.0
    return round(max(0.0, 100 * (cpu_ns - before[1]) / 1e9 / (now - before[0])), 1)
