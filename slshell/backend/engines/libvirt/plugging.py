"""Plugging volumes into domains and out of them: each takes a connection and may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libvirt
from lxml import etree

from slshell.backend.engines.libvirt.domain_xml import ALIAS, LETTERS, Disk, disk_element
from slshell.backend.engines.volumes import Plug
from slshell.model.errors import Conflict

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
_LIVE, _CONFIG = libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG
_INACTIVE = libvirt.VIR_DOMAIN_XML_INACTIVE
_GONE = frozenset({libvirt.VIR_ERR_DEVICE_MISSING, libvirt.VIR_ERR_NO_DOMAIN})
_UNPLUGGING = "already in the process of unplug"


def attach(domain: Any, make_disk: Callable[[str], Disk]) -> str:
    """Plug a disk into a running domain and into its later starts; answers its target.

    `make_disk` makes the disk for a free target.

    Raises:
        Conflict: the domain is off, or has no free letter.
    """
    if not domain.isActive():
        raise Conflict("the machine does not run", hint="start it, then attach the volume")
    live, config = _disks(domain, 0), _disks(domain, _INACTIVE)
    taken = {_target(one) for one in (*live, *config)}
    free = next((f"vd{letter}" for letter in LETTERS if f"vd{letter}" not in taken), None)
    if free is None:
        raise Conflict(
            f"the machine has {len(LETTERS)} disks already", hint="detach one, or use another machine"
        )
    disk = make_disk(free)
    there, kept = _find(live, disk.volume_id), _find(config, disk.volume_id)
    if there is not None and kept is not None:
        return _target(there)
    if there is not None or kept is not None:
        disk = make_disk(_target(there if there is not None else kept))
    xml = etree.tostring(disk_element(disk), encoding="unicode")
    if kept is None:
        domain.attachDeviceFlags(xml, _CONFIG)
    if there is None:
        try:
            domain.attachDeviceFlags(xml, _LIVE)
        except libvirt.libvirtError:
            _detach(domain, disk.volume_id, _CONFIG)
            raise
    return disk.target


def detach(domain: Any, volume_id: str) -> Plug:
    """Ask a running guest to let go; once it has, forget the disk for later starts too.

    libvirt says that it is done after 5 s even if the guest has not answered, so the answer is what the
    domain has then.
    """
    if domain.isActive() and _find(_disks(domain, 0), volume_id) is not None:
        _detach(domain, volume_id, _LIVE)
        if domain.isActive() and _find(_disks(domain, 0), volume_id) is not None:
            return Plug.IN
    if _find(_disks(domain, _INACTIVE), volume_id) is not None:
        _detach(domain, volume_id, _CONFIG)
    return Plug.OUT


def attached(domain: Any) -> frozenset[str]:
    """UUIDs of the volumes that the domain has: a running one what is plugged in now."""
    names = (_alias(one) for one in _disks(domain, 0))
    return frozenset(name.removeprefix(ALIAS) for name in names if name.startswith(ALIAS))


def source_of(domain: Any, volume_id: str) -> str | None:
    """The file that the domain has for a volume; None when it has none."""
    found = _find(_disks(domain, 0), volume_id)
    source = None if found is None else found.find("source")
    return None if source is None else source.get("file")


def switch(domain: Any, volume_id: str, new: str) -> None:
    """Let the domain write to `new`, a prepared overlay over what it has for the volume now."""
    if source_of(domain, volume_id) == new:
        return
    if not domain.isActive():
        _switch_config(domain, volume_id, new)
        return
    live = _disks(domain, 0)
    root = etree.Element("domainsnapshot")
    disks = etree.SubElement(root, "disks")
    for one in live:
        entry = etree.SubElement(disks, "disk", name=_target(one))
        if _alias(one) == ALIAS + volume_id:
            entry.set("snapshot", "external")
            etree.SubElement(entry, "driver", type="qcow2")
            etree.SubElement(entry, "source", file=new)
        else:
            entry.set("snapshot", "no")
    flags = (
        libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY
        | libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA
        | libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT
        | libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC
    )
    domain.snapshotCreateXML(etree.tostring(root, encoding="unicode"), flags)


def resize(domain: Any, volume_id: str, size_bytes: int) -> bool:
    """Grow a plugged-in disk of a running domain, whose guest is told; False when it is not plugged in."""
    found = _find(_disks(domain, 0), volume_id) if domain.isActive() else None
    if found is None:
        return False
    if domain.blockInfo(_target(found))[0] < size_bytes:
        domain.blockResize(_target(found), size_bytes, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)
    return True


def _switch_config(domain: Any, volume_id: str, new: str) -> None:
    root = etree.fromstring(domain.XMLDesc(_INACTIVE).encode(), _PARSER)
    for one in root.findall("devices/disk"):
        source = one.find("source")
        if _alias(one) == ALIAS + volume_id and source is not None:
            source.set("file", new)
    domain.connect().defineXML(etree.tostring(root, encoding="unicode"))


def _detach(domain: Any, volume_id: str, flag: int) -> None:
    try:
        domain.detachDeviceAlias(ALIAS + volume_id, flag)
    except libvirt.libvirtError as error:
        if error.get_error_code() not in _GONE and _UNPLUGGING not in str(error):
            raise


def _disks(domain: Any, flags: int) -> list[Any]:
    root = etree.fromstring(domain.XMLDesc(flags).encode(), _PARSER)
    return list(root.findall("devices/disk"))


def _find(disks: list[Any], volume_id: str) -> Any | None:
    return next((one for one in disks if _alias(one) == ALIAS + volume_id), None)


def _target(disk: Any) -> str:
    target = disk.find("target")
    return "" if target is None else str(target.get("dev", ""))


def _alias(disk: Any) -> str:
    alias = disk.find("alias")
    return "" if alias is None else str(alias.get("name", ""))
