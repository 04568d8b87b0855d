"""Images of other hypervisors are converted whole, and those that would reach for other files are refused."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import subprocess
from pathlib import Path

import pytest

from slshell.backend.images import confinement, qemu
from slshell.backend.images.confinement import Limits
from slshell.backend.images.inspection import Content
from slshell.backend.images.intake import take_in
from slshell.model import ids
from slshell.model.errors import EngineFailed, TooLarge, UsageError

MIB = 1 << 20
LIMIT = 64 * MIB
FORMATS = {
    "vmdk": ("vmdk", "subformat=monolithicSparse"),
    "vmdk for streaming": ("vmdk", "subformat=streamOptimized"),
    "vdi": ("vdi", "static=off"),
    "vdi of fixed size": ("vdi", "static=on"),
    "vhdx": ("vhdx", "subformat=dynamic"),
    "vhdx of fixed size": ("vhdx", "subformat=fixed"),
    "vhd": ("vpc", "subformat=dynamic,force_size=on"),
    "vhd of fixed size": ("vpc", "subformat=fixed,force_size=on"),
}


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("disk") / "disk.raw"
    path.write_bytes(b"\0" * 510 + b"\x55\xaa" + os.urandom(MIB) + bytes(3 * MIB - 512))
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def converted(disk: Path, target: Path, name: str) -> Path:
    image_format, options = FORMATS[name]
    command = ["qemu-img", "convert", "-f", "raw", "-O", image_format, "-o", options]
    subprocess.run([*command, str(disk), str(target)], check=True)
    return target


def refused(source: Path, cache: Path, match: str) -> UsageError:
    with pytest.raises(UsageError, match=match) as caught:
        take_in(source, cache, max_bytes=LIMIT)
    assert list(cache.iterdir()) == [], "something half-made stays"
    return caught.value


@pytest.mark.parametrize("name", FORMATS)
def test_an_image_of_another_hypervisor_becomes_the_same_disk(
    disk: Path, tmp_path: Path, cache: Path, name: str
) -> None:
    said: list[str] = []
    source = converted(disk, tmp_path / "image", name)
    taken = take_in(source, cache, max_bytes=LIMIT, progress=said.append)
    assert (taken.format, taken.disk_bytes) == ("qcow2", disk.stat().st_size)
    same = subprocess.run(["qemu-img", "compare", "-f", "raw", "-F", "qcow2", disk, taken.path], check=False)
    assert same.returncode == 0
    content = taken.path.read_bytes()
    assert taken.identifier == ids.identifier_of(hashlib.sha1(content, usedforsecurity=False).hexdigest())
    assert (taken.sha256, taken.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert "converted 100 %" in said
    assert [path.name for path in cache.iterdir()] == [taken.path.name]
    assert taken.path.stat().st_uid == os.geteuid(), "whoever converts must not own the image"


def test_the_memory_of_a_conversion_does_not_grow_with_its_threads(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qemu, "_MEMORY_BYTES", 256 * MIB)
    large = tmp_path / "large.raw"
    large.write_bytes(b"\0" * 510 + b"\x55\xaa" + os.urandom(48 * MIB - 512))
    taken = take_in(converted(large, tmp_path / "large.vmdk", "vmdk"), cache, max_bytes=LIMIT)
    assert (taken.format, taken.disk_bytes) == ("qcow2", 48 * MIB)


def test_the_checksum_is_of_what_was_given(disk: Path, tmp_path: Path, cache: Path) -> None:
    source = converted(disk, tmp_path / "image", "vdi")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    assert take_in(source, cache, sha256=digest, max_bytes=LIMIT).sha256 != digest


def test_a_volume_may_come_from_another_hypervisor_too(disk: Path, tmp_path: Path, cache: Path) -> None:
    source = converted(disk, tmp_path / "image", "vhdx")
    assert take_in(source, cache, max_bytes=LIMIT, kind=Content.DATA).format == "qcow2"


def test_a_volume_that_is_a_tar_archive_stays_one(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "file").write_bytes(b"data")
    subprocess.run(["tar", "-C", tmp_path, "-cf", tmp_path / "backup", "file"], check=True)
    assert take_in(tmp_path / "backup", cache, max_bytes=LIMIT, kind=Content.DATA).format == "raw"


def test_more_than_the_limit_is_not_written(disk: Path, tmp_path: Path, cache: Path) -> None:
    source = converted(disk, tmp_path / "image", "vmdk for streaming")
    with pytest.raises(TooLarge, match="converted image is larger than the limit of 1 MiB"):
        take_in(source, cache, max_bytes=source.stat().st_size)
    assert list(cache.iterdir()) == []


def test_a_disk_of_many_tebibytes_in_a_small_file_is_refused(tmp_path: Path, cache: Path) -> None:
    image = tmp_path / "image"
    subprocess.run(["qemu-img", "create", "-q", "-f", "vhdx", str(image), "60T"], check=True)
    refused(image, cache, "disk has")


VMDK_HEADER = struct.Struct("<4sIIQQQQ")


def hostile_vmdk(path: Path, described: str, capacity: int = 2048) -> Path:
    header = VMDK_HEADER.pack(b"KDMV", 1, 3, capacity, 128, 1, 20) + bytes(512 - VMDK_HEADER.size)
    path.write_bytes(header + described.encode().ljust(20 * 512, b"\0") + bytes(MIB))
    return path


def description(kind: str = "monolithicSparse", parent: str = "ffffffff", extents: str = "") -> str:
    return (
        f'# Disk DescriptorFile\nversion=1\nCID=1\nparentCID={parent}\ncreateType="{kind}"\n'
        + (extents or 'RW 2048 SPARSE "image.vmdk"')
        + "\n"
    )


HOSTILE = {
    "a flat extent": (description("monolithicFlat", extents='RW 2048 FLAT "/etc/shadow" 0'), 2048),
    "a sparse kind with a flat extent": (description(extents='RW 2048 FLAT "/etc/shadow" 0'), 2048),
    "two extents": (description(extents='RW 8 SPARSE "a"\nRW 8 SPARSE "b"'), 2048),
    "a device": (description("fullDevice", extents='RW 2048 FLAT "/dev/vda" 0'), 2048),
    "only a list of files": (description(extents='RW 2048 FLAT "/etc/shadow" 0'), 0),
    "a list of files by its capacity": (description(), 0),
    "a parent": (description(parent="12345678"), 2048),
    "a hint at a parent": (description() + 'parentFileNameHint="/etc/shadow"\n', 2048),
    "no kind": ("# Disk DescriptorFile\nversion=1\n", 2048),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_vmdk_that_names_other_files_is_refused_unread(tmp_path: Path, cache: Path, what: str) -> None:
    described, capacity = HOSTILE[what]
    refused(hostile_vmdk(tmp_path / "image", described, capacity), cache, "other files|another file")


def test_a_vmdk_in_several_files_is_refused_with_the_way_to_join_them(
    disk: Path, tmp_path: Path, cache: Path
) -> None:
    target = tmp_path / "image.vmdk"
    options = ["-O", "vmdk", "-o", "subformat=monolithicFlat"]
    subprocess.run(["qemu-img", "convert", "-f", "raw", *options, disk, target], check=True)
    assert "qemu-img convert" in refused(target, cache, "only describes").hint


@pytest.mark.parametrize(
    ("name", "offset", "data"),
    [
        ("vdi", 0x4C, struct.pack("<I", 4)),
        ("vhd", -452, struct.pack(">I", 4)),
    ],
)
def test_a_difference_to_another_disk_is_refused(
    disk: Path, tmp_path: Path, cache: Path, name: str, offset: int, data: bytes
) -> None:
    source = converted(disk, tmp_path / "image", name)
    with source.open("r+b") as stream:
        stream.seek(offset, os.SEEK_SET if offset >= 0 else os.SEEK_END)
        stream.write(data)
    refused(source, cache, "difference")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kept", [100, 600, 70_000])
def test_an_image_that_is_cut_off_is_refused(
    disk: Path, tmp_path: Path, cache: Path, name: str, kept: int
) -> None:
    source = converted(disk, tmp_path / "image", name)
    source.write_bytes(source.read_bytes()[:kept])
    error = refused(source, cache, ".")
    assert "/proc/" not in error.message


def run(script: str, **limits: int) -> confinement.Outcome:
    wanted = Limits(**({"memory_bytes": 1 << 30, "cpu_s": 10, "wall_s": 10, "file_bytes": 0} | limits))
    return confinement.run("sh", ["-c", script], handles=[], limits=wanted)


def test_whoever_looks_into_images_has_no_network_and_no_rights() -> None:
    if not confinement._apart():
        pytest.skip("this kernel gives no network namespaces")
    found = run("id -u; grep -c : /proc/net/dev; grep NoNewPrivs /proc/self/status").output.decode().split()
    # Two lines of headings have a colon in neither kernel; the loopback device is all that there is.
    assert found[0] != "0"
    assert found[1] == "1"
    assert found[-1] == "1"


def test_a_program_that_hangs_writes_too_much_or_eats_memory_is_ended() -> None:
    assert run("sleep 60", wall_s=1).timed_out
    assert run("while :; do :; done", cpu_s=1).code != 0
    assert run("yes").code != 0
    assert (
        run("head -c 100 /dev/zero | tail -c 2G; exec tail -c 2G /dev/zero", memory_bytes=64 << 20).code != 0
    )


def test_a_conversion_that_takes_too_long_is_given_up(
    disk: Path, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "qemu-img"
    program.write_text('#!/bin/sh\n[ "$1" = convert ] && exec sleep 60\nexec /usr/bin/qemu-img "$@"\n')
    program.chmod(0o755)
    for parent in [folder, *folder.parents][:-1]:
        if parent.stat().st_uid == tmp_path.stat().st_uid:
            parent.chmod(parent.stat().st_mode | 0o111)
    source = converted(disk, tmp_path / "image", "vdi")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setattr(qemu, "_SHORTEST_S", 1)
    refused(source, cache, "takes too long")


def test_without_a_network_namespace_the_rest_holds_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "unshare").write_text("#!/bin/sh\necho Operation not permitted >&2\nexit 1\n")
    (tmp_path / "unshare").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    confinement._apart.cache_clear()
    try:
        outcome = run("id -u")
        assert outcome.code == 0
        assert int(outcome.output) != 0
        assert re.search("without a network namespace .Operation not permitted", caplog.text)
    finally:
        confinement._apart.cache_clear()


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineFailed, match="qemu-img is not installed") as missing:
        confinement.run("qemu-img", [], handles=[], limits=Limits(memory_bytes=1, cpu_s=1, wall_s=1))
    assert "qemu-utils" in missing.value.hint
