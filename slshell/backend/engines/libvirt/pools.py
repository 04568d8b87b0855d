"""Which libvirt storage pool holds the volumes, and telling libvirt of the folder that does by default."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import libvirt
from lxml import etree

from slshell.backend.engines.libvirt.errors import plain
from slshell.model.errors import NotFound, UsageError

LOG = logging.getLogger(__name__)
_FOLDERS = frozenset({"dir", "fs", "netfs"})
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


@dataclass(frozen=True, kw_only=True)
class PoolFacts:
    """A pool: `folder` is where its files are, None when it has none."""

    name: str
    kind: str
    folder: Path | None


def look_up(raw: Any, name: str) -> PoolFacts:
    """The pool of this name, started when it was not.

    Raises:
        NotFound: libvirt has none. UsageError: it says nothing that can be used.
    """
    try:
        pool = raw.storagePoolLookupByName(name)
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_NO_STORAGE_POOL:
            raise
        raise NotFound(
            f"libvirt has no storage pool “{name}”",
            hint="set [cloud] volume_pool to one that `virsh pool-list --all` shows, or to a folder",
        ) from error
    if not pool.isActive():
        pool.create(0)
    root = etree.fromstring(pool.XMLDesc(0).encode(), _PARSER)
    kind = str(root.get("type", ""))
    if kind not in _FOLDERS:
        return PoolFacts(name=name, kind=kind, folder=None)
    path = root.findtext("target/path")
    if not path:
        raise UsageError(f"the storage pool “{name}” names no folder", hint="look at it with virsh")
    return PoolFacts(name=name, kind=kind, folder=Path(path))


def announce(raw: Any, name: str, folder: Path) -> None:
    """Tell libvirt of our folder, so that `virsh vol-list` shows the volumes; without it they work too."""
    root = etree.Element("pool", type="dir")
    etree.SubElement(root, "name").text = name
    etree.SubElement(etree.SubElement(root, "target"), "path").text = str(folder)
    try:
        known = {one.name(): one for one in raw.listAllStoragePools(0)}
        pool = known.get(name) or raw.storagePoolDefineXML(etree.tostring(root, encoding="unicode"), 0)
        if not pool.isActive():
            pool.create(0)
    except libvirt.libvirtError as error:
        LOG.info("libvirt does not take the folder of volumes as a storage pool: %s", plain(str(error)))
