"""Images that would reach for other files, eat memory or are not images are refused, and told why."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from slshell.backend.images.inspection import Content, Inspection, inspect
from slshell.model.errors import UsageError
from tests.support.discs import disc

MIB = 1 << 20


def made(path: Path, *options: str, size: str = "8M") -> Path:
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *options, str(path), size], check=True)
    return path


def patched(path: Path, offset: int, data: bytes) -> Path:
    with path.open("r+b") as stream:
        stream.seek(offset)
        stream.write(data)
    return path


def bootable(path: Path, size: int = MIB) -> Path:
    path.write_bytes(b"\0" * 510 + b"\x55\xaa" + b"\0" * (size - 512))
    return path


def test_a_raw_disk_is_taken_at_its_size(tmp_path: Path) -> None:
    assert inspect(bootable(tmp_path / "disk")) == Inspection("raw", MIB)


@pytest.mark.parametrize("version", ["0.10", "1.1"])
def test_a_qcow2_is_taken_at_its_disks_size(tmp_path: Path, version: str) -> None:
    image = made(tmp_path / "image", "-o", f"compat={version}", size="3G")
    assert inspect(image) == Inspection("qcow2", 3 << 30)


def test_a_qcow2_with_content_extended_tables_and_zstd_is_taken(tmp_path: Path) -> None:
    source = bootable(tmp_path / "disk", 4 * MIB)
    image = tmp_path / "image"
    options = "compression_type=zstd,extended_l2=on,cluster_size=128k"
    subprocess.run(
        ["qemu-img", "convert", "-c", "-O", "qcow2", "-o", options, str(source), str(image)], check=True
    )
    assert inspect(image) == Inspection("qcow2", 4 * MIB)


def test_a_backing_file_is_refused(tmp_path: Path) -> None:
    base = made(tmp_path / "base")
    image = made(tmp_path / "image", "-b", str(base), "-F", "qcow2")
    with pytest.raises(UsageError, match="backing file") as refused:
        inspect(image)
    assert "qemu-img convert" in refused.value.hint


def test_a_backing_file_such_as_the_hosts_passwords_is_refused_unread(tmp_path: Path) -> None:
    image = made(tmp_path / "image", "-u", "-b", "/etc/shadow", "-F", "raw")
    with pytest.raises(UsageError, match="backing file"):
        inspect(image)


def test_a_data_file_is_refused(tmp_path: Path) -> None:
    image = made(tmp_path / "image", "-o", f"data_file={tmp_path}/data,data_file_raw=on")
    with pytest.raises(UsageError, match="another file"):
        inspect(image)


def test_the_name_of_a_data_file_is_refused_even_without_the_mark(tmp_path: Path) -> None:
    image = made(tmp_path / "image", "-o", f"data_file={tmp_path}/data,data_file_raw=on")
    with pytest.raises(UsageError, match="another file"):
        inspect(patched(image, 72, bytes(8)))


def test_the_mark_of_a_data_file_is_refused_even_without_the_name(tmp_path: Path) -> None:
    image = patched(made(tmp_path / "image"), 72, struct.pack(">Q", 4))
    with pytest.raises(UsageError, match="another file"):
        inspect(image)


@pytest.mark.parametrize("method", [1, 2])
def test_encryption_is_refused(tmp_path: Path, method: int) -> None:
    with pytest.raises(UsageError, match="encrypted"):
        inspect(patched(made(tmp_path / "image"), 32, struct.pack(">I", method)))


DAMAGE: dict[str, tuple[int, bytes]] = {
    "version 4": (4, struct.pack(">I", 4)),
    "tiny clusters": (20, struct.pack(">I", 3)),
    "huge clusters": (20, struct.pack(">I", 40)),
    "no size": (24, bytes(8)),
    "an exabyte": (24, struct.pack(">Q", 1 << 60)),
    "a negative size": (24, b"\xff" * 8),
    "marked corrupt": (72, struct.pack(">Q", 2)),
    "unknown features": (72, struct.pack(">Q", 1 << 40)),
    "a short header": (100, struct.pack(">I", 8)),
    "an endless header": (100, struct.pack(">I", 1 << 31)),
    "an endless extension": (112, struct.pack(">II", 0x1234, 0xFFFFFFFF)),
    "tables beyond the end": (40, struct.pack(">Q", 1 << 50)),
    "a huge first table": (36, struct.pack(">I", 1 << 30)),
    "huge reference counts": (96, struct.pack(">I", 60)),
    "a huge reference table": (56, struct.pack(">I", 1 << 30)),
}


@pytest.mark.parametrize("where", DAMAGE)
def test_a_damaged_header_is_refused(tmp_path: Path, where: str) -> None:
    offset, data = DAMAGE[where]
    with pytest.raises(UsageError) as refused:
        inspect(patched(made(tmp_path / "image"), offset, data))
    assert "/proc/" not in refused.value.message


@pytest.mark.parametrize("kept", [4, 60, 100, 400, 70_000, 500_000])
def test_an_image_that_is_cut_off_is_refused(tmp_path: Path, kept: int) -> None:
    source = tmp_path / "disk"
    source.write_bytes(bytes(range(256)) * 4096)
    image = tmp_path / "image"
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(source), str(image)], check=True)
    image.write_bytes(image.read_bytes()[:kept])
    with pytest.raises(UsageError):
        inspect(image)


@pytest.mark.parametrize("name", ["vmdk", "vdi", "vhdx", "vpc", "qed", "parallels"])
def test_another_format_is_refused_with_the_way_to_convert_it(tmp_path: Path, name: str) -> None:
    image = tmp_path / "image"
    subprocess.run(["qemu-img", "create", "-q", "-f", name, str(image), "8M"], check=True)
    with pytest.raises(UsageError, match="format") as refused:
        inspect(image)
    assert f"qemu-img convert -f {name}" in refused.value.hint


NOT_DISKS: dict[str, bytes] = {
    "a web page": b"<!DOCTYPE html><html>not found</html>",
    "an empty disk": bytes(MIB),
    "a short file": b"x",
    "an encrypted disk": b"LUKS\xba\xbe" + bytes(504) + b"\x55\xaa",
    "a disk cut within a sector": bytes(510) + b"\x55\xaa" + bytes(100),
}


@pytest.mark.parametrize("what", NOT_DISKS)
def test_what_is_no_disk_is_refused(tmp_path: Path, what: str) -> None:
    image = tmp_path / "image"
    image.write_bytes(NOT_DISKS[what])
    with pytest.raises(UsageError):
        inspect(image)


def test_a_name_that_qemu_would_read_as_a_protocol_is_only_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image = Path("json:{} nbd:0")
    made(tmp_path / "plain").rename(tmp_path / image)
    assert inspect(image).format == "qcow2"


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a script in the place of qemu-img."""

    def put(script: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(mode=0o755)
        program = folder / "qemu-img"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        for parent in [folder, *folder.parents][:-1]:
            if parent.stat().st_uid == tmp_path.stat().st_uid:
                parent.chmod(parent.stat().st_mode | 0o111)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return put


def test_the_inspecting_program_has_no_rights_and_little_room(
    tmp_path: Path, stand_in: Callable[[str], None]
) -> None:
    image = made(tmp_path / "image")
    stand_in('echo "$(id -u) $(ulimit -v) $(ulimit -f) $(ulimit -t)" >&2; exit 1')
    with pytest.raises(UsageError) as refused:
        inspect(image)
    account, memory, files, seconds = refused.value.message.rsplit(":", 1)[1].split()
    assert account != "0"
    assert (memory, files, seconds) == (str((1 << 30) // 1024), "0", "60")


def test_an_image_that_holds_more_than_its_disk_is_refused(tmp_path: Path) -> None:
    image = made(tmp_path / "image", size="8M")
    with image.open("r+b") as stream:
        stream.truncate(64 * MIB)
    with pytest.raises(UsageError, match=r"more than it declares.*64 MiB.*8 MiB"):
        inspect(image)


def test_a_preallocated_disk_of_large_clusters_holds_no_more_than_it_declares(tmp_path: Path) -> None:
    image = made(tmp_path / "image", "-o", "cluster_size=2M,preallocation=falloc", size="1M")
    assert inspect(image).disk_bytes == MIB


def test_a_disc_that_boots_is_a_disc_for_machines_and_data_for_others(tmp_path: Path) -> None:
    image = disc(tmp_path / "install.iso")
    size = image.stat().st_size
    assert inspect(image) == Inspection("iso", size)
    assert inspect(image, Content.STATIC) == inspect(image, Content.DATA) == Inspection("raw", size)


def test_a_disc_that_does_not_boot_is_refused_with_what_it_is_good_for(tmp_path: Path) -> None:
    image = disc(tmp_path / "data.iso", bootable=False)
    with pytest.raises(UsageError, match="no boot catalogue") as refused:
        inspect(image)
    assert "--kind disk" in refused.value.hint
