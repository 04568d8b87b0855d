"""Reading an image file as its plain content: gzip and xz are told by their first bytes, never by a name."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable, Iterator
from enum import StrEnum

from slshell.model.errors import UsageError

BLOCK = 1 << 20
_XZ_MEMORY_BYTES = 256 << 20
"""`xz -9`, the largest preset, needs 65 MiB to unpack."""


class Packing(StrEnum):
    """How an image file is packed."""

    PLAIN = "plain"
    GZIP = "gzip"
    XZ = "xz"


_MAGIC = {b"\x1f\x8b": Packing.GZIP, b"\xfd7zXZ\0": Packing.XZ}
_NOT_TAKEN = {
    b"BZh": ("bzip2", "bunzip2"),
    b"\x28\xb5\x2f\xfd": ("zstd", "unzstd"),
    b"PK\x03\x04": ("zip", "unzip"),
    b"7z\xbc\xaf\x27\x1c": ("7z", "7z x"),
}


def packing_of(first: bytes) -> Packing:
    """What a file that begins with these bytes is packed with.

    Raises:
        UsageError: with something that is not taken, named with the program that unpacks it.
    """
    for magic, packing in _MAGIC.items():
        if first.startswith(magic):
            return packing
    for magic, (name, program) in _NOT_TAKEN.items():
        if first.startswith(magic):
            raise UsageError(f"the image is packed with {name}", hint=f"unpack it first, with {program}")
    return Packing.PLAIN


def unpacked(read: Callable[[int], bytes], packing: Packing) -> Iterator[bytes]:
    """The plain content of what `read` gives, in blocks of at most 1 MiB.

    Raises:
        UsageError: it is damaged, cut off, followed by something else, or wants absurd memory.
    """
    if packing is Packing.PLAIN:
        while block := read(BLOCK):
            yield block
        return
    try:
        yield from _gzip(read) if packing is Packing.GZIP else _xz(read)
    except (zlib.error, lzma.LZMAError) as error:
        raise UsageError(f"the image is damaged: {error}", hint="fetch it again") from error


def _gzip(read: Callable[[int], bytes]) -> Iterator[bytes]:
    packed = read(BLOCK)
    while packed:
        stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        while not stream.eof:
            block = stream.decompress(packed, BLOCK)
            if block:
                yield block
            packed = stream.unconsumed_tail
            if not packed and not stream.eof:
                packed = read(BLOCK)
                if not packed and not (block := stream.decompress(b"", BLOCK)):
                    raise _cut_off()
        packed = _after(stream.unused_data, read, b"\x1f\x8b")


def _xz(read: Callable[[int], bytes]) -> Iterator[bytes]:
    packed = read(BLOCK)
    while packed:
        stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES)
        while not stream.eof:
            block = stream.decompress(packed, BLOCK)
            packed = b""
            if block:
                yield block
            if stream.needs_input and not stream.eof:
                packed = read(BLOCK)
                if not packed:
                    raise _cut_off()
        packed = _after(stream.unused_data, read, b"\xfd7zXZ\0")


def _after(rest: bytes, read: Callable[[int], bytes], magic: bytes) -> bytes:
    """What follows one packed stream: another one, or nothing but padding."""
    while True:
        rest = rest.lstrip(b"\0")
        if len(rest) >= len(magic):
            break
        more = read(BLOCK)
        if not more:
            break
        rest += more
    if rest and not rest.startswith(magic):
        raise UsageError("something else follows the packed image in its file", hint="fetch it again")
    return rest


def _cut_off() -> UsageError:
    return UsageError("the image is cut off: the packed file ends too early", hint="fetch it again")
