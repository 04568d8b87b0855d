"""Images are taken in whole, verified and under the name of their content, or not at all."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from slshell.backend.images import intake
from slshell.backend.images.intake import take_in
from slshell.backend.images.sums import Checksum
from slshell.model import ids
from slshell.model.errors import NoCapacity, NotFound, SlshellError, TooLarge, UsageError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MIB = 1 << 20
LIMIT = 64 * MIB
CONTENT = b"\0" * 510 + b"\x55\xaa" + bytes(3 * MIB) + os.urandom(MIB) + bytes(MIB)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def given(tmp_path: Path, data: bytes, name: str = "source") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def zstd_compress(data: bytes, window_bits: int = 0) -> bytes:
    """As the program `zstd` packs: with a checksum of the content."""
    settings = zstd.CompressionParameter
    options = {int(settings.checksum_flag): 1}
    if window_bits:
        options |= {int(settings.window_log): window_bits, int(settings.enable_long_distance_matching): 1}
    packer = zstd.ZstdCompressor(options=options)
    return packer.compress(data) + packer.flush()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "xz": lzma.compress, "bzip2": bz2.compress, "zstd": zstd_compress,
}  # fmt: skip
each_packing = pytest.mark.parametrize("pack", PACKINGS.values(), ids=PACKINGS)


@pytest.mark.parametrize("pack", [bytes, *PACKINGS.values()], ids=["plain", *PACKINGS])
def test_an_image_is_stored_unpacked_under_its_identifier(
    tmp_path: Path, cache: Path, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(CONTENT)
    source = given(tmp_path, packed, "image.txt")
    taken = take_in(source, cache, max_bytes=LIMIT)
    sha1 = hashlib.sha1(CONTENT, usedforsecurity=False).hexdigest()
    assert taken.identifier == ids.identifier_of(sha1)
    assert (taken.sha1, taken.sha256) == (sha1, sha256(CONTENT))
    assert (taken.format, taken.size_bytes, taken.disk_bytes) == ("raw", len(CONTENT), len(CONTENT))
    assert taken.path == cache / f"{taken.identifier}.img"
    assert taken.path.read_bytes() == CONTENT
    assert names(cache) == [taken.path.name]
    assert source.read_bytes() == packed


def test_zeros_take_no_disk_space(tmp_path: Path, cache: Path) -> None:
    taken = take_in(given(tmp_path, gzip.compress(CONTENT)), cache, max_bytes=LIMIT)
    assert taken.path.stat().st_blocks * 512 < 2 * MIB


def test_a_packed_qcow2_is_taken(tmp_path: Path, cache: Path) -> None:
    image = tmp_path / "image"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(image), "2G"], check=True)
    packed = given(tmp_path, gzip.compress(image.read_bytes()))
    taken = take_in(packed, cache, max_bytes=LIMIT)
    assert (taken.format, taken.disk_bytes) == ("qcow2", 2 << 30)
    assert taken.size_bytes == image.stat().st_size


def test_a_file_of_several_packed_parts_is_one_image(tmp_path: Path, cache: Path) -> None:
    middle = 2 * MIB + 7
    for pack in PACKINGS.values():
        parts = pack(CONTENT[:middle]) + pack(CONTENT[middle:]) + bytes(512)
        assert take_in(given(tmp_path, parts), cache, max_bytes=LIMIT).sha256 == sha256(CONTENT)


def test_the_checksum_may_be_of_either_form(tmp_path: Path, cache: Path) -> None:
    packed = gzip.compress(CONTENT)
    source = given(tmp_path, packed)
    for expected in (sha256(packed), sha256(CONTENT), sha256(CONTENT).upper()):
        assert take_in(source, cache, sha256=expected, max_bytes=LIMIT).size_bytes == len(CONTENT)


def refused(
    source: Path, cache: Path, error: type[SlshellError], match: str, **options: object
) -> SlshellError:
    settings = {"max_bytes": LIMIT} | options
    with pytest.raises(error, match=match) as caught:
        take_in(source, cache, **settings)  # type: ignore[arg-type]
    assert names(cache) == [], "something half-made stays"
    return caught.value


def test_another_checksum_is_refused_and_both_are_told(tmp_path: Path, cache: Path) -> None:
    error = refused(given(tmp_path, CONTENT), cache, UsageError, "SHA-256 differs", sha256="0" * 64)
    assert error.details["sha256"] == sha256(CONTENT)


@pytest.mark.parametrize("text", ["", "xyz", "0" * 63, "0" * 65, "g" * 64])
def test_what_is_no_checksum_is_refused(tmp_path: Path, cache: Path, text: str) -> None:
    refused(given(tmp_path, CONTENT), cache, UsageError, "not a SHA-256", sha256=text)


@each_packing
def test_a_bomb_is_refused_before_it_fills_the_disk(
    tmp_path: Path, cache: Path, pack: Callable[[bytes], bytes]
) -> None:
    one = pack(bytes(16 * MIB))
    assert len(one) < MIB
    refused(given(tmp_path, one * 64), cache, TooLarge, "limit of 64 MiB")


def test_a_plain_image_over_the_limit_is_refused(tmp_path: Path, cache: Path) -> None:
    refused(given(tmp_path, CONTENT), cache, TooLarge, "limit", max_bytes=MIB)


@each_packing
def test_a_packed_file_that_is_cut_off_is_refused(
    tmp_path: Path, cache: Path, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(CONTENT)
    for kept in (30, len(packed) // 2, len(packed) - 1):
        refused(given(tmp_path, packed[:kept]), cache, UsageError, "cut off|damaged")


@each_packing
def test_a_packed_file_that_is_damaged_or_has_a_tail_is_refused(
    tmp_path: Path, cache: Path, pack: Callable[[bytes], bytes]
) -> None:
    packed = bytearray(pack(CONTENT))
    refused(given(tmp_path, bytes(packed) + b"tail"), cache, UsageError, "follows")
    packed[len(packed) // 2] ^= 0xFF
    refused(given(tmp_path, bytes(packed)), cache, UsageError, "damaged")


def test_a_packed_file_that_wants_absurd_memory_is_refused(tmp_path: Path, cache: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]
    packed = bytearray(lzma.compress(CONTENT, filters=filters))
    place = packed.index(b"\x21\x01", 12) + 2
    packed[place] = 40
    header = bytes(packed[12 : 12 + (packed[12] + 1) * 4 - 4])
    packed[12 + len(header) : 16 + len(header)] = zlib.crc32(header).to_bytes(4, "little")
    refused(given(tmp_path, bytes(packed)), cache, UsageError, "[Mm]emory")


@pytest.mark.parametrize(
    ("first", "program"), [(b"PK\x03\x04", "unzip"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!", "unrar")]
)
def test_another_packing_is_refused_with_the_program_that_unpacks_it(
    tmp_path: Path, cache: Path, first: bytes, program: str
) -> None:
    assert program in refused(given(tmp_path, first + bytes(600)), cache, UsageError, "packed with").hint


def test_an_image_that_is_refused_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    refused(given(tmp_path, gzip.compress(b"<html>not found</html>")), cache, UsageError, "not a disk")


def test_a_missing_an_empty_and_a_special_file_are_refused(tmp_path: Path, cache: Path) -> None:
    refused(tmp_path / "missing", cache, NotFound, "cannot be read")
    refused(given(tmp_path, b""), cache, UsageError, "empty")
    refused(Path("/dev/zero"), cache, UsageError, "not a file")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", cache, UsageError, "not a file")


def test_a_full_disk_is_told_before_anything_is_written(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "RESERVE_BYTES", 1 << 60)
    refused(given(tmp_path, CONTENT), cache, NoCapacity, "disk space")


def test_taking_the_same_image_again_answers_the_same(tmp_path: Path, cache: Path) -> None:
    source = given(tmp_path, CONTENT)
    assert take_in(source, cache, max_bytes=LIMIT) == take_in(source, cache, max_bytes=LIMIT)


def test_progress_is_told_in_words(tmp_path: Path, cache: Path) -> None:
    said: list[str] = []
    take_in(given(tmp_path, CONTENT), cache, max_bytes=LIMIT, progress=said.append)
    assert said
    assert all(line.startswith("checked ") and line.endswith(" %") for line in said)


@each_packing
def test_a_packing_within_a_packing_is_refused_as_endless(
    tmp_path: Path, cache: Path, pack: Callable[[bytes], bytes]
) -> None:
    refused(given(tmp_path, pack(pack(CONTENT))), cache, UsageError, "packed twice")


def test_a_zstd_file_that_wants_absurd_memory_is_refused(tmp_path: Path, cache: Path) -> None:
    refused(given(tmp_path, zstd_compress(CONTENT, 29)), cache, UsageError, "memory|[Ww]indow")


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_the_publishers_checksum_may_be_of_any_strong_kind(
    tmp_path: Path, cache: Path, algorithm: str
) -> None:
    packed = gzip.compress(CONTENT)
    source = given(tmp_path, packed)
    for data in (packed, CONTENT):
        right = Checksum(algorithm, hashlib.new(algorithm, data).hexdigest())
        assert take_in(source, cache, checksum=right, max_bytes=LIMIT).size_bytes == len(CONTENT)
    for path in cache.iterdir():
        path.unlink()
    wrong = Checksum(algorithm, hashlib.new(algorithm, b"another").hexdigest())
    refused(source, cache, UsageError, f"SHA-{algorithm[3:]} differs", checksum=wrong)
