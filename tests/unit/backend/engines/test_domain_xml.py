"""Domain XML against golden files, and names that try to break out of it."""

from __future__ import annotations

from pathlib import Path

import libvirt
import pytest
from lxml import etree

from slshell.backend.engines.base import ContextDisc, MachineSpec, StaticDisk, VolatileDisk
from slshell.backend.engines.libvirt.domain_xml import (
    MAX_SERIAL,
    PoolSource,
    Setting,
    disks_of,
    domain_xml,
    for_accelerator,
    mac_of,
)
from slshell.backend.engines.libvirt.mark import NAMESPACE, from_xml
from slshell.backend.engines.volumes import DataDisk
from slshell.model.errors import UsageError
from tests.unit.backend.engines.specs import CLOUD, UUID, image, spec

GOLDEN = Path(__file__).with_name("golden")
FOLDER = Path("/home/ann/e/m/7")
TWO_DISCS = (ContextDisc(label="_STRATUSLAB", files={}), ContextDisc(label="cidata", files={}))
CASES = {
    "emulated-kernel": (spec(), Setting(cloud_id=CLOUD, kind="qemu")),
    "kvm-disk-image": (
        spec(image=image(kernel=None, initrd=None, cmdline=""), swap_mib=0, discs=TWO_DISCS),
        Setting(cloud_id=CLOUD, kind="kvm", emulator="/usr/bin/qemu-system-x86_64"),
    ),
    "boots-from-a-disc": (
        spec(
            image=image(path=Path("/images/install.img"), format="iso", kernel=None, initrd=None, cmdline="")
        ),
        Setting(cloud_id=CLOUD, kind="qemu"),
    ),
    "test-driver": (spec(), Setting(cloud_id=CLOUD, kind="test")),
    "every-kind-of-disk": (
        spec(
            volatile=(VolatileDisk(size_bytes=1 << 30, serial="volatile1"),),
            volumes=(DataDisk(volume_id=UUID, handle=UUID, serial="5f0c3a7e2d7b4a439a3e"),),
            statics=(StaticDisk(image=image(path=Path("/images/flora.iso")), serial="static1"),),
            discs=TWO_DISCS,
        ),
        Setting(cloud_id=CLOUD, kind="qemu"),
    ),
}


def source_of(handle: str) -> tuple[Path | PoolSource, str]:
    return Path(f"/volumes/{handle}.qcow2"), "qcow2"


def described(machine: MachineSpec) -> etree._Element:
    return etree.fromstring(domain_xml(machine, FOLDER, Setting(cloud_id=CLOUD, kind="qemu"), source_of))


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_machine_is_described_as_the_golden_file_says(case: str) -> None:
    machine, setting = CASES[case]
    assert domain_xml(machine, FOLDER, setting, source_of) == (GOLDEN / f"{case}.xml").read_text()


@pytest.mark.parametrize(
    "name", ['"><evil/>', "]]><evil/>", "&lt;evil/&gt;", "<!--", "[/red]", "ünï", "' --x"]
)
def test_a_name_with_markup_stays_text(name: str) -> None:
    root = described(spec(name=name))
    assert root.findtext("title") == name
    assert root.find(".//evil") is None
    assert root.findtext("name") == "sls-01234567-7"


@pytest.mark.parametrize("name", ["a\0b", "bell\x07", "two\nlines", "\x1b[31mred", "\ud800"])
def test_a_name_with_control_characters_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        described(spec(name=name))


def test_hostile_kernel_options_stay_one_text() -> None:
    options = 'quiet</cmdline><evil a="1"/>'
    root = described(spec(image=image(cmdline=options)))
    assert root.findtext("os/cmdline") == options
    assert root.find(".//evil") is None


def test_the_mark_is_read_back_by_libvirt_itself() -> None:
    connection = libvirt.open("test:///default")
    try:
        machine, setting = CASES["test-driver"]
        domain = connection.defineXML(domain_xml(machine, FOLDER, setting, source_of))
        mark = from_xml(domain.metadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, NAMESPACE))
        domain.undefine()
    finally:
        connection.close()
    assert mark is not None
    assert (mark.cloud_id, mark.instance_id, mark.uuid, mark.vcpu, mark.ram_mib) == (CLOUD, 7, UUID, 2, 256)


def test_a_volume_of_a_pool_is_named_by_its_pool() -> None:
    volume = DataDisk(volume_id=UUID, handle="v", serial="s")
    machine = spec(volumes=(volume,))
    xml = domain_xml(
        machine, FOLDER, Setting(cloud_id=CLOUD, kind="qemu"), lambda name: (PoolSource("vg", name), "raw")
    )
    found = etree.fromstring(xml).find("devices/disk[@type='volume']/source")
    assert found is not None
    assert (found.get("pool"), found.get("volume")) == ("vg", "v")


def test_more_disks_than_letters_are_refused() -> None:
    many = tuple(VolatileDisk(size_bytes=1, serial=f"volatile{n}") for n in range(24))
    with pytest.raises(UsageError, match="27 disks are too many"):
        described(spec(volatile=many))


def test_disks_come_in_the_order_root_swap_discs() -> None:
    disks = disks_of(spec(discs=TWO_DISCS), FOLDER, source_of)
    assert [(disk.target, disk.serial) for disk in disks] == [
        ("vda", "root"), ("vdb", "swap"), ("vdz", "context"), ("vdy", "context2"),
    ]  # fmt: skip
    assert all(len(disk.serial) <= MAX_SERIAL for disk in disks)


def test_a_machine_keeps_its_network_address_and_shares_it_with_none() -> None:
    assert mac_of(UUID) == mac_of(UUID) == "52:54:00:" + mac_of(UUID)[9:]
    assert mac_of(UUID) != mac_of(UUID.replace("5", "6"))


def test_a_definition_follows_the_accelerator_of_today() -> None:
    xml = domain_xml(spec(), FOLDER, Setting(cloud_id=CLOUD, kind="kvm"), source_of)
    assert for_accelerator(xml, "kvm") is None
    changed = for_accelerator(xml, "qemu")
    assert changed is not None
    root = etree.fromstring(changed)
    assert (root.get("type"), root.find("cpu").get("mode")) == ("qemu", "maximum")  # type: ignore[union-attr]
    assert root.findtext("name") == "sls-01234567-7"
