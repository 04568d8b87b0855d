"""The XML of a machine's domain, from data to bytes: no libvirt call, no file is touched."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from lxml import etree

from slshell.backend.engines.base import MachineSpec
from slshell.backend.engines.libvirt.mark import Mark, domain_name, to_element
from slshell.backend.engines.volumes import DataDisk
from slshell.model.errors import UsageError

ROOT_PORTS = 28
"""PCIe slots for devices now and later; 28 cost no measurable boot time, without them there is one spare."""
MAX_SERIAL = 20
"""virtio-blk cuts a disk's serial after 20 characters."""
LETTERS = string.ascii_lowercase
"""libvirt names virtio disks vda to vdz and no further."""
ALIAS = "ua-"
"""What libvirt wants before names that are not its own."""


@dataclass(frozen=True)
class PoolSource:
    """A volume of a libvirt storage pool, by their names."""

    pool: str
    volume: str


@dataclass(frozen=True, kw_only=True)
class Disk:
    """One disk of a machine as its domain names it."""

    source: Path | PoolSource
    format: str
    serial: str
    target: str = ""
    read_only: bool = False
    volume_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a domain's XML depends on beside the machine itself."""

    cloud_id: str
    kind: str
    """The domain type: kvm, qemu (emulation) or test."""
    emulator: str | None = None


SourceOf = Callable[[str], tuple[Path | PoolSource, str]]
"""Where a volume's handle leads, and the format of what is there."""


def mac_of(uuid: str) -> str:
    """The machine's network address, always the same for one UUID."""
    digest = hashlib.sha256(uuid.encode()).digest()
    return "52:54:00:" + ":".join(f"{byte:02x}" for byte in digest[:3])


def disks_of(spec: MachineSpec, folder: Path, source_of: SourceOf) -> list[Disk]:
    """The machine's disks in the order that the guest counts them: root, swap, volatile, volumes, static
    ones, and the context last.

    Raises:
        UsageError: there are more than the guest has letters for.
    """
    disks = [Disk(source=folder / "root.qcow2", format="qcow2", serial="root")]
    if spec.swap_mib:
        disks.append(Disk(source=folder / "swap.raw", format="raw", serial="swap"))
    disks += [
        Disk(source=volatile_file(folder, one.serial), format="raw", serial=one.serial)
        for one in spec.volatile
    ]
    disks += [volume_disk(one, source_of) for one in spec.volumes]
    disks += [
        Disk(source=one.image.path, format=one.image.format, serial=one.serial, read_only=True)
        for one in spec.statics
    ]
    if len(disks) + len(spec.discs) > len(LETTERS):
        raise UsageError(
            f"{len(disks) + len(spec.discs)} disks are too many for one machine",
            hint=f"{len(LETTERS)} fit, those of the cloud itself counted",
        )
    placed = [replace(disk, target=f"vd{letter}") for disk, letter in zip(disks, LETTERS, strict=False)]
    return placed + [
        Disk(
            source=folder / f"{serial}.iso", format="raw", target=f"vd{letter}", serial=serial, read_only=True
        )
        for serial, letter in zip(context_serials(spec), reversed(LETTERS), strict=False)
    ]


def volume_disk(disk: DataDisk, source_of: SourceOf, target: str = "") -> Disk:
    """A volume as a disk."""
    source, file_format = source_of(disk.handle)
    return Disk(
        source=source, format=file_format, target=target, serial=disk.serial, volume_id=disk.volume_id
    )


def volatile_file(folder: Path, serial: str) -> Path:
    """Where a machine's volatile disk of this serial lies."""
    return folder / f"{serial}.raw"


def context_serials(spec: MachineSpec) -> list[str]:
    """The serials of the machine's context discs, which are also the names of their files."""
    return ["context" if number == 1 else f"context{number}" for number in range(1, len(spec.discs) + 1)]


def domain_xml(spec: MachineSpec, folder: Path, setting: Setting, source_of: SourceOf) -> str:
    """The domain of a machine whose files are in `folder`.

    Raises:
        UsageError: a text holds characters that no XML can carry.
    """
    try:
        root = _domain(spec, folder, setting, source_of)
    except ValueError as error:
        raise UsageError(
            f"machine {spec.instance_id} cannot be described: {error}",
            hint="names and kernel options must not hold control characters",
        ) from error
    return etree.tostring(root, pretty_print=True, encoding="unicode")


def for_accelerator(xml: str, kind: str) -> str | None:
    """A domain's XML changed to type `kind` (kvm or qemu), for hosts change; None when it is that already."""
    root = etree.fromstring(xml.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    if root.get("type") == kind:
        return None
    root.set("type", kind)
    processor = root.find("cpu")
    if processor is not None:
        root.replace(processor, etree.Element("cpu", mode=_processor(kind)))
    return etree.tostring(root, encoding="unicode")


def _processor(kind: str) -> str:
    """The guest's processor: the host's own, or all that emulation can do (RDRAND boots faster)."""
    return "host-passthrough" if kind == "kvm" else "maximum"


def _domain(spec: MachineSpec, folder: Path, setting: Setting, source_of: SourceOf) -> etree._Element:
    root = etree.Element("domain", type=setting.kind)
    _add(root, "name", domain_name(setting.cloud_id, spec.instance_id))
    _add(root, "uuid", spec.uuid)
    if "\n" in spec.name:
        raise ValueError("a name has one line")
    _add(root, "title", spec.name)
    mark = Mark(
        cloud_id=setting.cloud_id,
        instance_id=spec.instance_id,
        uuid=spec.uuid,
        vcpu=spec.vcpu,
        ram_mib=spec.ram_mib,
    )
    _add(root, "metadata").append(to_element(mark))
    _add(root, "memory", str(spec.ram_mib), unit="MiB")
    _add(root, "vcpu", str(spec.vcpu))
    _boot(root, spec, setting)
    _add(_add(root, "features"), "acpi")
    if setting.kind != "test":
        _add(root, "cpu", mode=_processor(setting.kind))
    _add(root, "clock", offset="utc")
    _add(root, "on_poweroff", "destroy")
    _add(root, "on_reboot", "restart")
    _add(root, "on_crash", "destroy")
    devices = _add(root, "devices")
    _controllers(devices, setting)
    for disk in disks_of(spec, folder, source_of):
        devices.append(disk_element(disk))
    if spec.image.format == "iso":
        devices.append(_drive(spec.image.path))
    _peripherals(devices, spec, folder)
    return root


def _boot(root: etree._Element, spec: MachineSpec, setting: Setting) -> None:
    system = _add(root, "os")
    if setting.kind == "test":
        _add(system, "type", "hvm")
        return
    _add(system, "type", "hvm", arch="x86_64", machine="q35")
    if spec.image.kernel is None:
        _add(system, "boot", dev="hd")
        if spec.image.format == "iso":
            # Second, so that the machine starts from its disk once something is installed there.
            _add(system, "boot", dev="cdrom")
        return
    _add(system, "kernel", str(spec.image.kernel))
    if spec.image.initrd is not None:
        _add(system, "initrd", str(spec.image.initrd))
    if spec.image.cmdline:
        _add(system, "cmdline", spec.image.cmdline)


def _controllers(devices: etree._Element, setting: Setting) -> None:
    if setting.emulator is not None:
        _add(devices, "emulator", setting.emulator)
    _add(devices, "controller", type="usb", model="none")
    _add(devices, "controller", type="pci", model="pcie-root")
    for _ in range(ROOT_PORTS):
        _add(devices, "controller", type="pci", model="pcie-root-port")
    _add(devices, "controller", type="scsi", model="virtio-scsi")


def _peripherals(devices: etree._Element, spec: MachineSpec, folder: Path) -> None:
    nic = _add(devices, "interface", type="user")
    _add(nic, "mac", address=mac_of(spec.uuid))
    _add(nic, "model", type="virtio")
    _add(nic, "rom", enabled="no")
    serial = _add(devices, "serial", type="pty")
    _add(serial, "log", file=str(folder / "console.log"), append="on")
    _add(serial, "target", port="0")
    _add(_add(devices, "rng", model="virtio"), "backend", "/dev/urandom", model="random")
    _add(devices, "memballoon", model="none")


def disk_element(disk: Disk) -> etree._Element:
    """One disk, for a whole domain or for plugging in; a volume's carries its UUID as alias."""
    in_pool = isinstance(disk.source, PoolSource)
    element = etree.Element("disk", type="volume" if in_pool else "file", device="disk")
    driver = _add(element, "driver", name="qemu", type=disk.format)
    if not disk.read_only:
        driver.set("discard", "unmap")
    if isinstance(disk.source, PoolSource):
        _add(element, "source", pool=disk.source.pool, volume=disk.source.volume)
    else:
        _add(element, "source", file=str(disk.source))
    _add(element, "target", dev=disk.target, bus="virtio")
    if disk.read_only:
        _add(element, "readonly")
    _add(element, "serial", disk.serial)
    if disk.volume_id:
        _add(element, "alias", name=f"{ALIAS}{disk.volume_id}")
    return element


def _drive(disc: Path) -> etree._Element:
    """A CD-ROM drive with a disc in it; installers look for theirs in one."""
    element = etree.Element("disk", type="file", device="cdrom")
    _add(element, "driver", name="qemu", type="raw")
    _add(element, "source", file=str(disc))
    _add(element, "target", dev="sda", bus="sata")
    _add(element, "readonly")
    return element


def _add(parent: etree._Element, tag: str, text: str | None = None, /, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, tag, attributes)
    if text is not None:
        element.text = text
    return element
