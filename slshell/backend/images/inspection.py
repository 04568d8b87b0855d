"""Looking into an image that came from anywhere: its format, its size, and whether it can be trusted."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from slshell.backend.images import formats, qemu
from slshell.backend.images.formats import Ends, Format
from slshell.model.errors import UsageError

MAX_DISK_BYTES = 16 << 40
"""Largest disk that ext4 with 4 KiB blocks fills, and far more than a personal cloud stores."""

ROUNDING_BYTES = 16 << 20
"""Disks are rounded up to whole cylinders of 8 MiB, and some formats count in megabytes."""
_SECTOR = 512
_QCOW2 = b"QFI\xfb"
_HEADER = struct.Struct(">4sIQIIQIIQQIIQ")
_HEADER_3 = struct.Struct(">QQQII")
_DATA_FILE_BIT = 1 << 2
_CORRUPT_BIT = 1 << 1
_KNOWN_BITS = 0b11111
_END, _DATA_FILE_NAME = 0, 0x44415441
_SNAPSHOTS_AT, _MOST_SNAPSHOTS = 60, 64

_FILE_SYSTEMS = (
    (32769, b"CD001"),
    (1080, b"\x53\xef"),
    (0, b"XFSB"),
    (0, b"hsqs"),
    (510, b"\x55\xaa"),
)
"""ISO 9660, ext2 to ext4, XFS, squashfs, and disks with a partition table."""
_EL_TORITO_AT, _EL_TORITO = 0x8801, b"CD001\x01EL TORITO SPECIFICATION"
_METADATA_SHARE = 16
"""Measured: tables take 1/50 of a disk with the smallest clusters, of 512 bytes, and less with others."""
_METADATA_BYTES = 16 << 20
"""Measured: the file of a preallocated disk of 1 MiB has 12 MiB with the largest clusters, of 2 MiB."""


class Content(StrEnum):
    """What an image is to be used for, which decides what a raw one must look like."""

    MACHINE = "machine"
    """A disk that a machine starts from: it has a boot record."""
    STATIC = "static disk"
    """A CD-ROM or a file system that machines read."""
    DATA = "volume"
    """Anything: what is on it is its owner's business."""


@dataclass(frozen=True)
class Inspection:
    """An image that may be used: `format` is raw, qcow2 or iso, `disk_bytes` the size of its disk or disc."""

    format: str
    disk_bytes: int


def inspect(path: Path, kind: Content = Content.MACHINE) -> Inspection:
    """Look into an unpacked image file that is to be used for `kind`.

    Raises:
        UsageError: it is in another format, not a disk, damaged, encrypted, absurdly large, or refers to
            other files. EngineFailed: qemu-img is missing or broke.
    """
    ends = formats.ends_of(path)
    found = formats.format_of(ends)
    if found is Format.QCOW2:
        check_qcow2_header(ends.first)
        return _ask_qemu(path, ends)
    if found in formats.CONVERTED or (found is Format.OVA and kind is not Content.DATA):
        raise UsageError(
            f"the image is in the {found} format; qcow2 and raw are taken here",
            hint=f"convert it: qemu-img convert -f {found} -O qcow2 IMAGE NEW.qcow2",
        )
    if found is Format.ISO and kind is Content.MACHINE:
        _check_disc(path, ends)
        return Inspection("iso", ends.size)
    _check_raw(ends.first, ends.size, kind)
    return Inspection("raw", ends.size)


def check_qcow2_header(first: bytes) -> None:
    """Refuse what a qcow2 may not have, from the first 64 KiB of it, before any other program reads it.

    Raises:
        UsageError: see `inspect`.
    """
    if len(first) < _HEADER.size:
        raise qemu.damaged("its header is cut off")
    (_, version, backing, _, cluster_bits, disk_bytes, encryption, *_) = _HEADER.unpack_from(first)
    if version not in (2, 3):
        raise UsageError(f"qcow2 version {version} is not known", hint="use version 2 or 3")
    if backing:
        raise UsageError(
            "the image is only a difference to another file (it has a backing file)",
            hint="make it whole: qemu-img convert -O qcow2 IMAGE WHOLE.qcow2",
        )
    if encryption:
        raise UsageError("the image is encrypted", hint="convert it to a plain one with qemu-img convert")
    if not 9 <= cluster_bits <= 21:
        raise qemu.damaged(f"its cluster size is 2^{cluster_bits}")
    check_size(disk_bytes)
    if version == 3:
        _check_version_3(first)
    else:
        _check_extensions(first, _HEADER.size)


def _check_version_3(first: bytes) -> None:
    if len(first) < _HEADER.size + _HEADER_3.size:
        raise qemu.damaged("its header is cut off")
    features, _, _, _, header_bytes = _HEADER_3.unpack_from(first, _HEADER.size)
    if features & _DATA_FILE_BIT:
        raise _has_data_file()
    if features & _CORRUPT_BIT:
        raise qemu.damaged("it is marked as corrupt")
    if features & ~_KNOWN_BITS:
        raise UsageError("the image needs features of qcow2 that are not known here")
    if not _HEADER.size + _HEADER_3.size <= header_bytes <= len(first) - 8:
        raise qemu.damaged("its header has an impossible length")
    _check_extensions(first, header_bytes)


def _check_extensions(first: bytes, offset: int) -> None:
    while offset + 8 <= len(first):
        kind, length = struct.unpack_from(">II", first, offset)
        if kind == _END:
            return
        if kind == _DATA_FILE_NAME:
            raise _has_data_file()
        offset += 8 + (length + 7 & ~7)
    raise qemu.damaged("its header does not end")


def _check_disc(path: Path, ends: Ends) -> None:
    """A disc that a machine is to start from has a boot catalogue, or a boot record as a disk has."""
    with path.open("rb") as stream:
        stream.seek(_EL_TORITO_AT)
        bootable = stream.read(len(_EL_TORITO)) == _EL_TORITO
    if not bootable and ends.first[510:512] != b"\x55\xaa":
        raise UsageError(
            "no machine can start from this disc: it has no boot catalogue",
            hint="slshell import-image FILE --kind disk takes it as a static disk, for run --readonly-disk",
        )
    _check_whole(ends.size)


def _check_raw(first: bytes, size: int, kind: Content) -> None:
    if kind is Content.DATA:
        _check_whole(size)
        return
    if first.startswith(b"LUKS\xba\xbe"):
        raise UsageError("the image is encrypted", hint="convert it to a plain one with qemu-img convert")
    if kind is Content.STATIC:
        if not any(first[offset : offset + len(magic)] == magic for offset, magic in _FILE_SYSTEMS):
            raise UsageError(
                "the file is not a disk of data: it holds no file system that is known here",
                hint="slshell create-static-disk FOLDER makes one",
            )
    elif first[510:512] != b"\x55\xaa":
        raise UsageError(
            "the file is not a disk that can be started: it has no boot record and is not qcow2",
            hint="give a bootable disk image; a web page or an archive is often saved in its place",
        )
    _check_whole(size)


def _check_whole(size: int) -> None:
    if size % _SECTOR:
        raise UsageError(
            f"the image ends within a sector ({size} bytes)", hint="it seems cut off: fetch it again"
        )
    check_size(size)


def check_size(disk_bytes: int) -> None:
    """Refuse a disk of absurd size.

    Raises:
        UsageError: it is empty or too large.
    """
    if not 0 < disk_bytes <= MAX_DISK_BYTES:
        raise UsageError(
            f"the image says that its disk has {disk_bytes} bytes",
            hint=f"a disk has between 1 byte and {MAX_DISK_BYTES >> 40} TiB",
        )


def _ask_qemu(path: Path, ends: Ends) -> Inspection:
    info = qemu.asked("info", path, "qcow2")
    if info.get("format") != "qcow2" or info.get("encrypted"):
        raise UsageError("the image is encrypted", hint="convert it to a plain one with qemu-img convert")
    if info.get("backing-filename") or "data-file" in info.get("format-specific", {}).get("data", {}):
        raise _has_data_file()
    disk_bytes = int(info.get("virtual-size", 0))
    check_size(disk_bytes)
    _check_declared(ends, disk_bytes)
    health = qemu.check(path, "qcow2")
    # The end is counted in whole clusters, but the last one may be written in part.
    if int(health.get("image-end-offset", 0)) >= ends.size + int(info.get("cluster-size", 0)):
        raise qemu.damaged("its end is missing")
    return Inspection("qcow2", disk_bytes)


def _check_declared(ends: Ends, disk_bytes: int) -> None:
    """A file that holds far more than its disk, snapshots counted, hides something or was tampered with."""
    (snapshots,) = struct.unpack_from(">I", ends.first, _SNAPSHOTS_AT)
    most = (disk_bytes + disk_bytes // _METADATA_SHARE) * (1 + min(snapshots, _MOST_SNAPSHOTS))
    if ends.size > most + _METADATA_BYTES:
        raise UsageError(
            f"the image holds more than it declares: its file has {ends.size >> 20} MiB, "
            f"its disk {disk_bytes >> 20} MiB",
            hint="make it anew: qemu-img convert -O qcow2 IMAGE NEW.qcow2",
        )


def _has_data_file() -> UsageError:
    return UsageError(
        "the image keeps its data in another file",
        hint="make it whole: qemu-img convert -O qcow2 IMAGE WHOLE.qcow2",
    )
