"""The bundled ttylinux does what a machine must do, started by its disk and by its kernel."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from slshell.backend import appliances
from slshell.backend.appliances import builder
from slshell.backend.appliances.builder import BuiltAppliance
from slshell.backend.images.contextualization import stratuslab_disc
from tests.support.folders import SessionFolder
from tests.support.plain_machine import Keys, PlainMachine, make_keys, started

pytestmark = pytest.mark.machine

MIB = 1 << 20


@pytest.fixture(scope="module")
def built() -> BuiltAppliance:
    return builder.build("ttylinux", appliances.folder(), print)


@pytest.fixture(scope="module")
def folder(session_folder: SessionFolder) -> Path:
    return session_folder.new()


@pytest.fixture(scope="module")
def keys(folder: Path) -> Keys:
    return make_keys(folder / "user")


@pytest.fixture(scope="module")
def host_key(folder: Path) -> Keys:
    return make_keys(folder / "host")


def swap_disk(path: Path) -> Path:
    with path.open("wb") as stream:
        stream.truncate(16 * MIB)
    subprocess.run(["/sbin/mkswap", "-q", str(path)], check=True)
    return path


@pytest.fixture(scope="module", params=["disk", "kernel"])
def machine(
    request: pytest.FixtureRequest, built: BuiltAppliance, folder: Path, keys: Keys, host_key: Keys
) -> Iterator[PlainMachine]:
    place = folder / request.param
    place.mkdir()
    direct = ("-kernel", str(built.kernel), "-initrd", str(built.initrd), "-append", built.cmdline)
    swap = ("-drive", f"file={swap_disk(place / 'swap')},if=virtio,format=raw")
    disc = stratuslab_disc(
        keys=[keys.public_text, "ssh-ed25519 AAAA another"],
        hostname="box-1",
        host_key=host_key.private_text,
        context={"note": "it's $HOME", "script_exec": 'printf %s "$NOTE" >/tmp/note'},
    )
    with started(
        place,
        disk=built.disk,
        disk_format="raw",
        disc=disc,
        user="root",
        keys=keys,
        host_key=host_key,
        ram_mib=built.min_ram_mib,
        more=(*(direct if request.param == "kernel" else ()), *swap),
    ) as running:
        running.wait_for_console("box-1 login:")
        running.wait_for_ssh()
        print(f"{request.param}: {running.processor_seconds():.1f} s of processor until SSH answers")
        yield running


def test_ssh_answers_with_the_host_key_that_it_was_given(
    machine: PlainMachine, built: BuiltAppliance
) -> None:
    told = machine.answer_to("uname -a").split()
    assert told[:3] == ["Linux", "box-1", built.os_version]


def test_another_host_key_is_not_accepted(machine: PlainMachine, keys: Keys) -> None:
    right, machine.host_key = machine.host_key, keys
    try:
        refused = machine.ssh("true")
    finally:
        machine.host_key = right
    assert refused.returncode == 255
    assert "Host key verification failed" in refused.stderr


def test_another_user_key_is_not_let_in(machine: PlainMachine, host_key: Keys) -> None:
    right, machine.keys = machine.keys, host_key
    try:
        refused = machine.ssh("true")
    finally:
        machine.keys = right
    assert refused.returncode == 255
    assert "Permission denied (publickey)" in refused.stderr


def test_the_context_is_followed(machine: PlainMachine) -> None:
    assert machine.answer_to("cat /tmp/note") == "it's $HOME"
    assert len(machine.answer_to("cat /root/.ssh/authorized_keys").splitlines()) == 2
    assert machine.answer_to("hostname").strip() == "box-1"


def test_the_network_is_configured_by_dhcp(machine: PlainMachine) -> None:
    assert "10.0.2.15/24" in machine.answer_to("ip addr show eth0")
    assert "default via 10.0.2.2" in machine.answer_to("ip route")
    assert machine.answer_to("cat /etc/resolv.conf") == "nameserver 10.0.2.3\n"
    assert "udhcpc" in machine.answer_to("ps")


def test_disks_are_listed_by_kind(machine: PlainMachine) -> None:
    assert "/dev/vda: 40 MB" in machine.answer_to("fdisk -l")
    listed = machine.answer_to("blkid")
    assert 'LABEL="_STRATUSLAB"' in listed
    assert 'TYPE="vfat"' in listed
    assert 'TYPE="swap"' in listed


def test_the_swap_disk_is_in_use(machine: PlainMachine) -> None:
    assert "/dev/vdc" in machine.answer_to("cat /proc/swaps")


def test_everyday_programs_are_there(machine: PlainMachine) -> None:
    machine.answer_to("top -b -n 1 | grep -q init")
    machine.answer_to(
        "for each in vi mount mkfs.ext3 mkfs.ext4 fdisk blkid ip; do which $each || exit 1; done"
    )
    assert machine.answer_to("free -m | grep -c Swap").strip() == "1"


def test_random_numbers_come_at_once(machine: PlainMachine) -> None:
    assert machine.answer_to("dd if=/dev/random bs=512 count=8 2>/dev/null | wc -c").strip() == "4096"


def test_a_disk_plugged_in_while_running_can_be_used(machine: PlainMachine) -> None:
    volume = machine.folder / "volume"
    with volume.open("wb") as stream:
        stream.truncate(32 * MIB)
    machine.qmp(
        "blockdev-add", driver="raw", **{"node-name": "vol"}, file={"driver": "file", "filename": str(volume)}
    )
    machine.qmp(
        "device_add", driver="virtio-blk-pci", drive="vol", id="volume", bus="spare", serial="sls-volume"
    )
    machine.answer_to("until grep -qx sls-volume /sys/block/vdd/serial; do usleep 20000; done")
    for kind in ("ext3", "ext4"):
        machine.answer_to(f"mkfs.{kind} -q -F /dev/vdd && mkdir -p /mnt/d && mount -t {kind} /dev/vdd /mnt/d")
        assert (
            machine.answer_to("echo kept >/mnt/d/x; umount /mnt/d; mount /dev/vdd /mnt/d; cat /mnt/d/x")
            == "kept\n"
        )
        machine.answer_to("umount /mnt/d && e2fsck -fn /dev/vdd")


def test_a_file_can_be_copied_with_sftp(machine: PlainMachine) -> None:
    machine.fetch("/etc/os-release", machine.folder / "copy")
    assert "ID=ttylinux" in (machine.folder / "copy").read_text()


def test_interrupt_on_the_console_stops_a_command_and_not_the_machine(machine: PlainMachine) -> None:
    machine.type("root\n")
    machine.wait_for_console("# ")
    machine.type("echo be''fore; sleep 1000\n")
    machine.wait_for_console("before")
    machine.type("\x03echo af''ter\n")
    machine.wait_for_console("after")
    machine.type("exit\n")
    machine.wait_for_console("login:")


@pytest.mark.parametrize("machine", ["disk"], indirect=True)
def test_reboot_comes_back_with_the_same_keys(machine: PlainMachine) -> None:
    """By its disk; what happens by its kernel is in test_whole_slice."""
    machine.ssh("reboot")
    machine.wait_for_console("box-1 login:")
    machine.wait_for_ssh()
    assert machine.answer_to("hostname").strip() == "box-1"
    assert len(machine.answer_to("cat /root/.ssh/authorized_keys").splitlines()) == 2


def test_the_power_button_shuts_the_machine_down(machine: PlainMachine) -> None:
    machine.qmp("system_powerdown")
    machine.wait_for_console("Requesting system poweroff")
    machine.wait_until_off()
    assert machine.process.returncode == 0


@pytest.mark.parametrize("command", ["poweroff", "sh -lc halt", "shutdown -h now"])
def test_each_way_to_end_a_session_powers_the_machine_off(
    command: str, built: BuiltAppliance, session_folder: SessionFolder, keys: Keys, host_key: Keys
) -> None:
    disc = stratuslab_disc(keys=[keys.public_text], hostname="box-2", host_key=host_key.private_text)
    with started(
        session_folder.new(),
        disk=built.disk,
        disk_format="raw",
        disc=disc,
        user="root",
        keys=keys,
        host_key=host_key,
        ram_mib=built.min_ram_mib,
        more=("-kernel", str(built.kernel), "-initrd", str(built.initrd), "-append", built.cmdline),
    ) as running:
        running.wait_for_ssh()
        running.ssh(command)
        running.wait_until_off()
        assert running.process.returncode == 0
