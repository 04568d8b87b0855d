"""Hosts: the physical machines that carry instances."""

from __future__ import annotations

import msgspec


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """One host, as the tutorial's load page shows it.

    CPUs are times 100, memory in KiB; `t` is total, `f` free, `a` not yet promised to an instance.
    """

    id: int
    name: str
    status: str
    """on, off or err."""
    running: int
    tcpu: int
    acpu: int
    tmem_kib: int
    fmem_kib: int
    amem_kib: int
    disk_total_bytes: int
    disk_free_bytes: int
    accelerator: str
    """kvm or tcg (emulation)."""
    accelerator_reason: str
    """Why, in words."""
    hypervisor: str
    fcpu: int | None = None
    """Idle now, all of the host's work counted; None before there are two looks to compare."""
