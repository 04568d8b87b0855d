"""Looking into an image that came from anywhere: its format, its size, and whether it can be trusted."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from slshell.model.errors import EngineFailed, UsageError

MAX_DISK_BYTES = 16 << 40
"""Largest disk that ext4 with 4 KiB blocks fills, and far more than a personal cloud stores."""

_SECTOR = 512
_QCOW2 = b"QFI\xfb"
_HEADER = struct.Struct(">4sIQIIQIIQQIIQ")
_HEADER_3 = struct.Struct(">QQQII")
_DATA_FILE_BIT = 1 << 2
_CORRUPT_BIT = 1 << 1
_KNOWN_BITS = 0b11111
_END, _DATA_FILE_NAME = 0, 0x44415441

_OTHER_FORMATS = (
    (0, b"KDMV", "VMDK", "vmdk"),
    (0, b"COWD", "VMDK", "vmdk"),
    (0, b"# Disk DescriptorFile", "VMDK", "vmdk"),
    (64, b"\x7f\x10\xda\xbe", "VDI", "vdi"),
    (0, b"vhdxfile", "VHDX", "vhdx"),
    (0, b"conectix", "VHD", "vpc"),
    (0, b"QED\0", "QED", "qed"),
    (0, b"WithoutFreeSpace", "Parallels", "parallels"),
    (0, b"WithouFreSpacExt", "Parallels", "parallels"),
)
_FILE_SYSTEMS = (
    (32769, b"CD001"),
    (1080, b"\x53\xef"),
    (0, b"XFSB"),
    (0, b"hsqs"),
    (510, b"\x55\xaa"),
)
"""ISO 9660, ext2 to ext4, XFS, squashfs, and disks with a partition table."""
_ADDRESS_SPACE_BYTES = 1 << 30
"""Measured: `qemu-img check` of an empty 16 TiB image and of a full 50 GiB one passes with 200 MiB."""
_CPU_S = 60
_WALL_S = 120


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
    """An image that may be used: `format` is raw or qcow2, `disk_bytes` the size of its disk."""

    format: str
    disk_bytes: int


def inspect(path: Path, kind: Content = Content.MACHINE) -> Inspection:
    """Look into an unpacked image file that is to be used for `kind`.

    Raises:
        UsageError: it is in another format, not a disk, damaged, encrypted, absurdly large, or refers to
            other files. EngineFailed: qemu-img is missing or broke.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        first = stream.read(1 << 16)
        stream.seek(max(0, size - _SECTOR))
        last = stream.read(_SECTOR)
    if first.startswith(_QCOW2):
        check_qcow2_header(first)
        return _ask_qemu(path, size)
    _check_raw(first, last, size, kind)
    return Inspection("raw", size)


def check_qcow2_header(first: bytes) -> None:
    """Refuse what a qcow2 may not have, from the first 64 KiB of it, before any other program reads it.

    Raises:
        UsageError: see `inspect`.
    """
    if len(first) < _HEADER.size:
        raise _damaged("its header is cut off")
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
        raise _damaged(f"its cluster size is 2^{cluster_bits}")
    _check_size(disk_bytes)
    if version == 3:
        _check_version_3(first)
    else:
        _check_extensions(first, _HEADER.size)


def _check_version_3(first: bytes) -> None:
    if len(first) < _HEADER.size + _HEADER_3.size:
        raise _damaged("its header is cut off")
    features, _, _, _, header_bytes = _HEADER_3.unpack_from(first, _HEADER.size)
    if features & _DATA_FILE_BIT:
        raise _has_data_file()
    if features & _CORRUPT_BIT:
        raise _damaged("it is marked as corrupt")
    if features & ~_KNOWN_BITS:
        raise UsageError("the image needs features of qcow2 that are not known here")
    if not _HEADER.size + _HEADER_3.size <= header_bytes <= len(first) - 8:
        raise _damaged("its header has an impossible length")
    _check_extensions(first, header_bytes)


def _check_extensions(first: bytes, offset: int) -> None:
    while offset + 8 <= len(first):
        kind, length = struct.unpack_from(">II", first, offset)
        if kind == _END:
            return
        if kind == _DATA_FILE_NAME:
            raise _has_data_file()
        offset += 8 + (length + 7 & ~7)
    raise _damaged("its header does not end")


def _check_raw(first: bytes, last: bytes, size: int, kind: Content) -> None:
    for offset, magic, name, option in _OTHER_FORMATS:
        if first[offset : offset + len(magic)] == magic or (name == "VHD" and last.startswith(magic)):
            raise UsageError(
                f"the image is in the {name} format; qcow2 and raw are taken",
                hint=f"convert it: qemu-img convert -f {option} -O qcow2 IMAGE NEW.qcow2",
            )
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
    _check_size(size)


def _check_size(disk_bytes: int) -> None:
    if not 0 < disk_bytes <= MAX_DISK_BYTES:
        raise UsageError(
            f"the image says that its disk has {disk_bytes} bytes",
            hint=f"a disk has between 1 byte and {MAX_DISK_BYTES >> 40} TiB",
        )


def _ask_qemu(path: Path, size: int) -> Inspection:
    info = _confined("info", path)
    if info.get("format") != "qcow2" or info.get("encrypted"):
        raise _damaged("qemu-img does not take it for a plain qcow2")
    if "backing-filename" in info:
        raise UsageError("the image has a backing file", hint="make it whole with qemu-img convert")
    if info.get("format-specific", {}).get("data", {}).get("data-file"):
        raise _has_data_file()
    disk_bytes = int(info.get("virtual-size", 0))
    _check_size(disk_bytes)
    health = _confined("check", path)
    if health.get("corruptions") or health.get("check-errors"):
        raise _damaged("qemu-img check finds errors in it")
    # The end is counted in whole clusters, but the last one may be written in part.
    if int(health.get("image-end-offset", 0)) >= size + int(info.get("cluster-size", 0)):
        raise _damaged("its end is missing")
    return Inspection("qcow2", disk_bytes)


def _confined(action: str, path: Path) -> dict[str, Any]:
    """Run qemu-img, unprivileged and within limits, on a file that it gets as an open descriptor only."""
    program, limiter = shutil.which("qemu-img"), shutil.which("prlimit")
    if program is None or limiter is None:
        raise EngineFailed("qemu-img is not installed", hint="sudo apt-get install qemu-utils util-linux")
    root = os.geteuid() == 0
    with path.open("rb") as stream:
        handle = stream.fileno()
        argv = [
            limiter, f"--as={_ADDRESS_SPACE_BYTES}", f"--cpu={_CPU_S}",
            "--fsize=0", "--core=0", "--nofile=64",
            program, action, "-U", "-f", "qcow2", "--output=json", f"/proc/self/fd/{handle}",
        ]  # fmt: skip
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                pass_fds=(handle,),
                env={"LC_ALL": "C", "PATH": os.defpath},
                cwd="/",
                timeout=_WALL_S,
                check=False,
                user="nobody" if root else None,
                group="nogroup" if root else None,
                extra_groups=[] if root else None,
            )
        except subprocess.TimeoutExpired as error:
            raise _damaged("looking into it takes too long") from error
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise _damaged(
            _without_path(said[-1]) if said else f"qemu-img ended with {done.returncode}"
        ) from None
    if not isinstance(answer, dict):
        raise _damaged("qemu-img gives no sense of it")
    return answer


def _without_path(line: str) -> str:
    return re.sub(r".*/proc/self/fd/\d+['\": ]*", "", line)


def _damaged(why: str) -> UsageError:
    return UsageError(f"the image is damaged: {why}", hint="fetch it again, or look with qemu-img check")


def _has_data_file() -> UsageError:
    return UsageError(
        "the image keeps its data in another file",
        hint="make it whole: qemu-img convert -O qcow2 IMAGE WHOLE.qcow2",
    )
