"""Size and checksums of an image's uncompressed content, whatever its file is packed with."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from slshell.metadata.document import Digest, Metadata
from slshell.model.errors import TooLarge, UsageError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK = 1 << 20
LARGEST_BYTES = 1 << 42
"""4 TiB of uncompressed content; reading more is taken for an attack."""
_XZ_MEMORY_BYTES = 256 << 20
_MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zst"}
_QCOW2 = b"QFI\xfb"

Told = Callable[[int, int], None]
"""Called with bytes of the file that are read, and bytes of the file."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in an image file."""

    size_bytes: int
    """Of the uncompressed content, as the checksums."""
    checksums: dict[Digest, str]
    """Lower-case hex."""
    compression: str
    """gz, bz2, xz, zst, or empty."""
    format: str
    """raw or qcow2, by the first bytes of the content."""


class _Unpacker(Protocol):
    """What the decompressors of bz2, lzma and zstd have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


_UNPACKERS: dict[str, Callable[[], _Unpacker]] = {
    "bz2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES),
    "zst": zstd.ZstdDecompressor,
}


def measure(path: Path, *, max_bytes: int = LARGEST_BYTES, told: Told | None = None) -> Measured:
    """Read an image file once, in blocks, and tell what is in it. The content is never written anywhere.

    Raises:
        UsageError: it cannot be read, is empty, damaged or cut off. TooLarge: over `max_bytes`.
    """
    try:
        with path.open("rb") as file:
            return _measured(file, path.stat().st_size, max_bytes, told)
    except FileNotFoundError as error:
        raise UsageError(f"Image does not exist: {path}") from error
    except (EOFError, zlib.error, lzma.LZMAError, zstd.ZstdError, gzip.BadGzipFile) as error:
        raise UsageError(f"the image {path.name} is damaged: {error}", hint="fetch it again") from error
    except OSError as error:
        raise UsageError(f"the image {path.name} cannot be read: {error.strerror or error}") from error


def differences(metadata: Metadata, found: Measured) -> list[str]:
    """How an image differs from what its metadata says, one sentence each; empty when it is that image.

    The size and every checksum count, for SHA-1 and MD5 alone can be forged.
    """
    told = []
    if metadata.size_bytes != found.size_bytes:
        told.append(f"the image has {found.size_bytes} bytes, not {metadata.size_bytes}")
    for algorithm, value in metadata.checksums.items():
        if found.checksums[algorithm] != value:
            told.append(f"the {algorithm} of the image is {found.checksums[algorithm]}, not {value}")
    return told


def _measured(file: BinaryIO, total: int, max_bytes: int, told: Told | None) -> Measured:
    compression = _packing(file.read(8))
    file.seek(0)
    digests = {
        Digest.MD5: hashlib.md5(usedforsecurity=False),
        Digest.SHA1: hashlib.sha1(usedforsecurity=False),
        Digest.SHA256: hashlib.sha256(),
        Digest.SHA512: hashlib.sha512(),
    }
    size, first = 0, b""
    for block in _content(file, compression):
        first += block[: len(_QCOW2) - len(first)]
        size += len(block)
        if size > max_bytes:
            raise TooLarge(
                f"the image holds more than {max_bytes} bytes", hint="it may be made to fill a disk"
            )
        for digest in digests.values():
            digest.update(block)
        if told is not None:
            told(file.tell(), total)
    if size == 0:
        raise UsageError("the image is empty")
    return Measured(
        size_bytes=size,
        checksums={name: digest.hexdigest() for name, digest in digests.items()},
        compression=compression,
        format="qcow2" if first == _QCOW2 else "raw",
    )


def _packing(first: bytes) -> str:
    return next((name for magic, name in _MAGIC.items() if first.startswith(magic)), "")


def _content(file: BinaryIO, compression: str) -> Iterator[bytes]:
    if compression in _UNPACKERS:
        yield from _unpacked(file, _UNPACKERS[compression])
        return
    reader: BinaryIO = gzip.GzipFile(fileobj=file) if compression == "gz" else file  # type: ignore[assignment]
    while block := reader.read(BLOCK):
        yield block


def _unpacked(file: BinaryIO, make: Callable[[], _Unpacker]) -> Iterator[bytes]:
    """The content of one packed stream or of several behind each other, in blocks of at most 1 MiB."""
    packed = file.read(BLOCK)
    while packed:
        stream = make()
        while not stream.eof:
            if block := stream.decompress(packed, BLOCK):
                yield block
            packed = b""
            if stream.needs_input and not stream.eof and not (packed := file.read(BLOCK)):
                raise EOFError("it ends too early")
        packed = stream.unused_data.lstrip(b"\0") or file.read(BLOCK)
