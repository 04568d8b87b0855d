"""Taking an image into the cache: unpacked, verified, looked into, and named by what it holds."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from slshell.backend.images import inspection, unpacking
from slshell.backend.images.inspection import Content
from slshell.backend.images.progress import Progress, Say
from slshell.model import ids
from slshell.model.errors import NoCapacity, NotFound, TooLarge, UsageError

RESERVE_BYTES = 256 << 20
"""Disk space that stays free, for the database and logs of the cloud live beside the images."""

_HOLE = 1 << 16
_SPACE_CHECK_BYTES = 64 << 20


@dataclass(frozen=True, kw_only=True)
class TakenImage:
    """An image in the cache; the sums and `size_bytes` are of the unpacked file."""

    path: Path
    identifier: str
    sha1: str
    sha256: str
    size_bytes: int
    disk_bytes: int
    format: str
    """raw or qcow2."""


def take_in(
    source: Path,
    folder: Path,
    *,
    sha256: str | None = None,
    max_bytes: int,
    progress: Say | None = None,
    kind: Content = Content.MACHINE,
) -> TakenImage:
    """Put the image of `source` (plain, gzip or xz) at `folder/<identifier>.img`; `source` stays as it is.

    `kind` says what it must hold. `sha256` may be that of the file as given or of its unpacked content:
    publishers name either. An unpacked image may have `max_bytes` at most. Nothing half-made stays behind.

    Raises:
        NotFound: no such file. UsageError: damaged, not an image, refused, or another checksum.
        TooLarge: over the limit. NoCapacity: the disk is full.
    """
    expected = _checked_sum(sha256)
    if source.exists() and not source.is_file():
        raise UsageError(
            f"{source.name} is not a file", hint="give an image file; copy a device to one first"
        )
    try:
        stream = source.open("rb")
    except OSError as error:
        raise NotFound(f"the image cannot be read: {error.strerror} ({source.name})") from error
    with stream:
        if os.fstat(stream.fileno()).st_size == 0:
            raise UsageError(f"{source.name} is empty", hint="fetch it again")
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".taking-", dir=folder)
        partial = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                sums = _copy(stream, target, folder, max_bytes, progress)
            return _finish(partial, folder, sums, expected, kind)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise _full(folder) from error
            raise
        finally:
            partial.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Sums:
    given_sha256: str
    sha1: str
    sha256: str
    size: int


def _finish(partial: Path, folder: Path, sums: _Sums, expected: str | None, kind: Content) -> TakenImage:
    if expected is not None and expected not in (sums.given_sha256, sums.sha256):
        raise UsageError(
            "the image is not the one that was expected: its SHA-256 differs",
            hint="fetch it again, or compare the sum with the publisher's",
            details={"expected": expected, "sha256": sums.given_sha256, "unpacked_sha256": sums.sha256},
        )
    partial.chmod(0o644)
    seen = inspection.inspect(partial, kind)
    identifier = ids.identifier_of(sums.sha1)
    path = folder / f"{identifier}.img"
    partial.replace(path)
    return TakenImage(
        path=path,
        identifier=identifier,
        sha1=sums.sha1,
        sha256=sums.sha256,
        size_bytes=sums.size,
        disk_bytes=seen.disk_bytes,
        format=seen.format,
    )


def _copy(stream: BinaryIO, target: BinaryIO, folder: Path, max_bytes: int, progress: Say | None) -> _Sums:
    total = os.fstat(stream.fileno()).st_size
    if shutil.disk_usage(folder).free < total + RESERVE_BYTES:
        raise _full(folder)
    packing = unpacking.packing_of(stream.read(16))
    stream.seek(0)
    told = Progress("checked", total, progress)
    given, sha1, sha256 = hashlib.sha256(), hashlib.sha1(usedforsecurity=False), hashlib.sha256()
    plain = packing is unpacking.Packing.PLAIN

    def read(size: int) -> bytes:
        block = stream.read(size)
        if not plain:
            given.update(block)
        told.at(stream.tell())
        return block

    size = 0
    next_check = _SPACE_CHECK_BYTES
    for block in unpacking.unpacked(read, packing):
        size += len(block)
        if size > max_bytes:
            raise TooLarge(
                f"the unpacked image is larger than the limit of {max_bytes >> 20} MiB",
                hint="raise the limit for images in the configuration if you trust it",
            )
        if size >= next_check:
            next_check += _SPACE_CHECK_BYTES
            if shutil.disk_usage(folder).free < RESERVE_BYTES:
                raise _full(folder)
        sha1.update(block)
        sha256.update(block)
        _write_sparse(target, block)
    target.truncate(size)
    unpacked_sum = sha256.hexdigest()
    return _Sums(unpacked_sum if plain else given.hexdigest(), sha1.hexdigest(), unpacked_sum, size)


def _write_sparse(target: BinaryIO, block: bytes) -> None:
    """Disks are mostly zeros; those are left as holes."""
    zeros = bytes(_HOLE)
    for start in range(0, len(block), _HOLE):
        piece = block[start : start + _HOLE]
        if piece == zeros[: len(piece)]:
            target.seek(len(piece), os.SEEK_CUR)
        else:
            target.write(piece)


def _checked_sum(sha256: str | None) -> str | None:
    if sha256 is None:
        return None
    text = sha256.strip().lower()
    if re.fullmatch(r"[0-9a-f]{64}", text) is None:
        raise UsageError(f"“{sha256[:80]}” is not a SHA-256", hint="it has 64 digits of 0–9 and a–f")
    return text


def _full(folder: Path) -> NoCapacity:
    return NoCapacity(f"not enough disk space in {folder} for the image", hint="free some space there")
