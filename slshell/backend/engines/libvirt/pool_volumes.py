"""Volumes of a libvirt storage pool that is no folder (logical, rbd, iscsi …): all through libvirt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn

import libvirt
from lxml import etree

from slshell.backend.engines.libvirt.domain_xml import PoolSource
from slshell.backend.engines.libvirt.plugs import Call, Plugs
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
from slshell.model.errors import UsageError

_FORMAT = "raw"


class PoolVolumes(Volumes):
    """A volume of the pool for each of ours, named by its UUID; the pool clones as its kind can."""

    def __init__(self, name: str, kind: str, call: Call, plugs: Plugs) -> None:
        self._name = name
        self._kind = kind
        self._call = call
        self._plugs = plugs

    @property
    def features(self) -> VolumeFeatures:
        """libvirt has no snapshots of volumes in pools."""
        return VolumeFeatures(layers=False, files=False)

    @property
    def place(self) -> str:
        """The pool's kind and name."""
        return f"{self._kind} {self._name}"

    def space(self) -> Space:
        """The pool's own figures."""

        def look(raw: Any) -> Space:
            pool = self._pool(raw)
            pool.refresh(0)
            _, capacity, _, available = pool.info()
            return Space(total_bytes=int(capacity), free_bytes=int(available))

        return self._call("look at the storage pool", look)

    def source_of(self, handle: str) -> tuple[Path | PoolSource, str]:
        """For domain XML: the pool's volume."""
        return PoolSource(self._name, handle), _FORMAT

    def create(self, layer: str, size_bytes: int) -> str:
        """See `Volumes`."""

        def make(raw: Any) -> str:
            pool = self._pool(raw)
            if _find(pool, layer) is None:
                pool.createXML(_description(layer, size_bytes), 0)
            return layer

        return self._call("make the volume", make)

    def copy(self, handle: str, layer: str, size_bytes: int, say: Say) -> str:
        """See `Volumes`; how far it is libvirt does not tell."""

        def make(raw: Any) -> str:
            pool = self._pool(raw)
            if _find(pool, layer) is None:
                source = pool.storageVolLookupByName(handle)
                pool.createXMLFrom(_description(layer, size_bytes), source, 0)
            return layer

        say("copying")
        return self._call("copy the volume", make)

    def resize(self, handle: str, size_bytes: int, holder: Holder | None) -> None:
        """See `Volumes`."""

        def grow(raw: Any) -> None:
            self._pool(raw).storageVolLookupByName(handle).resize(size_bytes, 0)

        if holder is None or not self._plugs.resize(holder, size_bytes):
            self._call("resize the volume", grow)

    def remove(self, handle: str, keep: Collection[str]) -> None:
        """See `Volumes`."""

        def drop(raw: Any) -> None:
            volume = _find(self._pool(raw), handle)
            if volume is not None:
                volume.delete(0)

        self._call("remove the volume", drop)

    def usage(self, handles: Collection[str]) -> Mapping[str, int]:
        """See `Volumes`."""

        def look(raw: Any) -> Mapping[str, int]:
            wanted = set(handles)
            volumes = {one.name(): one for one in self._pool(raw).listAllVolumes(0)}
            return {name: int(one.info()[2]) for name, one in volumes.items() if name in wanted}

        return self._call("look at the volumes", look)

    def tidy(self, handles: Collection[str], in_use: Collection[str]) -> Mapping[str, str]:
        """Nothing to do: there are no layers."""
        return {}

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
        """Root disks are files and cannot be kept in such a pool."""
        return None

    def write_root(
        self, instance_id: int, uuid: str, name: str, base: Path, base_format: str, say: Say
    ) -> Path:
        """There is no folder to write it to."""
        self._cannot("save a machine")

    def retired(self) -> list[str]:
        """None are kept."""
        return []

    def files(self) -> list[str]:
        """None are written."""
        return []

    def file(self, name: str) -> Path:
        """None are written."""
        self._cannot("write a volume to a file")

    def drop_file(self, name: str) -> None:
        """None are written."""

    def freeze(self, handle: str, layer: str, holder: Holder | None) -> Frozen:
        """Not offered, see `features`."""
        self._cannot("keep the state of a volume")

    def branch(self, frozen: str, layer: str, size_bytes: int) -> str:
        """Not offered, see `features`."""
        self._cannot("branch a volume")

    def take_in(self, layer: str, source: Path, source_format: str, size_bytes: int, say: Say) -> str:
        """Not offered, see `features`."""
        self._cannot("take a file in")

    def write_out(self, handle: str, name: str, file_format: str, compress: bool, say: Say) -> Path:
        """Not offered, see `features`."""
        self._cannot("write a volume to a file")

    def restore(
        self, handle: str, layer: str, size_bytes: int, base: Path, base_format: str, say: Say
    ) -> str:
        """Not offered, for none are kept."""
        self._cannot("bring a root disk back")

    def _cannot(self, what: str) -> NoReturn:
        raise UsageError(
            f"a storage pool of kind {self._kind} cannot {what}",
            hint="volumes in a folder can: leave [cloud] volume_pool out of config.toml",
        )

    def _pool(self, raw: Any) -> Any:
        return raw.storagePoolLookupByName(self._name)


def _find(pool: Any, name: str) -> Any | None:
    try:
        return pool.storageVolLookupByName(name)
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_STORAGE_VOL:
            return None
        raise


def _description(name: str, size_bytes: int) -> str:
    root = etree.Element("volume")
    etree.SubElement(root, "name").text = name
    etree.SubElement(root, "capacity", unit="bytes").text = str(size_bytes)
    etree.SubElement(root, "allocation", unit="bytes").text = "0"
    target = etree.SubElement(root, "target")
    etree.SubElement(target, "format", type=_FORMAT)
    return etree.tostring(root, encoding="unicode")
