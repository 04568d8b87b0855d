"""What is measured of an image is its uncompressed content, within limits, however it is packed."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from slshell.metadata.document import Digest
from slshell.metadata.images import BLOCK, differences, measure
from slshell.model.errors import TooLarge, UsageError
from tests.unit.metadata.samples import FULL

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CONTENT = os.urandom(BLOCK // 2) + bytes(3 * BLOCK)
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}),
}
PACKED = {name: pack(CONTENT) for name, pack in PACKERS.items()}


@pytest.fixture
def image(tmp_path: Path) -> Callable[[bytes], Path]:
    def make(data: bytes) -> Path:
        file = tmp_path / "image"
        file.write_bytes(data)
        return file

    return make


@pytest.mark.parametrize("packing", PACKERS)
def test_size_and_checksums_are_of_the_content(packing: str, image: Callable[[bytes], Path]) -> None:
    found = measure(image(PACKED[packing]))
    assert (found.size_bytes, found.compression, found.format) == (len(CONTENT), packing, "raw")
    assert found.checksums == {
        Digest.MD5: hashlib.md5(CONTENT, usedforsecurity=False).hexdigest(),
        Digest.SHA1: hashlib.sha1(CONTENT, usedforsecurity=False).hexdigest(),
        Digest.SHA256: hashlib.sha256(CONTENT).hexdigest(),
        Digest.SHA512: hashlib.sha512(CONTENT).hexdigest(),
    }


@pytest.mark.parametrize("packing", PACKERS)
def test_the_format_is_told_by_the_content(packing: str, image: Callable[[bytes], Path]) -> None:
    assert measure(image(PACKERS[packing](b"QFI\xfb" + bytes(100)))).format == "qcow2"


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", "zst"])
def test_streams_behind_each_other_are_one_image(packing: str, image: Callable[[bytes], Path]) -> None:
    pack = PACKERS[packing]
    found = measure(image(pack(b"one") + pack(b"two")))
    assert found.checksums[Digest.SHA256] == hashlib.sha256(b"onetwo").hexdigest()


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", "zst"])
@pytest.mark.parametrize("harm", ["cut off", "damaged", "followed by rubbish"])
def test_a_damaged_file_is_refused(packing: str, harm: str, image: Callable[[bytes], Path]) -> None:
    good = PACKED[packing]
    middle = len(good) // 2
    bad = {
        "cut off": good[:-6],
        "damaged": good[:middle]
        + bytes(byte ^ 255 for byte in good[middle : middle + 64])
        + good[middle + 64 :],
        "followed by rubbish": good + b"rubbish!",
    }[harm]
    with pytest.raises(UsageError, match=r"the image image (is damaged|cannot be read)"):
        measure(image(bad))


@pytest.mark.parametrize("packing", PACKERS)
def test_a_bomb_is_left_at_the_limit(packing: str, image: Callable[[bytes], Path]) -> None:
    reached = 0

    def told(done: int, total: int) -> None:
        nonlocal reached
        reached += 1

    with pytest.raises(TooLarge, match=f"holds more than {BLOCK} bytes"):
        measure(image(PACKED[packing]), max_bytes=BLOCK, told=told)
    assert reached <= 2


def test_progress_is_told_in_bytes_of_the_file(image: Callable[[bytes], Path]) -> None:
    steps: list[tuple[int, int]] = []
    measure(image(PACKED["bz2"]), told=lambda done, total: steps.append((done, total)))
    size = len(PACKED["bz2"])
    assert steps[-1] == (size, size)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


@pytest.mark.parametrize("packing", PACKERS)
def test_an_empty_image_is_refused(packing: str, image: Callable[[bytes], Path]) -> None:
    with pytest.raises(UsageError, match="the image is empty"):
        measure(image(PACKERS[packing](b"")))


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Image does not exist: "):
        measure(tmp_path / "nothing")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        measure(tmp_path)


def test_an_image_is_the_one_described_when_size_and_every_checksum_agree(
    image: Callable[[bytes], Path],
) -> None:
    found = measure(image(CONTENT))
    entry = replace(FULL, size_bytes=found.size_bytes, checksums=found.checksums)
    assert differences(entry, found) == []
    assert differences(replace(entry, size_bytes=1), found) == [f"the image has {len(CONTENT)} bytes, not 1"]
    for algorithm, value in found.checksums.items():
        other = replace(entry, checksums={**found.checksums, algorithm: "0"})
        assert differences(other, found) == [f"the {algorithm} of the image is {value}, not 0"]
