"""Files that would reach for others, eat the disk or break QEMU are refused as volumes and leave nothing."""

from __future__ import annotations

import gzip
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slshell.backend.services import volume_file_jobs
from slshell.client.cloud import new_request_id
from slshell.model.volume import UploadRequest
from tests.service.conftest import Running, serve
from tests.service.sending import MIB, incoming, pool, sent
from tests.support.folders import SessionFolder

Make = Callable[[Path], Path]


@pytest.fixture(scope="module")
def cloud(session_folder: SessionFolder, appliances_folder: Path) -> Iterator[Running]:
    """One cloud for all of them, whose volumes have at most 1 GiB."""
    yield from serve(session_folder.new(), max_volume_gib=1)


def created(path: Path, *options: str, size: str = "8M") -> Path:
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *options, str(path), size], check=True)
    return path


def full(path: Path) -> Path:
    """A qcow2 with content."""
    source = path.with_suffix(".source")
    source.write_bytes(bytes(range(1, 256)) * 4096 + bytes(4096))
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(source), str(path)], check=True)
    source.unlink()
    return path


def patched(path: Path, offset: int, data: bytes) -> Path:
    with path.open("r+b") as stream:
        stream.seek(offset)
        stream.write(data)
    return path


def number_at(path: Path, offset: int) -> int:
    with path.open("rb") as stream:
        stream.seek(offset)
        (found,) = struct.unpack(">Q", stream.read(8))
    return int(found)


def first_table(path: Path) -> int:
    """Where the L1 table is."""
    return number_at(path, 40)


def second_table(path: Path) -> int:
    """Where the first L2 table is."""
    return number_at(path, first_table(path)) & 0x00FFFFFFFFFFFE00


def with_second_table(path: Path, entry: int) -> Path:
    """A qcow2 whose first cluster is said to be there."""
    return patched(full(path), second_table(full(path)), struct.pack(">Q", entry))


def with_first_table(path: Path, entry: int) -> Path:
    """A qcow2 whose first L2 table is said to be there."""
    return patched(full(path), first_table(full(path)), struct.pack(">Q", entry))


def with_data_file(path: Path) -> Path:
    made = created(path, "-o", f"data_file={path}.data,data_file_raw=on")
    path.with_name(f"{path.name}.data").unlink()
    return made


def cut(path: Path) -> Path:
    path.write_bytes(full(path).read_bytes()[:500_000])
    return path


def packed(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


_USED = 1 << 63
_JSON = 'json:{"driver":"raw","file.filename":"/etc/shadow"}'
_ENDLESS = struct.pack(">I", 1 << 30)


def over(name: str) -> Make:
    """Makes a difference to another file."""
    return lambda at: created(at, "-u", "-b", name, "-F", "raw")


def spoiled(offset: int, data: bytes) -> Make:
    """Makes an empty qcow2 with these bytes in its header."""
    return lambda at: patched(created(at), offset, data)


def squeezed(make: Make, cut_off: int = 0) -> Make:
    """Packs what `make` makes, without its last bytes."""
    return lambda at: packed(at, (whole := gzip.compress(make(at).read_bytes()))[: len(whole) - cut_off])


HOSTILE: dict[str, tuple[Make, str]] = {
    "a backing file": (over("/etc/shadow"), "backing file"),
    "a backing file in JSON": (over(_JSON), "backing file"),
    "a backing file on the network": (over("nbd://127.0.0.1:1/x"), "backing file"),
    "a packed one with a backing file": (squeezed(over("/etc/shadow")), "backing file"),
    "a data file": (with_data_file, "another file"),
    "the mark of a data file": (spoiled(72, struct.pack(">Q", 4)), "another file"),
    "the name of a data file": (lambda at: patched(with_data_file(at), 72, bytes(8)), "another file"),
    "more than volumes may have": (lambda at: created(at, size="2G"), "disk has 2 GiB"),
    "an exabyte": (spoiled(24, struct.pack(">Q", 1 << 60)), "says that its disk"),
    "2^63 bytes": (spoiled(24, struct.pack(">Q", _USED)), "says that its disk"),
    "no size": (spoiled(24, bytes(8)), "says that its disk"),
    "an end that is missing": (cut, "damaged"),
    "a header alone": (lambda at: packed(at, created(at).read_bytes()[:60]), "damaged"),
    "a first table beyond the end": (lambda at: with_first_table(at, _USED | 1 << 40), "damaged"),
    "a first table in the counts": (lambda at: with_first_table(at, _USED | 1 << 16), "damaged"),
    "a second table in the counts": (lambda at: with_second_table(at, _USED | 1 << 16), "damaged"),
    "a second table beyond the end": (lambda at: with_second_table(at, _USED | 1 << 40), "damaged"),
    "a first table without end": (spoiled(36, _ENDLESS), "damaged"),
    "a table of counts without end": (spoiled(56, _ENDLESS), "damaged"),
    "counts beyond the end": (spoiled(48, struct.pack(">Q", 1 << 50)), "damaged"),
    "counts of 2^60 bits": (spoiled(96, struct.pack(">I", 60)), "damaged"),
    "a billion snapshots": (spoiled(60, _ENDLESS), "damaged"),
    "encryption": (spoiled(32, struct.pack(">I", 2)), "encrypted"),
    "unknown features": (spoiled(72, struct.pack(">Q", 1 << 40)), "features"),
    "the mark of damage": (spoiled(72, struct.pack(">Q", 2)), "marked as corrupt"),
    "another format": (lambda at: packed(at, b"KDMV" + bytes(MIB - 4)), "VMDK version 0"),
    "an end within a sector": (lambda at: packed(at, bytes(1000)), "within a sector"),
    "a packed file with a tail": (lambda at: packed(at, gzip.compress(bytes(MIB)) + b"tail"), "follows"),
    "a packed file that is cut": (squeezed(full, 9), "cut off"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_it_is_refused_with_its_reason_and_nothing_stays(cloud: Running, tmp_path: Path, what: str) -> None:
    make, reason = HOSTILE[what]
    path = make(tmp_path / "image")
    before = pool(cloud)
    refused = sent(cloud, path)
    assert (refused.state, reason in refused.reason) == ("failed", True), refused.reason
    assert "/proc/" not in refused.reason
    assert str(cloud.home) not in refused.reason
    assert (incoming(cloud), pool(cloud)) == ([], before)
    cloud.client.delete_volume(refused.id)
    cloud.watch.no_volume(refused.id)


def test_a_bomb_is_refused_before_it_fills_the_disk(
    cloud: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volume_file_jobs, "GIB", 64 * MIB)
    before = pool(cloud)
    refused = sent(cloud, packed(tmp_path / "image", gzip.compress(bytes(16 * MIB)) * 64))
    assert (refused.state, "larger than the limit of 64 MiB" in refused.reason) == ("failed", True)
    assert (incoming(cloud), pool(cloud)) == ([], before)


@pytest.mark.parametrize("name", ["../../../etc/cron.d/x", "/etc/passwd", 'json:{"driver":"nbd"}', "\x1b[2J"])
def test_a_hostile_name_of_a_file_is_only_told(cloud: Running, tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "image", bytes(MIB))
    request = UploadRequest(request_id=new_request_id(), filename=name, size_bytes=MIB)
    one = cloud.client.begin_upload(request)
    assert one.origin == f"the file {name.rpartition('/')[2]}"
    cloud.client.send_file(one.id, path)
    assert cloud.watch.volume(one.id, lambda now: now.state == "available").size_bytes == MIB
