"""Building a whole system: packages into an archive, the archive into a file system, that onto a disk."""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

from slshell.backend.appliances import tools
from slshell.backend.appliances.recipe import SystemRecipe
from slshell.backend.appliances.system import ext4
from slshell.backend.appliances.system.install import Installed, install
from slshell.model.errors import EngineFailed

TOOLS = (
    "apt-get", "apt-cache", "mmdebstrap", "fakechroot", "fakeroot", "mke2fs", "debugfs", "e2fsck", "qemu-img",
)  # fmt: skip
ROOM_BYTES = 4 << 30
"""Measured: packages, archive, files, file system and image of debian take 2.6 GiB at once on Debian 12."""
_SECTOR = 512
_START = 1 << 20
"""The partition begins here; the boot loader lies between it and the boot record."""
_BOOT_CODE_BYTES = 440
_LINUX, _ACTIVE = 0x83, 0x80
_BY_CYLINDER = b"\xfe\xff\xff"
"""In the place of an address by cylinder: it is beyond what that can tell."""


def build(plan: SystemRecipe, image: Path, work: Path, cache: Path, say: Callable[[str], None]) -> str:
    """Write the bootable disk `image` (qcow2); answers name and version of its packages, a line each.

    `work` is an empty folder, `cache` keeps the packages' files. The same packages give the same bytes.

    Raises:
        EngineFailed: a tool or package is missing, or failed.
    """
    installed = install(plan, work, cache, say)
    say("making the file system")
    partition, files = work / "partition", work / "files"
    files.mkdir()
    ext4.make(
        installed.archive,
        partition,
        size_bytes=(plan.system.disk_mib << 20) - _START,
        uuid=plan.system.uuid,
        moment=installed.moment,
        work=files,
    )
    shutil.rmtree(files)
    installed.archive.unlink()
    say("making the disk image")
    raw = work / "raw"
    _write_disk(raw, partition, installed)
    # One thread, so that clusters come in the order of the disk.
    tools.run(
        ["qemu-img", "convert", "-m", "1", "-f", "raw", "-O", "qcow2", str(raw), str(image)], timeout=900
    )
    return installed.packages


def _write_disk(raw: Path, partition: Path, installed: Installed) -> None:
    size = partition.stat().st_size
    if _SECTOR + len(installed.boot_loader) > _START:
        raise EngineFailed("the boot loader is too large for its place on the disk")
    entry = struct.pack(
        "<B3sB3sII", _ACTIVE, _BY_CYLINDER, _LINUX, _BY_CYLINDER, _START // _SECTOR, size // _SECTOR
    )
    record = installed.boot_record[:_BOOT_CODE_BYTES].ljust(_BOOT_CODE_BYTES, b"\0")
    with raw.open("wb") as disk:
        disk.write(record + b"slsh\0\0" + entry + bytes(48) + b"\x55\xaa")
        disk.write(installed.boot_loader)
        disk.flush()
        _copy_sparse(partition, disk.fileno(), size)
        os.ftruncate(disk.fileno(), _START + size)
    partition.unlink()


def _copy_sparse(source: Path, target: int, size: int) -> None:
    """Copy the parts of a file that are not holes behind the start of the partition."""
    with source.open("rb") as file:
        at = 0
        while at < size:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                return
            end = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            while at < end:
                block = os.pread(file.fileno(), min(1 << 20, end - at), at)
                os.pwrite(target, block, _START + at)
                at += len(block)
