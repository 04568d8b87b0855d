"""The files of machines: root overlay, swap and context discs, a folder for each machine."""

from __future__ import annotations

import errno
import os
import re
import shutil
import struct
import subprocess
import uuid as uuids
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pycdlib
from pycdlib.pycdlibexception import PyCdlibException

from slshell.backend.engines.base import ContextDisc, MachineSpec
from slshell.backend.engines.libvirt.account import Account
from slshell.backend.engines.libvirt.domain_xml import context_serials, volatile_file
from slshell.backend.engines.libvirt.errors import typed_text
from slshell.model.errors import EngineFailed, NoCapacity, NotFound, SlshellError, UsageError

PAGE = 4096
MAX_SWAP_MIB = (1 << 32) * PAGE >> 20
"""The header counts pages in 32 bits."""
QEMU_IMG_S = 60
"""Making an overlay takes 20 ms; a minute means that the disk hangs."""
_FORMATS = frozenset({"raw", "qcow2", "iso"})
_FOLDER = re.compile(r"(\.new-)?([1-9][0-9]*)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,16}")


@dataclass(frozen=True, kw_only=True)
class MachineFiles:
    """Makes and removes the folders of machines below `root`; `account` is who runs QEMU.

    Files below `images` are made readable for the account when a machine needs them.
    """

    root: Path
    images: Path
    account: Account

    def folder(self, instance_id: int, uuid: str) -> Path:
        """Where a machine's files are, whether there are any or not."""
        return self.root / f"{instance_id:d}-{_checked(uuid)}"

    def prepare(self, spec: MachineSpec) -> None:
        """Make all files of a machine or none; does nothing when they are there.

        Raises:
            NoCapacity: the disk is full. EngineFailed: the image cannot be read or a tool failed.
        """
        folder = self.folder(spec.instance_id, spec.uuid)
        if folder.exists():
            return
        self._check_image(spec)
        draft = folder.with_name(f".new-{folder.name}")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            draft.mkdir(mode=0o700)
            self._fill(spec, draft)
            draft.rename(folder)
        except OSError as error:
            raise _from_os(error, spec.instance_id) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def remove(self, instance_id: int, uuid: str) -> None:
        """Remove a machine's files, half-made ones too; what is missing is skipped."""
        folder = self.folder(instance_id, uuid)
        for path in (folder, folder.with_name(f".new-{folder.name}")):
            try:
                shutil.rmtree(path)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise EngineFailed(
                    f"cannot remove the files of machine {instance_id}: {error}", hint=f"look at {path}"
                ) from error

    def held(self) -> Iterator[tuple[int, str]]:
        """`(instance_id, uuid)` of every machine that has files."""
        for path in self.root.iterdir():
            match = _FOLDER.fullmatch(path.name)
            if match is not None:
                yield int(match[2]), match[3]

    def console_of(self, uuid: str) -> Path:
        """The file with what a machine wrote to its serial console.

        Raises:
            NotFound: there are no files of such a machine.
        """
        for instance_id, known in self.held():
            if known == uuid:
                return self.folder(instance_id, uuid) / "console.log"
        raise NotFound("there is no such machine, so no console of it")

    def drop_drafts(self) -> None:
        """Remove what an interrupted `prepare` left."""
        for path in self.root.glob(".new-*"):
            shutil.rmtree(path, ignore_errors=True)

    def _fill(self, spec: MachineSpec, folder: Path) -> None:
        make_overlay(folder / "root.qcow2", spec)
        if spec.swap_mib:
            make_swap(folder / "swap.raw", spec.swap_mib, spec.uuid)
        for disk in spec.volatile:
            with volatile_file(folder, disk.serial).open("xb") as file:
                file.truncate(disk.size_bytes)
        for disc, serial in zip(spec.discs, context_serials(spec), strict=True):
            make_disc(folder / f"{serial}.iso", disc)
        (folder / "console.log").touch()
        for path in folder.iterdir():
            path.chmod(0o600)
            self.account.owns(path)
        self.account.share(folder, 0o750 if self.account.other else 0o700)

    def _care_for(self, path: Path) -> None:
        resolved = path.resolve()
        if not (self.account.other and resolved.is_relative_to(self.images) and resolved.exists()):
            return
        self.account.share(resolved, 0o640)
        for parent in resolved.parents:
            if parent == self.images:
                break
            self.account.share(parent, 0o750)

    def _check_image(self, spec: MachineSpec) -> None:
        """The image's files must exist and be readable for QEMU; those in our care are made so."""
        if spec.image.format not in _FORMATS:
            raise UsageError(
                f"an image cannot have the format “{spec.image.format[:20]}”", hint="raw, qcow2 or iso"
            )
        statics = [one.image.path for one in spec.statics]
        for path in filter(None, (spec.image.path, spec.image.kernel, spec.image.initrd, *statics)):
            self._care_for(path)
            if self.account.can("-r", path):
                continue
            if not path.exists():
                raise EngineFailed(f"the image file {path} is missing", hint="import the appliance again")
            raise EngineFailed(
                f"the account “{self.account.name}” that runs machines cannot read {path}",
                hint=f"keep images in {self.images}, or let that account read the file",
            )


def make_overlay(path: Path, spec: MachineSpec) -> None:
    """A copy-on-write disk over the image, which is not opened; beside a disc, an empty one."""
    command = ["qemu-img", "create", "-q", "-u", "-f", "qcow2"]
    if spec.image.format != "iso":
        command += ["-F", spec.image.format, "-b", str(spec.image.path.absolute())]
    command += [str(path), str(spec.image.disk_bytes)]
    doing = f"make the disk of machine {spec.instance_id}"
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=QEMU_IMG_S)
    except FileNotFoundError as error:
        raise EngineFailed(f"cannot {doing}: qemu-img is missing", hint="apt install qemu-utils") from error
    except subprocess.TimeoutExpired as error:
        raise EngineFailed(f"cannot {doing}: qemu-img hangs", hint="is the disk well?") from error
    if done.returncode != 0:
        raise typed_text(done.stderr or f"qemu-img ended with {done.returncode}", doing)


def make_swap(path: Path, mib: int, uuid: str) -> None:
    """A sparse file with the header of a Linux swap area."""
    if mib > MAX_SWAP_MIB:
        raise UsageError(f"{mib} MiB of swap are too many", hint=f"at most {MAX_SWAP_MIB} MiB")
    size = mib << 20
    page = bytearray(PAGE)
    struct.pack_into("<III", page, 1024, 1, size // PAGE - 1, 0)
    page[1036:1052] = uuids.uuid5(uuids.UUID(uuid), "swap").bytes
    page[1052:1056] = b"swap"
    page[PAGE - 10 :] = b"SWAPSPACE2"
    with path.open("xb") as file:
        file.write(page)
        file.truncate(size)


def make_disc(path: Path, disc: ContextDisc) -> None:
    """An ISO 9660 disc with Rock Ridge and Joliet names.

    Raises:
        UsageError: the label or a file name is not one.
    """
    if _LABEL.fullmatch(disc.label) is None:
        raise UsageError(f"“{disc.label[:32]}” cannot label a disc", hint="1 to 16 letters, digits, _ or -")
    image = pycdlib.PyCdlib()
    try:
        image.new(interchange_level=3, vol_ident=disc.label, joliet=3, rock_ridge="1.09")
        for number, (name, content) in enumerate(sorted(disc.files.items())):
            if _FILE_NAME.fullmatch(name) is None:
                raise UsageError(f"“{name[:64]}” cannot name a file on a disc")
            image.add_fp(
                BytesIO(content), len(content), f"/F{number}.;1", rr_name=name, joliet_path=f"/{name}"
            )
        image.write(str(path))
        image.close()
    except PyCdlibException as error:
        raise EngineFailed(f"cannot make the disc “{disc.label}”: {error}") from error


def _checked(uuid: str) -> str:
    try:
        return str(uuids.UUID(uuid))
    except ValueError as error:
        raise UsageError(f"“{uuid[:40]}” is not a UUID") from error


def _from_os(error: OSError, instance_id: int) -> SlshellError:
    doing = f"make the files of machine {instance_id}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return NoCapacity(
            f"cannot {doing}: {os.strerror(error.errno)}",
            hint="the disk is full: make room where the cloud keeps its data",
        )
    return EngineFailed(f"cannot {doing}: {error}", hint="look at the folder's owner and rights")
