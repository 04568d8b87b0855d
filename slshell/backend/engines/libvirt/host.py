"""The engine's host as libvirt sees it."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any, NamedTuple

import libvirt

from slshell.backend.engines.base import Accelerator, Room
from slshell.model.host import Host

_MIB_KIB = 1024
LEAST_NS = 1_000_000_000
"""CPU time between two looks; the kernel counts in steps of 10 ms, which shorter looks would show."""


class Promised(NamedTuple):
    """What machines of this host hold: how many run, and what all defined ones were promised."""

    running: int
    vcpu: int
    ram_mib: int


class _Memory(NamedTuple):
    total_kib: int
    free_kib: int


def room_of(connection: Any, folder: Path) -> Room:
    """What one more machine may use."""
    memory = _memory(connection)
    return Room(
        vcpu=int(connection.getInfo()[2]),
        ram_mib=memory.total_kib // _MIB_KIB,
        free_ram_mib=memory.free_kib // _MIB_KIB,
        disk_bytes=shutil.disk_usage(folder).free,
    )


class CpuWatch:
    """How idle the host's CPUs are: a difference between two looks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._before: tuple[int, int] | None = None
        self._share: float | None = None

    def idle_share(self, connection: Any) -> float | None:
        """0 to 1 since the look before; None at the first, and where the hypervisor does not count."""
        try:
            stats = connection.getCPUStats(libvirt.VIR_NODE_CPU_STATS_ALL_CPUS)
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_SUPPORT:
                raise
            return None
        idle = int(stats.get("idle", 0)) + int(stats.get("iowait", 0))
        total = idle + sum(int(stats.get(key, 0)) for key in ("kernel", "user", "intr"))
        with self._lock:
            before = self._before or (idle, total)
            if total - before[1] >= LEAST_NS:
                self._share = min(1.0, max(0.0, (idle - before[0]) / (total - before[1])))
            if self._before is None or total - before[1] >= LEAST_NS:
                self._before = (idle, total)
            return self._share


def host_of(
    connection: Any, folder: Path, promised: Promised, accelerator: Accelerator, idle: float | None
) -> Host:
    """The host's row of the load page; `idle` is the share of its CPUs that does nothing."""
    cpus = int(connection.getInfo()[2])
    memory = _memory(connection)
    disk = shutil.disk_usage(folder)
    return Host(
        id=1,
        name=str(connection.getHostname()),
        status="on",
        running=promised.running,
        tcpu=cpus * 100,
        acpu=(cpus - promised.vcpu) * 100,
        fcpu=None if idle is None else round(cpus * 100 * idle),
        tmem_kib=memory.total_kib,
        fmem_kib=memory.free_kib,
        amem_kib=memory.total_kib - promised.ram_mib * _MIB_KIB,
        disk_total_bytes=disk.total,
        disk_free_bytes=disk.free,
        accelerator=accelerator.kind,
        accelerator_reason=accelerator.reason,
        hypervisor=f"{connection.getType()} {_version(connection.getVersion())}, libvirt "
        f"{_version(connection.getLibVersion())}",
    )


def _memory(connection: Any) -> _Memory:
    """The host's memory; free is with the caches that the kernel would give up.

    The node's own figures come first: where memory was plugged in later, the summary of `getInfo` has been
    seen to know only the first part. Without them (the test driver) all memory counts as free.
    """
    try:
        stats = connection.getMemoryStats(libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_NO_SUPPORT:
            raise
        total_kib = int(connection.getInfo()[1]) * _MIB_KIB
        return _Memory(total_kib=total_kib, free_kib=total_kib)
    free = sum(int(stats.get(key, 0)) for key in ("free", "buffers", "cached"))
    return _Memory(total_kib=int(stats["total"]), free_kib=free)


def _version(number: int) -> str:
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"
