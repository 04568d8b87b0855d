"""The domain of a cloud's only machine, as virsh plugs a file into it and out of it."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from benchmarks.world import World

_TARGET = "vdy"
"""Discs that tell a machine what it is count down from vdz."""


class Domain:
    """Plugs `file`, a qcow2 image that nothing else uses, by commands of virsh."""

    def __init__(self, own: World, file: Path) -> None:
        self._own = own
        self._uri = own.cloud().status().libvirt_uri
        self._file = file
        [self._name] = self._virsh("list", "--name").split()
        self._device = own.folder / "device.xml"
        self._device.write_text(description(file))

    def attach_disk(self) -> None:
        """`virsh attach-disk`."""
        self._virsh("attach-disk", self._name, str(self._file), _TARGET, "--subdriver", "qcow2", "--live")

    def detach_disk(self) -> None:
        """`virsh detach-disk`."""
        self._virsh("detach-disk", self._name, _TARGET, "--live")

    def attach_device(self, *further: str) -> None:
        """`virsh attach-device` with the options that the cloud uses as well."""
        self._virsh("attach-device", self._name, str(self._device), "--live", *further)

    def detach_device(self, *further: str) -> None:
        """`virsh detach-device`."""
        self._virsh("detach-device", self._name, str(self._device), "--live", *further)

    def nothing(self) -> None:
        """What any command of virsh for a domain costs."""
        self._virsh("domstate", self._name)

    def refuse_left_over(self) -> None:
        """Raises RuntimeError when the file is still plugged in: then a detaching was not done, but timed."""
        if self._file.name in self._virsh("domblklist", self._name):
            raise RuntimeError(f"{self._file.name} is still in {self._name}")

    def _virsh(self, *words: str) -> str:
        return self._own.run("virsh", "-c", self._uri, *words)


def description(file: Path) -> str:
    """The disk as libvirt is told of it."""
    disk = etree.Element("disk", type="file", device="disk")
    etree.SubElement(disk, "driver", name="qemu", type="qcow2", discard="unmap")
    etree.SubElement(disk, "source", file=str(file))
    etree.SubElement(disk, "target", dev=_TARGET, bus="virtio")
    return etree.tostring(disk, encoding="unicode")
