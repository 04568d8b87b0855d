"""What format an image file has, by its bytes, and whether that may be given to qemu-img.

Formats that can name other files are looked into here before any other program reads them.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from slshell.model.errors import UsageError

SECTOR = 512
FIRST_BYTES = 1 << 16
ISO_MAGIC_AT, ISO_MAGIC = 32769, b"CD001"


class Format(StrEnum):
    """The format of an image file; the values of those that are converted are qemu-img's names."""

    RAW = "raw"
    QCOW2 = "qcow2"
    ISO = "iso"
    OVA = "ova"
    VMDK = "vmdk"
    VDI = "vdi"
    VHDX = "vhdx"
    VPC = "vpc"


CONVERTED = frozenset({Format.VMDK, Format.VDI, Format.VHDX, Format.VPC})
"""Formats of other hypervisors; machines run from qcow2 and raw only."""

_MAGIC = (
    (0, b"QFI\xfb", Format.QCOW2),
    (0, b"KDMV", Format.VMDK),
    (64, b"\x7f\x10\xda\xbe", Format.VDI),
    (0, b"vhdxfile", Format.VHDX),
    (0, b"conectix", Format.VPC),
    (257, b"ustar", Format.OVA),
    (ISO_MAGIC_AT, ISO_MAGIC, Format.ISO),
)
_NOT_TAKEN = (
    (b"COWD", "VMDK (ESX sparse)", "vmdk"),
    (b"QED\0", "QED", "qed"),
    (b"WithoutFreeSpace", "Parallels", "parallels"),
    (b"WithouFreSpacExt", "Parallels", "parallels"),
)
_DESCRIPTOR = b"# Disk DescriptorFile"
_VMDK = struct.Struct("<4sIIQQQQ")
_LARGEST_DESCRIPTOR = 64 << 10
"""qemu reads 10 KiB of it; VMware writes 1 to 2 KiB."""
_WHOLE_VMDK = {"monolithicsparse", "streamoptimized"}
_VDI_HEADER_BYTES = 0x200
_VDI_KINDS = {1, 2}
"""Dynamic and fixed; the others are differences to another file."""
_VHD_DIFFERENCING = 4


@dataclass(frozen=True)
class Ends:
    """The first 64 KiB of a file, its last 512 bytes, and its size."""

    first: bytes
    last: bytes
    size: int


def ends_of(path: Path) -> Ends:
    """The beginning and the end of a file."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        first = stream.read(FIRST_BYTES)
        stream.seek(max(0, size - SECTOR))
        return Ends(first, stream.read(SECTOR), size)


def format_of(ends: Ends) -> Format:
    """The format of a file; what has no mark of its own is a raw disk.

    Raises:
        UsageError: it is a format that is not taken; the hint converts it.
    """
    for magic, name, option in _NOT_TAKEN:
        if ends.first.startswith(magic):
            raise UsageError(
                f"the image is in the {name} format, which is not taken",
                hint=f"convert it: qemu-img convert -f {option} -O qcow2 IMAGE NEW.qcow2",
            )
    if ends.first.startswith(_DESCRIPTOR):
        raise UsageError(
            "the file only describes a VMDK disk whose content is in other files",
            hint="make one file of it: qemu-img convert -f vmdk -O qcow2 IMAGE.vmdk NEW.qcow2",
        )
    for offset, magic, found in _MAGIC:
        if ends.first[offset : offset + len(magic)] == magic:
            return found
    return Format.VPC if ends.last.startswith(b"conectix") else Format.RAW


def check_foreign(path: Path, found: Format) -> None:
    """Refuse an image of another hypervisor's format that needs other files, or is damaged.

    Raises:
        UsageError: it does.
    """
    ends = ends_of(path)
    if found is Format.VMDK:
        _check_vmdk(path, ends)
    elif found is Format.VDI:
        _check_vdi(ends)
    elif found is Format.VPC:
        _check_vhd(ends)


def _check_vdi(ends: Ends) -> None:
    if len(ends.first) < _VDI_HEADER_BYTES:
        raise _damaged("its header is cut off")
    (kind,) = struct.unpack_from("<I", ends.first, 0x4C)
    if kind not in _VDI_KINDS:
        raise _is_difference("VDI")
    (start,) = struct.unpack_from("<I", ends.first, 0x158)
    (block_bytes,) = struct.unpack_from("<I", ends.first, 0x178)
    (blocks,) = struct.unpack_from("<I", ends.first, 0x184)
    # qemu reads zeros behind the end of the file.
    if start + blocks * block_bytes > ends.size:
        raise _damaged("its end is missing")


def _check_vhd(ends: Ends) -> None:
    """The footer is at the end; a disk that grows has a copy of it at the start."""
    if ends.size < 2 * SECTOR or not ends.last.startswith(b"conectix"):
        raise _damaged("its end is missing")
    if struct.unpack_from(">I", ends.last, 60)[0] == _VHD_DIFFERENCING:
        raise _is_difference("VHD")


def _check_vmdk(path: Path, ends: Ends) -> None:
    if len(ends.first) < SECTOR:
        raise _damaged("its header is cut off")
    _, version, _, capacity, _, offset, size = _VMDK.unpack_from(ends.first)
    if not 1 <= version <= 3:
        raise UsageError(f"VMDK version {version} is not known", hint="use version 1 to 3")
    # With no capacity of its own qemu takes the descriptor for a list of files to open.
    if capacity == 0:
        raise _has_other_files()
    if not 0 < offset * SECTOR < ends.size or not 0 < size * SECTOR <= _LARGEST_DESCRIPTOR:
        raise _damaged("it has no description where its header says")
    with path.open("rb") as stream:
        stream.seek(offset * SECTOR)
        described = stream.read(_LARGEST_DESCRIPTOR)
    _check_descriptor(described.partition(b"\0")[0].decode("utf-8", "replace"))
    if b"parentFileNameHint" in ends.first or b"parentFileNameHint" in described:
        raise _is_difference("VMDK")


def _check_descriptor(text: str) -> None:
    values = {
        name.strip().lower(): value.strip().strip('"')
        for name, sign, value in (line.partition("=") for line in text.splitlines())
        if sign
    }
    if values.get("createtype", "").lower() not in _WHOLE_VMDK:
        raise _has_other_files()
    if values.get("parentcid", "ffffffff").lower() != "ffffffff":
        raise _is_difference("VMDK")
    extents = re.findall(r"^\s*(?:RW|RDONLY|NOACCESS)\s+\d+\s+(\w+)", text, re.MULTILINE)
    if extents != ["SPARSE"]:
        raise _has_other_files()


def _damaged(why: str) -> UsageError:
    return UsageError(f"the image is damaged: {why}", hint="fetch it again")


def _is_difference(name: str) -> UsageError:
    return UsageError(
        f"the {name} image is only a difference to another file",
        hint="make it whole with the program that made it, or export the machine as OVA",
    )


def _has_other_files() -> UsageError:
    return UsageError(
        "the VMDK image keeps its data in other files",
        hint="make one file of it: qemu-img convert -f vmdk -O qcow2 IMAGE.vmdk NEW.qcow2",
    )
