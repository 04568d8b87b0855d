"""The disks of a launch: which there may be, where each is expected, and what the engine is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from slshell.backend.engines.base import BootImage, StaticDisk, VolatileDisk
from slshell.backend.services.settings import Settings
from slshell.model.appliance import Appliance, ApplianceKind, ApplianceState
from slshell.model.errors import Conflict, UsageError
from slshell.model.instance import RunRequest
from slshell.model.volume import GIB, Disk, DiskKind, serial_of

MOST = 16
"""Disks of a user's at a launch; 26 letters are to name them, and some stay for plugging in."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def check(
    request: RunRequest, appliance: Appliance, statics: tuple[Appliance, ...], settings: Settings
) -> None:
    """Return when such disks can be.

    Raises:
        UsageError: they cannot. Conflict: a static disk is not usable.
    """
    if appliance.kind is not ApplianceKind.MACHINE:
        raise UsageError(
            f"{appliance.name} is a static disk; no machine starts from it",
            hint=f"slshell run ttylinux --readonly-disk {appliance.name}",
        )
    if request.volumes and request.count > 1:
        raise UsageError(
            f"{request.count} machines cannot share a persistent disk: a volume can be in one at a time",
            hint="start them one by one, or use --readonly-disk for data that all are to read",
        )
    if len(set(request.volumes)) != len(request.volumes):
        raise UsageError("a persistent disk is named twice", hint="name each once")
    if len(request.volumes) + len(request.volatile_gib) + len(statics) > MOST:
        raise UsageError(f"a machine can begin with {MOST} further disks", hint="ask for fewer")
    most = settings.cloud.max_volume_gib
    wrong = [size for size in request.volatile_gib if not 1 <= size <= most]
    if wrong:
        raise UsageError(
            f"{wrong[0]} GiB is not a size that a volatile disk may have", hint=f"1 to {most} GiB"
        )
    for one in statics:
        if one.kind is not ApplianceKind.DISK:
            raise UsageError(
                f"{one.name} is an appliance to start machines from, not a static disk",
                hint="`slshell appliances --kind disk` lists the static disks",
            )
        if one.state is not ApplianceState.READY:
            raise Conflict(f"the static disk {one.name} is {one.state}: {one.reason or one.progress}")


def placed(
    appliance: Appliance,
    swap_mib: int,
    volatile_gib: Sequence[int],
    volumes: Sequence[Row[Any]],
    statics: Sequence[Appliance],
) -> list[Disk]:
    """The disks of a machine in the order in which its guest counts them."""
    disks = [Disk(kind=DiskKind.ROOT, size_bytes=appliance.disk_bytes, serial="root", device="")]
    if swap_mib:
        disks.append(Disk(kind=DiskKind.SWAP, size_bytes=swap_mib << 20, serial="swap", device=""))
    disks += [
        Disk(kind=DiskKind.VOLATILE, size_bytes=size * GIB, serial=f"volatile{number}", device="")
        for number, size in enumerate(volatile_gib, 1)
    ]
    disks += [
        Disk(
            kind=DiskKind.PERSISTENT, size_bytes=row.size_bytes, serial=serial_of(row.id), device="",
            source=row.id, name=row.tag,
        )
        for row in volumes
    ]  # fmt: skip
    disks += [
        Disk(
            kind=DiskKind.READ_ONLY, size_bytes=one.disk_bytes, serial=f"static{number}", device="",
            source=one.id, name=one.name,
        )
        for number, one in enumerate(statics, 1)
    ]  # fmt: skip
    return [
        msgspec.structs.replace(disk, device=f"/dev/vd{letter}")
        for disk, letter in zip(disks, _LETTERS, strict=False)
    ]


def with_root_size(disks: Sequence[Disk], size_bytes: int) -> list[Disk]:
    """The disks with the root's size, which is not known at a launch whose appliance is still coming in."""
    return [
        msgspec.structs.replace(one, size_bytes=size_bytes) if one.kind is DiskKind.ROOT else one
        for one in disks
    ]


def volatile_of(disks: Sequence[Disk]) -> tuple[VolatileDisk, ...]:
    """The volatile ones, for the engine."""
    return tuple(
        VolatileDisk(size_bytes=one.size_bytes, serial=one.serial)
        for one in disks
        if one.kind is DiskKind.VOLATILE
    )


def statics_of(disks: Sequence[Disk], images: dict[str, BootImage]) -> tuple[StaticDisk, ...]:
    """The read-only ones, for the engine; `images` by appliance identifier."""
    return tuple(
        StaticDisk(image=images[one.source], serial=one.serial)
        for one in disks
        if one.kind is DiskKind.READ_ONLY
    )
