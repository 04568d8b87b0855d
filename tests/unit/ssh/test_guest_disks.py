"""What guests tell of their disks: which is which, and what each is used for."""

from __future__ import annotations

from pathlib import Path

import pytest

from slshell.model.errors import CloudUnreachable, NotAllowed
from slshell.ssh import guest_disks
from slshell.ssh.guest_disks import GuestDisk, understood
from tests.unit.ssh.server import SshServer

SERIAL = "0f0c3a7e2d7b4a439a3e"
DISKS = f"""\
disk vda 254:0 root
part vda vda 254:0
part vda vda1 254:1
disk vdc 254:32 {SERIAL}
part vdc vdc 254:32
part vdc vdc1 254:33
swap Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority
mount 21 1 254:1 / / rw,relatime - ext4 /dev/root rw
mount 22 21 0:20 / /proc rw,nosuid shared:5 - proc proc rw
"""


def told(*lines: str) -> tuple[str, ...]:
    """What the volume is used for, when the guest also tells these lines."""
    return understood(DISKS + "".join(f"{line}\n" for line in lines) + "end\n")[SERIAL].uses


def test_disks_are_known_by_their_serials_and_idle_ones_are_used_for_nothing() -> None:
    found = understood(DISKS + "end\n")
    assert found[SERIAL] == GuestDisk(device="/dev/vdc", uses=())
    assert found["root"] == GuestDisk(device="/dev/vda", uses=("it is mounted at /",))


@pytest.mark.parametrize(
    ("line", "use"),
    [
        ("mount 40 21 254:32 / /mnt rw - ext4 /dev/vdc rw", "it is mounted at /mnt"),
        ("mount 40 21 254:33 / /mnt rw - ext4 /dev/anything rw", "it is mounted at /mnt"),
        ("mount 40 21 254:33 /sub /a\\040b rw master:1 - ext4 /dev/vdc1 rw", "it is mounted at /a b"),
        ("mount 40 21 0:31 /sub /data rw - btrfs /dev/vdc1 rw", "it is mounted at /data"),
        ("mount 40 21 0:31 / /odd\u2028name rw - btrfs /dev/vdc rw", "it is mounted at /odd\u2028name"),
        ("mount 40 21 0:31 / /x\u3000-\u3000y rw - btrfs /dev/vdc rw", "it is mounted at /x\u3000-\u3000y"),
        ("swap /dev/vdc                                partition\t1048572\t0\t-2", "it is swapped on"),
        ("swap /dev/vdc1                               partition\t1048572\t0\t-2", "it is swapped on"),
        ("held vdc dm-0", "dm-0 stands on it"),
        ("held vdc md127", "md127 stands on it"),
        ("open vdc1 ext4/vdc1", "a file system on it is in use (ext4)"),
        ("open vdc btrfs/0c6b-11/devices/vdc", "a file system on it is in use (btrfs)"),
    ],
)
def test_every_way_to_use_a_disk_is_told_in_words(line: str, use: str) -> None:
    assert told(line) == (use,)


@pytest.mark.parametrize(
    "line",
    [
        "mount 40 21 254:1 / /other rw - ext4 /dev/vda1 rw",
        "mount 40 21 0:44 / /net rw - nfs server:/export rw",
        "mount 40 21 0:45 / /nothing rw - tmpfs",
        "mount 40 21 0:45 / /nothing rw",
        "swap /home/swapfile file\t1048572\t0\t-2",
        "open features ext4/features",
        "held vda dm-0",
    ],
)
def test_the_use_of_other_disks_is_not_held_against_this_one(line: str) -> None:
    assert told(line) == ()


def test_a_mount_that_only_another_namespace_sees_counts() -> None:
    assert told(
        "mount 90 88 254:32 / /var/lib/container/data rw - ext4 /dev/vdc rw",
        "mount 91 88 0:20 / /proc rw - proc proc rw",
    ) == ("it is mounted at /var/lib/container/data",)


def test_the_same_use_is_told_once_and_different_ones_each() -> None:
    line = "mount {} 21 254:33 / {} rw - ext4 /dev/vdc1 rw"
    uses = told(line.format(40, "/a"), line.format(41, "/a"), line.format(42, "/b"), "open vdc1 ext4/vdc1")
    assert uses == ("it is mounted at /a", "it is mounted at /b")


def test_disks_without_a_serial_are_left_out() -> None:
    text = "disk vda 254:0 \npart vda vda 254:0\nmount 1 0 254:0 / / rw - ext4 /dev/vda rw\nend\n"
    assert understood(text) == {}


@pytest.mark.parametrize(
    "text", ["", "\n\n", DISKS, f"{DISKS}end of it\n", f"{DISKS}end\nsh: stray words\n", "\0\ufffd\x1b[2J"]
)
def test_an_answer_without_its_end_is_no_answer(text: str) -> None:
    with pytest.raises(CloudUnreachable, match="to the end"):
        understood(text)


def test_lines_of_another_shape_are_passed_over() -> None:
    odd = [
        "disk",
        "part vdc",
        "held",
        "swap",
        "mount",
        "open",
        "disk a b c d e",
        "mount - - - - -",
        "\0 \x1b[2J",
    ]
    assert told(*odd) == ()


def test_the_guest_is_asked_over_ssh_and_answers_to_the_end(machine: SshServer, identity: Path) -> None:
    found = guest_disks.ask(machine.instance(), [identity])
    assert all(one.device.startswith(("/dev/vd", "/dev/sd")) for one in found.values())


def test_a_guest_that_refuses_the_key_cannot_be_asked(machine: SshServer, identity: Path) -> None:
    with pytest.raises(NotAllowed):
        guest_disks.ask(machine.instance(user="somebody"), [identity])


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("yes 'disk vdc 254:32 serial'", "without end"),
        ("yes complaint >&2", "without end"),
        ("head -c 300000 /dev/urandom", "to the end"),
        ("echo disk vdc 254:32 serial; exit 1", "to the end"),
        ("echo complaint >&2", "to the end"),
    ],
)
def test_a_guest_that_tells_nonsense_is_not_believed(
    machine: SshServer, identity: Path, monkeypatch: pytest.MonkeyPatch, script: str, complaint: str
) -> None:
    monkeypatch.setattr(guest_disks, "_SCRIPT", script)
    with pytest.raises(CloudUnreachable, match=complaint):
        guest_disks.ask(machine.instance(), [identity])


def test_what_the_guest_says_beside_its_answer_is_not_taken_for_it(
    machine: SshServer, identity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest_disks, "_SCRIPT", f"printf '{DISKS}end\\n' | cat; echo 'held vdc dm-0' >&2")
    assert guest_disks.ask(machine.instance(), [identity])[SERIAL].uses == ()
