"""Taking an image into the cache: unpacked, verified, looked into, and named by what it holds."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from slshell.backend.images import formats, inspection, ova, qemu, sums, unpacking
from slshell.backend.images.formats import Format
from slshell.backend.images.inspection import Content
from slshell.backend.images.progress import Progress, Say
from slshell.backend.images.sums import Checksum
from slshell.model import ids
from slshell.model.errors import NoCapacity, NotFound, TooLarge, UsageError

RESERVE_BYTES = 256 << 20
"""Disk space that stays free, for the database and logs of the cloud live beside the images."""

_HOLE = 1 << 16
_SPACE_CHECK_BYTES = 64 << 20


@dataclass(frozen=True, kw_only=True)
class TakenImage:
    """An image in the cache; the sums and `size_bytes` are of the file as it lies there."""

    path: Path
    identifier: str
    sha1: str
    sha256: str
    size_bytes: int
    disk_bytes: int
    format: str
    """raw, qcow2, or iso for a disc that machines start from."""


def take_in(
    source: Path,
    folder: Path,
    *,
    sha256: str | None = None,
    checksum: Checksum | None = None,
    max_bytes: int,
    progress: Say | None = None,
    kind: Content = Content.MACHINE,
) -> TakenImage:
    """Put the image of `source` at `folder/<identifier>.img`; `source` stays as it is.

    It may be packed, an OVA or another hypervisor's; what lies in the folder is raw, qcow2 or a disc. `kind`
    says what it must hold. `sha256` or `checksum` may be of the file as given or of its unpacked content:
    publishers name either. Unpacked and converted it may have `max_bytes` at most. Nothing half-made stays.

    Raises:
        NotFound: no such file. UsageError: damaged, not an image, refused, or another checksum.
        TooLarge: over the limit. NoCapacity: the disk is full.
    """
    expected = sums.sha256_of(sha256) if sha256 is not None else checksum
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
        with _drafts(folder) as draft:
            plain = draft()
            found = _unpack(stream, plain, max_bytes, progress, expected)
            plain = _as_disk(plain, draft, kind, max_bytes, progress)
            return _finish(plain, folder, found, kind)


Draft = Callable[[], Path]


@contextlib.contextmanager
def _drafts(folder: Path) -> Iterator[Draft]:
    """Makes empty files in the folder, which are gone afterwards; a full disk is told as such."""
    made: list[Path] = []

    def draft() -> Path:
        handle, name = tempfile.mkstemp(prefix=".taking-", dir=folder)
        os.close(handle)
        made.append(Path(name))
        return made[-1]

    try:
        yield draft
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _full(folder, 0) from error
        raise
    finally:
        for path in made:
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Sums:
    """Digests of a file's plain content, and the path that they are of."""

    path: Path
    sha1: str
    sha256: str


def _as_disk(plain: Path, draft: Draft, kind: Content, max_bytes: int, progress: Say | None) -> Path:
    """The disk in an unpacked file: itself, that of an archive, or one that was converted."""
    ends = formats.ends_of(plain)
    if kind is not Content.DATA:
        unpacking.refuse_packed(ends.first)
    found, declared = formats.format_of(ends), None
    if found is Format.OVA and ova.is_ova(plain):
        _check_space(plain.parent, plain.stat().st_size)
        disk = draft()
        with disk.open("wb") as target:
            declared = ova.extract(plain, target, _write_sparse, max_bytes)
            target.truncate(target.tell())
        plain.unlink()
        plain, found = disk, formats.format_of(formats.ends_of(disk))
        if found is Format.OVA:
            raise UsageError("the archive holds an archive in place of a disk", hint="unpack it with tar")
    elif found is Format.OVA and kind is not Content.DATA:
        raise UsageError(
            "the file is a tar archive, and not an OVA: it does not begin with an OVF description",
            hint="unpack it with tar, and import the disk image in it",
        )
    if found in formats.CONVERTED:
        return _converted(plain, found, draft(), declared, max_bytes, progress)
    return plain


def _converted(
    plain: Path, found: Format, target: Path, declared: int | None, max_bytes: int, progress: Say | None
) -> Path:
    formats.check_foreign(plain, found)
    plain.chmod(0o644)
    disk_bytes = int(qemu.asked("info", plain, found).get("virtual-size", 0))
    if found is not Format.VPC:
        qemu.check(plain, found)
    inspection.check_size(disk_bytes)
    # Hypervisors round the size up to whole tracks or megabytes.
    if declared is not None and disk_bytes > declared + inspection.ROUNDING_BYTES:
        raise UsageError(
            f"the disk is larger than its archive declares: {disk_bytes >> 20} MiB, not {declared >> 20} MiB",
            hint="export the machine again",
        )
    _check_space(plain.parent, plain.stat().st_size)
    qemu.convert(plain, found, target, disk_bytes=disk_bytes, max_bytes=max_bytes, progress=progress)
    plain.unlink()
    return target


def _finish(plain: Path, folder: Path, found: _Sums, kind: Content) -> TakenImage:
    plain.chmod(0o644)
    seen = inspection.inspect(plain, kind)
    if plain != found.path:
        found = _summed(plain)
    identifier = ids.identifier_of(found.sha1)
    path = folder / f"{identifier}.img"
    size = plain.stat().st_size
    plain.replace(path)
    return TakenImage(
        path=path,
        identifier=identifier,
        sha1=found.sha1,
        sha256=found.sha256,
        size_bytes=size,
        disk_bytes=seen.disk_bytes,
        format=seen.format,
    )


def _summed(path: Path) -> _Sums:
    sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(unpacking.BLOCK):
            sha1.update(block)
            sha256.update(block)
    return _Sums(path, sha1.hexdigest(), sha256.hexdigest())


def _unpack(
    stream: BinaryIO, target: Path, max_bytes: int, progress: Say | None, expected: Checksum | None
) -> _Sums:
    """Write the plain content of a file, and check it against the checksum that is expected."""
    total = os.fstat(stream.fileno()).st_size
    _check_space(target.parent, total)
    packing = unpacking.packing_of(stream.read(16))
    stream.seek(0)
    told = Progress("checked", total, progress)
    algorithm = expected.algorithm if expected is not None else "sha256"
    given, own = hashlib.new(algorithm), hashlib.new(algorithm)
    sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
    plain = packing is unpacking.Packing.PLAIN

    def read(size: int) -> bytes:
        block = stream.read(size)
        if expected is not None and not plain:
            given.update(block)
        told.at(stream.tell())
        return block

    with target.open("wb") as writing:
        for block in _bounded(unpacking.unpacked(read, packing), target.parent, max_bytes):
            sha1.update(block)
            sha256.update(block)
            if expected is not None:
                own.update(block)
            _write_sparse(writing, block)
        writing.truncate(writing.tell())
    if expected is not None:
        _compare(expected, own.hexdigest() if plain else given.hexdigest(), own.hexdigest())
    return _Sums(target, sha1.hexdigest(), sha256.hexdigest())


def _bounded(blocks: Iterator[bytes], folder: Path, max_bytes: int) -> Iterator[bytes]:
    """The blocks, as long as neither they nor the disk run over."""
    size, next_check = 0, _SPACE_CHECK_BYTES
    for block in blocks:
        size += len(block)
        if size > max_bytes:
            raise TooLarge(
                f"the unpacked image is larger than the limit of {max_bytes >> 20} MiB",
                hint="raise [cloud] max_image_gib in config.toml if you trust it",
            )
        if size >= next_check:
            next_check += _SPACE_CHECK_BYTES
            _check_space(folder, 0)
        yield block


def _compare(expected: Checksum, given: str, own: str) -> None:
    if not expected.is_of(given) and not expected.is_of(own):
        name = expected.algorithm.upper().replace("SHA", "SHA-")
        raise UsageError(
            f"the image is not the one that was expected: its {name} differs",
            hint="fetch it again, or compare the sum with the publisher's",
            details={
                "expected": expected.digest, expected.algorithm: given, f"unpacked_{expected.algorithm}": own
            },
        )  # fmt: skip


def _write_sparse(target: BinaryIO, block: bytes) -> None:
    """Disks are mostly zeros; those are left as holes."""
    zeros = bytes(_HOLE)
    for start in range(0, len(block), _HOLE):
        piece = block[start : start + _HOLE]
        if piece == zeros[: len(piece)]:
            target.seek(len(piece), os.SEEK_CUR)
        else:
            target.write(piece)


def _check_space(folder: Path, wanted: int) -> None:
    if shutil.disk_usage(folder).free < wanted + RESERVE_BYTES:
        raise _full(folder, wanted)


def _full(folder: Path, wanted: int) -> NoCapacity:
    free = shutil.disk_usage(folder).free
    needs = f"{wanted >> 20} MiB and " if wanted else ""
    return NoCapacity(
        f"not enough disk space in {folder} for the image: {needs}{RESERVE_BYTES >> 20} MiB of reserve are "
        f"needed, {free >> 20} MiB are free",
        hint="free some space there; slshell image-cache list shows what images take",
    )
