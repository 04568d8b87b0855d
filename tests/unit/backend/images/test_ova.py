"""Of an OVA the one disk is taken, when the archive is what its manifest says."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import struct
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from slshell.backend.images.intake import TakenImage, take_in
from slshell.model.errors import TooLarge, UsageError

MIB = 1 << 20
LIMIT = 32 * MIB
DISK = '<Disk ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:capacity="4" {units}/>'
UNITS = 'ovf:capacityAllocationUnits="byte * 2^20"'
OVF = """<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
<References><File ovf:id="file1" ovf:href="disk1.vmdk" {file}/></References>
<DiskSection><Info>Disks</Info>{disks}</DiskSection></Envelope>"""


def ovf(disks: str = DISK.format(units=UNITS), file: str = "") -> bytes:
    return OVF.format(disks=disks, file=file).encode()


@pytest.fixture(scope="module")
def vmdk(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("disk")
    disk, image = folder / "disk", folder / "image"
    disk.write_bytes(b"\0" * 510 + b"\x55\xaa" + os.urandom(MIB) + bytes(3 * MIB - 512))
    options = ["-O", "vmdk", "-o", "subformat=streamOptimized"]
    subprocess.run(["qemu-img", "convert", "-f", "raw", *options, disk, image], check=True)
    return image.read_bytes()


def archive(members: dict[str, bytes], style: int = tarfile.USTAR_FORMAT) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=style) as packing:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            packing.addfile(header, io.BytesIO(content))
    return stream.getvalue()


def manifest(members: dict[str, bytes], algorithm: str = "sha256") -> bytes:
    lines = (
        f"{algorithm.upper()}({name})= {hashlib.new(algorithm, content).hexdigest()}"
        for name, content in members.items()
    )
    return "\n".join(lines).encode()


@pytest.fixture
def taken(tmp_path: Path) -> Callable[[bytes], TakenImage]:
    def take(data: bytes, max_bytes: int = LIMIT) -> TakenImage:
        (tmp_path / "machine.ova").write_bytes(data)
        try:
            return take_in(tmp_path / "machine.ova", tmp_path / "cache", max_bytes=max_bytes)
        finally:
            kept = [path.suffix for path in (tmp_path / "cache").iterdir()]
            assert kept in ([], [".img"]), "something half-made stays"

    return take


Take = Callable[..., TakenImage]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_the_disk_of_an_archive_is_taken(vmdk: bytes, taken: Take, algorithm: str) -> None:
    members = {"machine.ovf": ovf(), "disk1.vmdk": vmdk}
    members["machine.mf"] = manifest(members, algorithm)
    image = taken(archive(members))
    assert (image.format, image.disk_bytes) == ("qcow2", 4 * MIB)


def test_an_archive_without_a_manifest_with_a_packed_disk_is_taken(vmdk: bytes, taken: Take) -> None:
    members = {"./machine.ovf": ovf(file='ovf:compression="gzip"'), "./disk1.vmdk": gzip.compress(vmdk)}
    assert taken(archive(members, tarfile.GNU_FORMAT)).disk_bytes == 4 * MIB


def test_a_packed_archive_with_other_files_and_an_empty_second_disk_is_taken(
    vmdk: bytes, taken: Take
) -> None:
    disks = DISK.format(units=UNITS) + '<Disk ovf:diskId="blank" ovf:capacity="9"/>'
    members = {"machine.ovf": ovf(disks), "disk1.vmdk": vmdk, "machine.nvram": b"x" * 700}
    assert taken(gzip.compress(archive(members))).disk_bytes == 4 * MIB


@pytest.mark.parametrize("changed", ["machine.ovf", "disk1.vmdk"])
def test_what_differs_from_the_manifest_is_refused_by_name(vmdk: bytes, taken: Take, changed: str) -> None:
    members = {"machine.ovf": ovf(), "disk1.vmdk": vmdk}
    members["machine.mf"] = manifest(members)
    members[changed] += b"\n"
    with pytest.raises(UsageError, match=f"{changed}.*differs"):
        taken(archive(members))


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><Envelope>&c;</Envelope>'
OTHERS = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Envelope>&x;</Envelope>'
TWO = DISK.format(units=UNITS) + DISK.format(units=UNITS).replace("vmdisk1", "vmdisk2")
WRONG: dict[str, tuple[bytes, str]] = {
    "no disk": (ovf(""), "0 disks"),
    "two disks": (ovf(TWO), "2 disks .*vmdisk1.*vmdisk2"),
    "a bomb of entities": (BOMB, "document types"),
    "an entity of another file": (OTHERS, "document types"),
    "no XML": (b"nothing", "not XML"),
    "another file": (ovf().replace(b"disk1.vmdk", b"../../etc/shadow"), "no file .*shadow"),
    "an unknown reference": (ovf().replace(b'fileRef="file1"', b'fileRef="file9"'), "names no file"),
    "pieces": (ovf(file='ovf:chunkSize="1000"'), "pieces"),
    "an unknown packing": (ovf(file='ovf:compression="lha"'), "packed with"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_description_that_cannot_be_followed_is_refused(vmdk: bytes, taken: Take, what: str) -> None:
    described, match = WRONG[what]
    with pytest.raises(UsageError, match=match):
        taken(archive({"machine.ovf": described, "disk1.vmdk": vmdk}))


def test_a_disk_that_is_larger_than_the_description_says_is_refused(tmp_path: Path, taken: Take) -> None:
    image = tmp_path / "image"
    subprocess.run(
        ["qemu-img", "create", "-q", "-f", "vmdk", "-o", "subformat=streamOptimized", image, "1G"], check=True
    )
    with pytest.raises(UsageError, match=r"larger than its archive declares: 1024 MiB, not 4 MiB"):
        taken(archive({"machine.ovf": ovf(), "disk1.vmdk": image.read_bytes()}))


def test_a_packed_disk_that_is_a_bomb_is_refused(taken: Take) -> None:
    members = {
        "machine.ovf": ovf(file='ovf:compression="gzip"'),
        "disk1.vmdk": gzip.compress(bytes(40 * MIB)),
    }
    with pytest.raises(TooLarge, match="limit of 32 MiB"):
        taken(archive(members))


def test_an_archive_within_the_archive_is_refused(vmdk: bytes, taken: Take) -> None:
    inner = archive({"machine.ovf": ovf(), "disk1.vmdk": vmdk})
    with pytest.raises(UsageError, match="archive in place of a disk"):
        taken(archive({"machine.ovf": ovf(), "disk1.vmdk": inner}))


def test_a_tar_that_is_no_ova_is_refused_with_what_to_do(taken: Take) -> None:
    with pytest.raises(UsageError, match="not an OVA") as refused:
        taken(archive({"disk.raw": bytes(MIB)}))
    assert "tar" in refused.value.hint


def test_links_in_the_archive_are_refused(taken: Take) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as packing:
        header = tarfile.TarInfo("machine.ovf")
        header.size = len(ovf())
        packing.addfile(header, io.BytesIO(ovf()))
        link = tarfile.TarInfo("disk1.vmdk")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/shadow"
        packing.addfile(link)
    with pytest.raises(UsageError, match="more than plain files"):
        taken(stream.getvalue())


def test_a_header_that_promises_more_than_there_is_costs_nothing(vmdk: bytes, taken: Take) -> None:
    data = bytearray(archive({"machine.ovf": ovf(), "disk1.vmdk": vmdk}))
    place = data.index(b"disk1.vmdk", 1024)
    header = bytearray(data[place : place + 512])
    header[124:136] = b"77777777777\0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    data[place : place + 512] = header
    with pytest.raises(UsageError, match="beyond the archive"):
        taken(bytes(data))


def test_a_huge_description_and_many_members_are_refused(taken: Take) -> None:
    with pytest.raises(UsageError, match="larger than 1 MiB"):
        taken(archive({"machine.ovf": ovf() + b" " * MIB, "disk1.vmdk": b"x"}))
    members = {"machine.ovf": ovf()} | {f"file{number}": struct.pack("B", number) for number in range(80)}
    with pytest.raises(UsageError, match="more than 64 files"):
        taken(archive(members))
