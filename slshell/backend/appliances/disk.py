"""Making a plain bootable disk image (boot record, FAT16 and syslinux), without root and without mounting."""

from __future__ import annotations

import struct
from pathlib import Path

from slshell.backend.appliances import tools
from slshell.model.errors import EngineFailed

_SECTOR = 512
_START = 1 << 20
_FAT16 = 0x0E
_ACTIVE = 0x80
_BOOT_CODE_BYTES = 440
_DISK_SIGNATURE = b"slsh"
_HEADS, _SECTORS = 255, 63


def write(target: Path, disk_mib: int, files: dict[str, Path], command_line: str) -> None:
    """Write the disk: `files` (name on the disk → file) must hold `vmlinuz` and `initrd`.

    The same input gives the same bytes. Raises EngineFailed when a tool fails or the disk is too small.
    """
    size = disk_mib << 20
    with target.open("wb") as disk:
        disk.truncate(size)
        disk.write(_boot_record(size))
    kib = (size - _START) // 1024
    tools.run(
        ["mkfs.fat", "-F", "16", "-n", "SLSHELL", "--invariant",
         "--offset", str(_START // _SECTOR), str(target), str(kib)],
    )  # fmt: skip
    settings = target.with_name("syslinux.cfg")
    settings.write_text(
        f"SERIAL 0 115200\nDEFAULT linux\nPROMPT 0\nTIMEOUT 0\nLABEL linux\n"
        f"  KERNEL vmlinuz\n  INITRD initrd\n  APPEND {command_line}\n"
    )
    environment = {"MTOOLS_SKIP_CHECK": "1", "SOURCE_DATE_EPOCH": "315532800", "TZ": "UTC"}
    for name, source in {**files, "syslinux.cfg": settings}.items():
        tools.run(["mcopy", "-i", f"{target}@@{_START}", str(source), f"::{name}"], env=environment)
    tools.run(["syslinux", "--offset", str(_START), "--install", str(target)], env=environment)
    settings.unlink()


def _boot_record(size: int) -> bytes:
    source = next((path for path in tools.MASTER_BOOT_RECORDS if path.is_file()), None)
    if source is None:
        raise EngineFailed(
            "the boot code of syslinux is missing", hint="sudo apt-get install syslinux-common"
        )
    code = source.read_bytes()[:_BOOT_CODE_BYTES].ljust(_BOOT_CODE_BYTES, b"\0")
    first, count = _START // _SECTOR, (size - _START) // _SECTOR
    partition = struct.pack(
        "<B3sB3sII", _ACTIVE, _by_cylinder(first), _FAT16, _by_cylinder(first + count - 1), first, count
    )
    return code + _DISK_SIGNATURE + b"\0\0" + partition + bytes(48) + b"\x55\xaa"


def _by_cylinder(sector: int) -> bytes:
    """A sector's address in the three bytes of cylinder, head and sector that old programs compare."""
    cylinder, rest = divmod(sector, _HEADS * _SECTORS)
    head, place = divmod(rest, _SECTORS)
    return bytes([head, (place + 1) | (cylinder >> 2 & 0xC0), cylinder & 0xFF])
