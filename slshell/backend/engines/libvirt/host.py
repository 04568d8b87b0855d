"""The engine's host as libvirt sees it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import libvirt

from slshell.backend.engines.base import Accelerator, Room
from slshell.model.host import Host

_MIB_KIB = 1024


class Promised(NamedTuple):
    """What machines of this host hold: how many run, and what all defined ones were promised."""

    running: int
    vcpu: int
    ram_mib: int


def room_of(connection: Any, folder: Path) -> Room:
    """What one more machine may use."""
    _, total_mib, cpus, *_ = connection.getInfo()
    return Room(
        vcpu=int(cpus),
        ram_mib=int(total_mib),
        free_ram_mib=_free_kib(connection) // _MIB_KIB,
        disk_bytes=shutil.disk_usage(folder).free,
    )


def host_of(connection: Any, folder: Path, promised: Promised, accelerator: Accelerator) -> Host:
    """The host's row of the load page."""
    _, total_mib, cpus, *_ = connection.getInfo()
    disk = shutil.disk_usage(folder)
    total_kib = int(total_mib) * _MIB_KIB
    return Host(
        id=1,
        name=str(connection.getHostname()),
        status="on",
        running=promised.running,
        tcpu=int(cpus) * 100,
        acpu=(int(cpus) - promised.vcpu) * 100,
        tmem_kib=total_kib,
        fmem_kib=_free_kib(connection),
        amem_kib=total_kib - promised.ram_mib * _MIB_KIB,
        disk_total_bytes=disk.total,
        disk_free_bytes=disk.free,
        accelerator=accelerator.kind,
        accelerator_reason=accelerator.reason,
        hypervisor=f"{connection.getType()} {_version(connection.getVersion())}, libvirt "
        f"{_version(connection.getLibVersion())}",
    )


def _free_kib(connection: Any) -> int:
    """Free memory with the caches that the kernel would give up; without them where libvirt cannot say."""
    try:
        memory = connection.getMemoryStats(libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_NO_SUPPORT:
            raise
        return int(connection.getFreeMemory()) // 1024
    return sum(int(memory.get(key, 0)) for key in ("free", "buffers", "cached"))


def _version(number: int) -> str:
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"
