"""The tutorial's chapter on storage in real machines, as a user does it, and what must survive."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from slshell.client.cloud import Cloud
from slshell.client.profiles import Profile
from tests.support import processes
from tests.support.shell import Shell
from tests.support.waiting import Watch

pytestmark = pytest.mark.machine

ANIMALS = "GPAUQFkojP5dMQJNdJ4qD_62mCo"


def volume(user: Shell, reference: str) -> dict[str, Any]:
    """One volume as `-o json` shows it."""
    [one] = json.loads(user("volumes", reference, "-o", "json").stdout)
    return dict(one)


def guest(user: Shell, number: str, script: str, expect: int = 0) -> str:
    """What a script prints in a machine."""
    return user("connect", number, "--", f"set -e; {script}", expect=expect).stdout


def made(user: Shell, *options: str) -> str:
    """The UUID of a new volume."""
    word, number = user("create-volume", *options).stdout.split()
    assert word == "DISK"
    return number


def test_the_tutorials_chapter_on_storage(ordinary_shell: Shell) -> None:
    user = ordinary_shell
    number = made(user, "--size=5", "--tag=myprivate-disk")
    assert user("update-volume", "--tag=my-updated-disk", number).returncode == 0
    user(
        "run", "ttylinux", "--persistent-disk", number, "--volatile-disk", "1", "--readonly-disk", ANIMALS,
        "--wait",
    )  # fmt: skip
    assert guest(user, "1", "fdisk -l /dev/vdd").startswith("Disk /dev/vdd: 5120 MB, 5368709120 bytes")
    guest(
        user, "1", "mkfs.ext4 -q /dev/vdd; mount /dev/vdd /mnt; echo Testing_Persistent_Disk >/mnt/test_pdisk"
    )
    guest(
        user, "1", "umount /mnt; mkfs.ext4 -q /dev/vdc; mount /dev/vdc /mnt; touch /mnt/mydata; umount /mnt"
    )
    assert "CDROM" in guest(user, "1", "blkid /dev/vde")
    guest(user, "1", "mount /dev/vde /mnt 2>/dev/null; test $(cat /mnt/animals/dog.txt) = dog")
    guest(user, "1", "echo cat >/mnt/animals/dog.txt", expect=1)
    guest(user, "1", "umount /mnt; dd if=/dev/zero of=/dev/vde bs=512 count=1", expect=1)

    user("reboot", "1", "--wait")
    assert "mydata" in guest(user, "1", "mount /dev/vdc /mnt; ls /mnt; umount /mnt")
    refused = user("delete-volume", number, "--yes", expect=6)
    assert "held by instance 1" in refused.stderr
    user("kill", "1", "--yes", "--wait")
    assert not list((user.data / "e" / "m").iterdir())

    user("run", "ttylinux", "--persistent-disk", "my-updated-disk", "--wait")
    assert (
        guest(user, "2", "mount /dev/vdc /mnt; cat /mnt/test_pdisk; umount /mnt")
        == "Testing_Persistent_Disk\n"
    )
    assert user("run", "ttylinux", "--persistent-disk", number, expect=6).stderr.count("held by instance 2")
    user("kill", "2", "--yes", "--wait")
    assert user("delete-volume", number, "--yes").stdout == f"DELETED {number}\n"
    assert json.loads(user("volumes", "-o", "json").stdout) == []
    assert number in user("quarantine").stdout
    assert user("undelete-volume", number).stdout.startswith(f"RESTORED {number}")
    assert volume(user, number)["state"] == "available"


@pytest.fixture
def watch(shell: Shell) -> Iterator[Watch]:
    """Follows the cloud of `shell`."""
    client = Cloud.of_profile(Profile(name="test", home=shell.data), start=False)
    yield Watch(client)
    client.close()


def test_volumes_are_plugged_in_kept_grown_and_survive(shell: Shell, watch: Watch) -> None:
    one, other = made(shell, "-s", "1", "-t", "data"), made(shell, "-s", "1", "-t", "swap")
    shell("run", "ttylinux", "--wait")
    lines = shell("attach-volume", "--instance=1", one, other).stdout.splitlines()
    by_id = [f"/dev/disk/by-id/virtio-{number.replace('-', '')[:20]}" for number in (one, other)]
    assert lines == [
        f"ATTACHED {one} in VM 1 on /dev/vdd {by_id[0]}",
        f"ATTACHED {other} in VM 1 on /dev/vde {by_id[1]}",
    ]
    assert volume(shell, one)["device_known"] is True
    guest(shell, "1", f"mkfs.ext4 -q {by_id[0]}; mount {by_id[0]} /mnt; echo first >/mnt/file; sync")
    guest(shell, "1", f"mkswap {by_id[1]} >/dev/null; swapon {by_id[1]}")

    mounted = shell("detach-volume", "-i", "1", one, expect=6).stderr
    assert "mounted at /mnt" in mounted
    assert "swapped on" in shell("detach-volume", other, expect=6).stderr
    stranger = {"SLSHELL_CONFIG": str(shell.home / "nobody-else")}
    unasked = shell("detach-volume", other, expect=6, extra=stranger).stderr
    assert "cannot be asked" in unasked
    assert "--force" in unasked
    assert {volume(shell, each)["state"] for each in (one, other)} == {"attached"}

    assert shell("create-snapshot", one, "early").stdout == f"SNAPSHOT early of {one}\n"
    guest(shell, "1", "echo second >/mnt/file; sync")
    assert shell("resize-volume", one, "--size", "2").stdout == f"RESIZED {one} to 2 GiB\n"
    assert guest(shell, "1", "cat /sys/block/vdd/size") == f"{2 * 2**30 // 512}\n"
    clone = shell("clone-volume", one, "--tag", "copy").stdout.split()[1]
    guest(shell, "1", "echo third >/mnt/file; sync")

    daemon = json.loads(shell("cloud", "status", "-o", "json").stdout)["pid"]
    os.kill(daemon, 9)
    [qemu] = [each for each in processes.naming([shell.data]) if "qemu-system" in each.command]
    processes.kill([qemu])
    assert volume(shell, one)["instance_id"] == 1
    watch.instance(1, lambda seen: seen.state == "Unknown")
    shell("start", "1", "--wait")
    assert guest(shell, "1", f"mount {by_id[0]} /mnt; cat /mnt/file; umount /mnt") == "third\n"
    assert shell("detach-volume", "-i", "1", one).stdout == f"DETACHED {one} from VM 1 on /dev/vdd\n"
    assert "nobody holds it" in shell("detach-volume", "-i", "1", one, expect=6).stderr

    shell("attach-volume", "-i", "1", clone)
    guest(shell, "1", f"mount {_by_id(clone)} /mnt; test $(cat /mnt/file) = second; umount /mnt")
    shell("revert-volume", one, "early")
    shell("attach-volume", "-i", "1", one)
    assert guest(shell, "1", f"mount {_by_id(one)} /mnt; cat /mnt/file; umount /mnt") == "first\n"
    shell("kill", "1", "--yes", "--wait")
    assert {volume(shell, each)["state"] for each in (one, other, clone)} == {"available"}


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    """A file system of that size, whose free space is nobody else's."""
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=1777", "tmpfs", folder], check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_full_disk_pauses_who_writes_says_so_and_loses_nothing(
    shell: Shell, watch: Watch, short_folder: Path
) -> None:
    with small_disk(short_folder, 400) as small:
        (shell.home / "config").mkdir()
        (shell.home / "config" / "config.toml").write_text(
            f'[cloud]\nvolume_pool = "{small}"\ndisk_overcommit = 1000.0\n'
        )
        one = made(shell, "-s", "1", "-t", "data")
        shell("run", "ttylinux", "-n", "2", "--wait")
        device = shell("attach-volume", "-i", "1", one).stdout.split()[6]
        filler = small / "filler"
        filler.write_bytes(bytes(385 << 20))
        write = f"dd if=/dev/zero of={device} bs=1M count=64 conv=fsync 2>/dev/null; echo done >/tmp/done"
        guest(shell, "1", f"({write}) </dev/null >/dev/null 2>&1 &")
        paused = watch.instance(1, lambda seen: seen.reason.startswith("paused: "))
        assert "disk is full" in paused.reason
        assert "the disk is full" in shell("volumes").stderr
        refused = shell("create-volume", "-s", "1", "-t", "more", expect=None)
        assert (refused.returncode, [each["tag"] for each in _volumes(shell)]) == (6, ["data"])
        assert guest(shell, "2", "hostname") != ""
        filler.unlink()
        watch.instance(1, lambda seen: not seen.reason)
        assert guest(shell, "1", "until [ -e /tmp/done ]; do sleep 0.1; done; cat /tmp/done") == "done\n"
        shell("cloud", "down", "--all", "--yes")


def _volumes(user: Shell) -> list[dict[str, Any]]:
    return list(json.loads(user("volumes", "-o", "json").stdout))


def _by_id(number: str) -> str:
    return f"/dev/disk/by-id/virtio-{number.replace('-', '')[:20]}"
