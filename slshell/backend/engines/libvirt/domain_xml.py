"""The XML of a machine's domain, from data to bytes: no libvirt call, no file is touched."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from slshell.backend.engines.base import MachineSpec
from slshell.backend.engines.libvirt.mark import Mark, domain_name, to_element
from slshell.model.errors import UsageError

ROOT_PORTS = 16
"""PCIe slots for devices now and later; 16 cost no measurable boot time, without them there is one spare."""
MAX_SERIAL = 20
"""virtio-blk cuts a disk's serial after 20 characters."""
_LAST_LETTER = ord("z")


@dataclass(frozen=True, kw_only=True)
class Disk:
    """One disk of a machine as its domain names it."""

    path: Path
    format: str
    target: str
    serial: str
    read_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a domain's XML depends on beside the machine itself."""

    cloud_id: str
    kind: str
    """The domain type: kvm, qemu (emulation) or test."""
    emulator: str | None = None


def mac_of(uuid: str) -> str:
    """The machine's network address, always the same for one UUID."""
    digest = hashlib.sha256(uuid.encode()).digest()
    return "52:54:00:" + ":".join(f"{byte:02x}" for byte in digest[:3])


def disks_of(spec: MachineSpec, folder: Path) -> list[Disk]:
    """The machine's disks: root vda, swap vdb when there is any, discs from vdz downwards."""
    disks = [Disk(path=folder / "root.qcow2", format="qcow2", target="vda", serial="root")]
    if spec.swap_mib:
        disks.append(Disk(path=folder / "swap.raw", format="raw", target="vdb", serial="swap"))
    for number in range(len(spec.discs)):
        suffix = "" if number == 0 else str(number + 1)
        disks.append(
            Disk(
                path=folder / f"context{suffix}.iso",
                format="raw",
                target=f"vd{chr(_LAST_LETTER - number)}",
                serial=f"context{suffix}",
                read_only=True,
            )
        )
    return disks


def domain_xml(spec: MachineSpec, folder: Path, setting: Setting) -> str:
    """The domain of a machine whose files are in `folder`.

    Raises:
        UsageError: a text holds characters that no XML can carry.
    """
    try:
        root = _domain(spec, folder, setting)
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


def _domain(spec: MachineSpec, folder: Path, setting: Setting) -> etree._Element:
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
    _devices(_add(root, "devices"), spec, folder, setting)
    return root


def _boot(root: etree._Element, spec: MachineSpec, setting: Setting) -> None:
    system = _add(root, "os")
    if setting.kind == "test":
        _add(system, "type", "hvm")
        return
    _add(system, "type", "hvm", arch="x86_64", machine="q35")
    if spec.image.kernel is None:
        _add(system, "boot", dev="hd")
        return
    _add(system, "kernel", str(spec.image.kernel))
    if spec.image.initrd is not None:
        _add(system, "initrd", str(spec.image.initrd))
    if spec.image.cmdline:
        _add(system, "cmdline", spec.image.cmdline)


def _devices(devices: etree._Element, spec: MachineSpec, folder: Path, setting: Setting) -> None:
    if setting.emulator is not None:
        _add(devices, "emulator", setting.emulator)
    _add(devices, "controller", type="usb", model="none")
    _add(devices, "controller", type="pci", model="pcie-root")
    for _ in range(ROOT_PORTS):
        _add(devices, "controller", type="pci", model="pcie-root-port")
    _add(devices, "controller", type="scsi", model="virtio-scsi")
    for disk in disks_of(spec, folder):
        _disk(devices, disk)
    nic = _add(devices, "interface", type="user")
    _add(nic, "mac", address=mac_of(spec.uuid))
    _add(nic, "model", type="virtio")
    _add(nic, "rom", enabled="no")
    serial = _add(devices, "serial", type="pty")
    _add(serial, "log", file=str(folder / "console.log"), append="on")
    _add(serial, "target", port="0")
    _add(_add(devices, "rng", model="virtio"), "backend", "/dev/urandom", model="random")
    _add(devices, "memballoon", model="none")


def _disk(devices: etree._Element, disk: Disk) -> None:
    element = _add(devices, "disk", type="file", device="disk")
    driver = _add(element, "driver", name="qemu", type=disk.format)
    if not disk.read_only:
        driver.set("discard", "unmap")
    _add(element, "source", file=str(disk.path))
    _add(element, "target", dev=disk.target, bus="virtio")
    if disk.read_only:
        _add(element, "readonly")
    _add(element, "serial", disk.serial)


def _add(parent: etree._Element, tag: str, text: str | None = None, /, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, tag, attributes)
    if text is not None:
        element.text = text
    return element
