"""The files of machines, judged by the tools that others read them with."""

from __future__ import annotations

import io
import json
import resource
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pycdlib
import pytest

from slshell.backend.engines.base import ContextDisc, MachineSpec
from slshell.backend.engines.libvirt.account import account_for
from slshell.backend.engines.libvirt.disks import MachineFiles, make_disc, make_swap
from slshell.model.errors import EngineFailed, NoCapacity, UsageError
from tests.unit.backend.engines.specs import UUID, image, spec


@pytest.fixture
def files(short_folder: Path) -> MachineFiles:
    for name in ("m", "images"):
        (short_folder / name).mkdir()
    (short_folder / "images" / "disk.img").write_bytes(bytes(1 << 20))
    return MachineFiles(root=short_folder / "m", images=short_folder / "images", account=account_for(None))


@pytest.fixture
def machine(files: MachineFiles) -> MachineSpec:
    return spec(image=image(path=files.images / "disk.img", kernel=None, initrd=None))


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """No file may grow past 1 MiB, which is how a full disk looks to who makes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def blkid(path: Path) -> dict[str, str]:
    done = subprocess.run(
        ["blkid", "-p", "-o", "export", str(path)], capture_output=True, text=True, check=True,
        env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"},
    )  # fmt: skip
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_swap_is_what_linux_takes_for_swap(short_folder: Path) -> None:
    path = short_folder / "swap"
    make_swap(path, 64, UUID)
    found = blkid(path)
    assert (found["TYPE"], found["LABEL"], found["VERSION"]) == ("swap", "swap", "1")
    assert path.stat().st_size == 64 << 20
    assert path.stat().st_blocks * 512 <= 8192


def test_a_disc_has_its_label_and_its_files(short_folder: Path) -> None:
    path = short_folder / "disc.iso"
    contents = {"context.sh": b"A='1'\n", "meta-data": b"", "a.longer-name_than.DOS": b"x" * 5000}
    make_disc(path, ContextDisc(label="_STRATUSLAB", files=contents))
    found = blkid(path)
    assert (found["TYPE"], found["LABEL"]) == ("iso9660", "_STRATUSLAB")
    disc = pycdlib.PyCdlib()
    disc.open(str(path))
    for name, content in contents.items():
        for kind in ("rr_path", "joliet_path"):
            got = io.BytesIO()
            disc.get_file_from_iso_fp(got, **{kind: f"/{name}"})
            assert got.getvalue() == content
    disc.close()


@pytest.mark.parametrize("name", ["../escape", "a/b", "", ".", "a\nb", "ü", "x" * 64])
def test_a_file_name_that_is_none_is_refused(short_folder: Path, name: str) -> None:
    with pytest.raises(UsageError):
        make_disc(short_folder / "disc.iso", ContextDisc(label="cidata", files={name: b""}))


def test_a_label_that_is_none_is_refused(short_folder: Path) -> None:
    with pytest.raises(UsageError):
        make_disc(short_folder / "disc.iso", ContextDisc(label="a b/c", files={}))


def test_a_machine_gets_its_files_and_only_its_account_reads_them(
    files: MachineFiles, machine: MachineSpec
) -> None:
    files.prepare(machine)
    folder = files.folder(machine.instance_id, machine.uuid)
    made = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert made == dict.fromkeys(("root.qcow2", "swap.raw", "context.iso", "console.log"), 0o600)
    assert folder.stat().st_mode & 0o007 == 0
    done = subprocess.run(
        ["qemu-img", "info", "--output=json", str(folder / "root.qcow2")], capture_output=True, check=True
    )
    overlay = json.loads(done.stdout)
    assert overlay["backing-filename"] == str(machine.image.path)
    assert (overlay["backing-filename-format"], overlay["virtual-size"]) == ("raw", machine.image.disk_bytes)


def test_a_full_disk_is_told_and_leaves_nothing(
    files: MachineFiles, machine: MachineSpec, small_files_only: None
) -> None:
    with pytest.raises(NoCapacity, match="File too large"):
        files.prepare(machine)
    assert list(files.root.iterdir()) == []


def test_swap_larger_than_linux_knows_is_refused(files: MachineFiles) -> None:
    machine = spec(
        image=image(path=files.images / "disk.img", kernel=None, initrd=None), swap_mib=(16 << 20) + 1
    )
    with pytest.raises(UsageError):
        files.prepare(machine)
    assert list(files.root.iterdir()) == []


def test_qemu_imgs_own_words_come_back(files: MachineFiles) -> None:
    machine = spec(image=image(path=files.images / "disk.img", kernel=None, initrd=None, disk_bytes=1 << 63))
    with pytest.raises(EngineFailed, match="Invalid image size"):
        files.prepare(machine)
    assert list(files.root.iterdir()) == []


def test_an_unknown_format_is_refused(files: MachineFiles, machine: MachineSpec) -> None:
    with pytest.raises(UsageError):
        files.prepare(spec(image=image(path=machine.image.path, format="vmdk", kernel=None, initrd=None)))


@pytest.mark.parametrize("uuid", ["../../etc", "", "*"])
def test_a_uuid_that_is_none_never_becomes_a_path(files: MachineFiles, uuid: str) -> None:
    with pytest.raises(UsageError):
        files.remove(1, uuid)


def test_what_an_interrupted_making_left_is_found_and_dropped(files: MachineFiles) -> None:
    (files.root / f".new-7-{UUID}").mkdir()
    assert list(files.held()) == [(7, UUID)]
    files.drop_drafts()
    assert list(files.held()) == []


def test_beside_a_disc_to_start_from_a_machine_gets_an_empty_disk_of_its_own(
    files: MachineFiles, machine: MachineSpec
) -> None:
    disc = replace(machine.image, format="iso", disk_bytes=3 << 30)
    installing = replace(machine, image=disc)
    files.prepare(installing)
    root = files.folder(installing.instance_id, installing.uuid) / "root.qcow2"
    about = json.loads(subprocess.check_output(["qemu-img", "info", "--output=json", root]))
    assert about["virtual-size"] == 3 << 30
    assert "backing-filename" not in about
