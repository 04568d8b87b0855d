"""Reading an image file as its plain content: how it is packed is told by its first bytes, not by a name."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from enum import StrEnum

from slshell.model.errors import UsageError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK = 1 << 20
Read = Callable[[int], bytes]
_XZ_MEMORY_BYTES = 256 << 20
"""`xz -9`, the largest preset, needs 65 MiB to unpack."""
_ZSTD_WINDOW_BITS = 27
"""128 MiB: what `zstd` itself unpacks without being asked for more, `--ultra -22` included."""


class Packing(StrEnum):
    """How an image file is packed."""

    PLAIN = "plain"
    GZIP = "gzip"
    XZ = "xz"
    BZIP2 = "bzip2"
    ZSTD = "zstd"


_MAGIC = {
    b"\x1f\x8b": Packing.GZIP,
    b"\xfd7zXZ\0": Packing.XZ,
    b"BZh": Packing.BZIP2,
    b"\x28\xb5\x2f\xfd": Packing.ZSTD,
}
_NOT_TAKEN = {
    b"PK\x03\x04": ("zip", "unzip"),
    b"7z\xbc\xaf\x27\x1c": ("7z", "7z x"),
    b"Rar!": ("rar", "unrar x"),
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


def refuse_packed(first: bytes) -> None:
    """Refuse an unpacked image that is packed once more: unpacking would have no end.

    Raises:
        UsageError: it is.
    """
    packing = packing_of(first)
    if packing is not Packing.PLAIN:
        raise UsageError(
            f"the image is packed twice: within the file there is {packing} again",
            hint="unpack it once, and import the result",
        )


def unpacked(read: Read, packing: Packing) -> Iterator[bytes]:
    """The plain content of what `read` gives, in blocks of at most 1 MiB.

    Raises:
        UsageError: it is damaged, cut off, followed by something else, or wants absurd memory.
    """
    if packing is Packing.PLAIN:
        while block := read(BLOCK):
            yield block
        return
    try:
        yield from _gzip(read) if packing is Packing.GZIP else _streams(read, packing)
    except (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError) as error:
        # The decompressor of bz2 says OSError where the others have an error of their own.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UsageError(f"the image is damaged: {error}", hint="fetch it again") from error


def _gzip(read: Read) -> Iterator[bytes]:
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
        packed = _after(stream.unused_data, read, (b"\x1f\x8b",))


def _streams(read: Read, packing: Packing) -> Iterator[bytes]:
    """What the decompressors that say `needs_input` unpack; several streams in a row are one file."""
    packed = read(BLOCK)
    magics = tuple(magic for magic, known in _MAGIC.items() if known is packing)
    while packed:
        stream = _decompressor(packing)
        while not stream.eof:
            block = stream.decompress(packed, BLOCK)
            packed = b""
            if block:
                yield block
            if stream.needs_input and not stream.eof:
                packed = read(BLOCK)
                if not packed:
                    raise _cut_off()
        packed = _after(stream.unused_data, read, magics)


def _decompressor(packing: Packing) -> bz2.BZ2Decompressor | lzma.LZMADecompressor | zstd.ZstdDecompressor:
    if packing is Packing.BZIP2:
        return bz2.BZ2Decompressor()
    if packing is Packing.XZ:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES)
    limits = {int(zstd.DecompressionParameter.window_log_max): _ZSTD_WINDOW_BITS}
    return zstd.ZstdDecompressor(options=limits)


def _after(rest: bytes, read: Read, magics: tuple[bytes, ...]) -> bytes:
    """What follows one packed stream: another one, or nothing but padding."""
    while True:
        rest = rest.lstrip(b"\0")
        if len(rest) >= max(len(magic) for magic in magics):
            break
        more = read(BLOCK)
        if not more:
            break
        rest += more
    if rest and not rest.startswith(magics):
        raise UsageError("something else follows the packed image in its file", hint="fetch it again")
    return rest


def _cut_off() -> UsageError:
    return UsageError("the image is cut off: the packed file ends too early", hint="fetch it again")
