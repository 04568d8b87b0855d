"""Volumes as files: the store of pools that are a directory (dir, fs, netfs)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from slshell.backend.engines.libvirt.account import Account
from slshell.backend.engines.libvirt.disks import MachineFiles
from slshell.backend.engines.libvirt.domain_xml import PoolSource
from slshell.backend.engines.libvirt.layers import Layers
from slshell.backend.engines.libvirt.plugs import Plugs
from slshell.backend.engines.libvirt.qemu_img import QemuImg, size_on_disk
from slshell.backend.engines.volumes import (
    DataDisk,
    Frozen,
    Holder,
    Plug,
    Say,
    Space,
    VolumeFeatures,
    Volumes,
)
from slshell.model.errors import CloudUnreachable, EngineFailed, NotFound, UsageError

_RETIRED = re.compile(r"retired:([1-9][0-9]{0,17}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_EXPORT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(qcow2|raw)")


@dataclass(frozen=True, kw_only=True)
class Site:
    """The folders of a store, all of the machines' account, and who that is."""

    volumes: Path
    exports: Path
    retired: Path
    machines: MachineFiles
    account: Account


class FolderVolumes(Volumes):
    """Chains of qcow2 files in a folder. `site` is asked each time, for an engine's places may move."""

    def __init__(self, site: Callable[[], Site], plugs: Plugs) -> None:
        self._site = site
        self._plugs = plugs

    @property
    def features(self) -> VolumeFeatures:
        """A folder can do everything."""
        return VolumeFeatures(layers=True, files=True)

    @property
    def place(self) -> str:
        """The folder."""
        return f"dir {self._site().volumes}"

    def space(self) -> Space:
        """The file system's."""
        folder = self._site().volumes
        try:
            usage = shutil.disk_usage(folder)
        except OSError as error:
            raise CloudUnreachable(
                f"the folder of volumes cannot be looked at: {error}", hint=f"is {folder} mounted?"
            ) from error
        return Space(total_bytes=usage.total, free_bytes=usage.free)

    def source_of(self, handle: str) -> tuple[Path | PoolSource, str]:
        """For domain XML: the top of the chain."""
        return self._layers.top(handle), "qcow2"

    def create(self, layer: str, size_bytes: int) -> str:
        """See `Volumes`."""
        return self._layers.create(layer, size_bytes)

    def freeze(self, handle: str, layer: str, holder: Holder | None) -> Frozen:
        """See `Volumes`; a running machine is switched over to the new top without a pause."""
        layers = self._layers
        if holder is None:
            return layers.freeze(handle, layer)
        layers.refuse_high(handle)
        top = layers.branch(handle, layer, layers.size(handle))
        self._plugs.switch(holder, str(layers.top(top)))
        return Frozen(frozen=handle, top=top)

    def branch(self, frozen: str, layer: str, size_bytes: int) -> str:
        """See `Volumes`."""
        return self._layers.branch(frozen, layer, size_bytes)

    def copy(self, handle: str, layer: str, size_bytes: int, say: Say) -> str:
        """See `Volumes`."""
        made = self._layers.copy(handle, layer, say)
        self._layers.resize(made, size_bytes)
        return made

    def resize(self, handle: str, size_bytes: int, holder: Holder | None) -> None:
        """See `Volumes`."""
        if holder is None or not self._plugs.resize(holder, size_bytes):
            self._layers.resize(handle, size_bytes)

    def take_in(self, layer: str, source: Path, source_format: str, size_bytes: int, say: Say) -> str:
        """See `Volumes`; the file is handed over open, so the account needs no way to it."""
        with source.open("rb") as stream:
            number = stream.fileno()
            arguments = ["-f", source_format, f"/dev/fd/{number}"]
            made = self._layers.fill(layer, "take the file in", "taken in", say, *arguments, inputs=[number])
        self._layers.resize(made, size_bytes)
        return made

    def write_out(self, handle: str, name: str, file_format: str, compress: bool, say: Say) -> Path:
        """See `Volumes`."""
        path = self._export(name)
        if path.exists():
            return path
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        options = ["-c"] if compress else []
        options += ["-f", "qcow2", str(self._layers.top(handle)), "-O", file_format, str(draft)]
        try:
            self._tool.convert("write the volume out", "written", say, *options)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return path

    def file(self, name: str) -> Path:
        """See `Volumes`."""
        return self._export(name)

    def drop_file(self, name: str) -> None:
        """See `Volumes`."""
        self._export(name).unlink(missing_ok=True)

    def files(self) -> list[str]:
        """See `Volumes`."""
        return [path.name for path in self._site().exports.iterdir() if _EXPORT.fullmatch(path.name)]

    def remove(self, handle: str, keep: Collection[str]) -> None:
        """See `Volumes`."""
        retired = self._retired(handle)
        if retired is not None:
            retired.unlink(missing_ok=True)
        else:
            self._layers.remove(handle, [other for other in keep if self._retired(other) is None])

    def tidy(self, handles: Collection[str], in_use: Collection[str]) -> Mapping[str, str]:
        """See `Volumes`."""
        chains = [handle for handle in handles if self._retired(handle) is None]
        return self._layers.melt(chains, in_use)

    def usage(self, handles: Collection[str]) -> Mapping[str, int]:
        """See `Volumes`."""
        found = {}
        for handle in handles:
            retired = self._retired(handle)
            try:
                found[handle] = self._layers.usage(handle) if retired is None else size_on_disk(retired)
            except FileNotFoundError:
                continue
        return found

    def attach(self, engine_id: str, disk: DataDisk) -> str:
        """See `Volumes`."""
        return self._plugs.attach(engine_id, disk, self.source_of)

    def detach(self, engine_id: str, volume_id: str) -> Plug:
        """See `Volumes`."""
        return self._plugs.detach(engine_id, volume_id)

    def attached(self, engine_id: str) -> frozenset[str] | None:
        """See `Volumes`."""
        return self._plugs.attached(engine_id)

    def retire(self, instance_id: int, uuid: str) -> str | None:
        """See `Volumes`; the disk is moved, not copied."""
        site = self._site()
        handle = f"retired:{instance_id}-{uuid}"
        aside = self._retired(handle)
        disk = site.machines.folder(instance_id, uuid) / "root.qcow2"
        if aside is None or not (disk.exists() or aside.exists()):
            return None
        if disk.exists() and not disk.is_symlink():
            try:
                disk.replace(aside)
            except OSError as error:
                raise EngineFailed(
                    f"cannot put the disk of machine {instance_id} aside: {error}", hint=f"look at {disk}"
                ) from error
        return handle

    def restore(
        self, handle: str, layer: str, size_bytes: int, base: Path, base_format: str, say: Say
    ) -> str:
        """See `Volumes`; what the disk says of its image is not believed, but replaced."""
        aside = self._retired(handle)
        if aside is None or not aside.exists():
            raise NotFound("the root disk is not there any more", hint="it was purged, or its file is lost")
        doing = "bring the root disk back"
        # The disk of a machine that was installed from a disc stands on nothing.
        backing = ["-b", ""] if base_format == "iso" else ["-F", base_format, "-b", str(base.absolute())]
        self._tool.run(doing, "rebase", "-q", "-u", "-f", "qcow2", *backing, str(aside))
        made = self._layers.fill(layer, doing, "copied", say, "-f", "qcow2", str(aside))
        self._layers.resize(made, size_bytes)
        return made

    def write_root(
        self, instance_id: int, uuid: str, name: str, base: Path, base_format: str, say: Say
    ) -> Path:
        """See `Volumes`; what the disk says of its image is not believed, but replaced."""
        site, path = self._site(), self._export(name)
        if path.exists():
            return path
        disk = site.machines.folder(instance_id, uuid) / "root.qcow2"
        if not disk.is_file() or disk.is_symlink():
            raise NotFound(f"machine {instance_id} has no disk here", hint="it may have been killed")
        doing, draft = "save the machine's disk", path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        backing = ["-F", base_format, "-b", str(base.absolute())]
        self._tool.run(doing, "rebase", "-q", "-u", "-f", "qcow2", *backing, str(disk))
        try:
            options = ["-f", "qcow2", str(disk), "-O", "qcow2", str(draft)]
            self._tool.convert(doing, "written", say, *options)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return path

    def retired(self) -> list[str]:
        """See `Volumes`."""
        names = (f"retired:{path.stem}" for path in self._site().retired.glob("*.qcow2"))
        return [name for name in names if _RETIRED.fullmatch(name)]

    def _retired(self, handle: str) -> Path | None:
        match = _RETIRED.fullmatch(handle)
        return None if match is None else self._site().retired / f"{match[1]}.qcow2"

    def _export(self, name: str) -> Path:
        if _EXPORT.fullmatch(name) is None:
            raise UsageError(f"“{name[:60]}” is not the name of an export")
        return self._site().exports / name

    @property
    def _tool(self) -> QemuImg:
        return QemuImg(account=self._site().account)

    @property
    def _layers(self) -> Layers:
        return Layers(folder=self._site().volumes, tool=self._tool)
