"""`attach-volume` and `detach-volume`, with a guest that is really asked over SSH."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Callable

import msgspec
import pytest

from slshell.client.cloud import Cloud, LocalLink
from slshell.commands.environment import Environment
from slshell.commands.registry import Result, run_line
from slshell.model.errors import Conflict, ExitCode
from slshell.model.instance import State
from slshell.model.volume import DetachRequest, VolumeState, by_id_of, serial_of
from slshell.output.writer import Output
from slshell.ssh import guest_disks
from tests.unit.client.served import ServedCloud
from tests.unit.client.served_volumes import volume
from tests.unit.ssh.server import SshServer

ONE, TWO = volume(1).id, volume(2).id
BY_ID = by_id_of(serial_of(ONE))
Run = Callable[[str], Result]
Guest = Callable[..., None]


@pytest.fixture
def run(served: ServedCloud, machine: SshServer) -> Run:
    """Runs one line in a cloud whose machine 1 is the SSH server, and which has two volumes."""
    served.put(machine.instance())
    for number in (1, 2):
        served.put(volume(number))

    def call(line: str) -> Result:
        made = Environment(output=Output(stdout=io.StringIO(), stderr=io.StringIO()), stdin=io.StringIO())
        made.make_cloud = lambda profile, start, notice: Cloud(LocalLink(served.home, start=False))
        return run_line(line, made)

    return call


@pytest.fixture
def guest(monkeypatch: pytest.MonkeyPatch) -> Guest:
    """`guest("vdq", "mount …")`: the first volume is vdq there, and these lines are told as well."""

    def tell(name: str, *lines: str) -> None:
        disk = [f"disk {name} 254:256 {serial_of(ONE)}", f"part {name} {name} 254:256"]
        script = "printf '%s\\n' " + shlex.join([*disk, *lines, "end"])
        monkeypatch.setattr(guest_disks, "_SCRIPT", script)

    return tell


def plugged(served: ServedCloud, **changes: object) -> None:
    """Let the first volume be in machine 1."""
    values: dict[str, object] = {"state": VolumeState.ATTACHED, "instance_id": 1, "device": "/dev/vdq"}
    served.put(volume(1, **(values | changes)))


def detaching(served: ServedCloud) -> list[DetachRequest]:
    """What the cloud was asked to take out."""
    return [
        msgspec.json.decode(body, type=DetachRequest)
        for _, target, body in served.requests
        if target.endswith("/detach")
    ]


def test_the_device_is_what_the_guest_calls_it_and_the_cloud_is_told(
    run: Run, guest: Guest, served: ServedCloud
) -> None:
    guest("vdq")
    result = run(f"attach-volume --instance 1 {ONE}")
    assert (result.exit_code, result.output) == (0, f"ATTACHED {ONE} in VM 1 on /dev/vdq {BY_ID}\n")
    assert (served.volumes.one(ONE).device, served.volumes.one(ONE).device_known) == ("/dev/vdq", True)


def test_several_volumes_go_in_and_a_device_that_the_guest_does_not_show_is_a_guess(
    run: Run, guest: Guest
) -> None:
    guest("vdq")
    result = run(f"attach-volume -i vm-1 {ONE} disk-2")
    first, second = result.output.splitlines()
    assert first == f"ATTACHED {ONE} in VM 1 on /dev/vdq {BY_ID}"
    assert second == f"ATTACHED {TWO} in VM 1 on /dev/vdc (a guess) {by_id_of(serial_of(TWO))}"
    assert result.notices == "the device is a guess: the guest does not show the disk yet\n"


def test_where_the_guest_cannot_be_asked_the_device_is_a_guess_and_why_is_told(
    run: Run, machine: SshServer
) -> None:
    machine.stop_listening()
    result = run(f"attach-volume --instance 1 {ONE}")
    assert result.exit_code == 0
    assert result.output == f"ATTACHED {ONE} in VM 1 on /dev/vdc (a guess) {BY_ID}\n"
    assert "the device is a guess: " in result.notices
    assert "does not answer" in result.notices


def test_a_device_that_the_cloud_does_not_believe_stays_a_guess(
    run: Run, guest: Guest, served: ServedCloud
) -> None:
    guest("../../etc")
    served.failures[f"/v1/volumes/{ONE}/device"] = Conflict("that is not the path of a disk")
    result = run(f"attach-volume --instance 1 {ONE}")
    assert "/dev/vdc (a guess)" in result.output
    assert "that is not the path of a disk" in result.notices


def test_who_holds_a_volume_is_told_and_the_others_go_in(run: Run, guest: Guest, served: ServedCloud) -> None:
    guest("vdq")
    served.failures[f"/v1/volumes/{TWO}/attach"] = Conflict(
        f"volume {TWO} is held by instance 9", hint="a volume can be in one machine at a time"
    )
    result = run(f"attach-volume --instance 1 {TWO} {ONE} -o json")
    assert [each["id"] for each in json.loads(result.output)] == [ONE]
    assert result.exit_code == ExitCode.CONFLICT
    assert "held by instance 9" in result.notices


def test_a_volume_that_did_not_go_in_says_why(run: Run, served: ServedCloud) -> None:
    served.volumes.ends["attach"] = {
        "state": VolumeState.AVAILABLE, "instance_id": None, "reason": "another program has it open"
    }  # fmt: skip
    result = run(f"attach-volume --instance 1 {ONE}")
    assert (result.exit_code, result.output) == (ExitCode.CONFLICT, "")
    assert "attaching disk-1 did not work: another program has it open" in result.notices


def test_what_the_guest_does_not_use_comes_out(run: Run, guest: Guest, served: ServedCloud) -> None:
    plugged(served)
    guest("vdq")
    result = run("detach-volume disk-1")
    assert (result.exit_code, result.output) == (0, f"DETACHED {ONE} from VM 1 on /dev/vdq\n")
    assert detaching(served) == [DetachRequest(instance_id=1, guest_does_not_use_it=True)]
    assert served.volumes.one(ONE).state is VolumeState.AVAILABLE


@pytest.mark.parametrize(
    ("line", "use"),
    [
        ("mount 40 21 254:256 / /mnt rw - ext4 /dev/vdq rw", "it is mounted at /mnt"),
        ("swap /dev/vdq partition 1 0 -2", "it is swapped on"),
        ("held vdq dm-0", "dm-0 stands on it"),
        ("open vdq xfs/vdq", "a file system on it is in use (xfs)"),
    ],
)
def test_what_the_guest_uses_is_not_pulled_out(
    run: Run, guest: Guest, served: ServedCloud, line: str, use: str
) -> None:
    plugged(served)
    guest("vdq", line)
    result = run("detach-volume disk-1")
    assert result.exit_code == ExitCode.CONFLICT
    assert f"machine 1 uses volume {ONE} (/dev/vdq): {use}" in result.notices
    assert "umount /dev/vdq" in result.notices
    assert detaching(served) == []
    assert served.volumes.one(ONE).state is VolumeState.ATTACHED


def test_a_guest_that_cannot_be_asked_wants_force_and_the_danger_is_told(
    run: Run, machine: SshServer, served: ServedCloud
) -> None:
    plugged(served)
    machine.stop_listening()
    result = run("detach-volume disk-1")
    assert result.exit_code == ExitCode.CONFLICT
    assert "cannot be asked whether it uses the volume" in result.notices
    assert "--force pulls it out" in result.notices
    assert "would be ruined" in result.notices
    assert detaching(served) == []


def test_force_pulls_it_out_without_asking_the_guest(
    run: Run, machine: SshServer, served: ServedCloud
) -> None:
    plugged(served)
    result = run("detach-volume disk-1 --force")
    assert result.output == f"DETACHED {ONE} from VM 1 on /dev/vdq\n"
    assert detaching(served) == [DetachRequest(instance_id=1, force=True)]
    assert machine.sessions == []


def test_an_answer_without_its_end_is_not_taken_for_no_use(
    run: Run, served: ServedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugged(served)
    monkeypatch.setattr(guest_disks, "_SCRIPT", f"echo disk vdq 254:256 {serial_of(ONE)}")
    result = run("detach-volume disk-1")
    assert result.exit_code == ExitCode.CONFLICT
    assert "did not answer to the end" in result.notices
    assert detaching(served) == []


def test_a_guest_that_does_not_let_go_keeps_the_volume_and_that_is_told(
    run: Run, guest: Guest, served: ServedCloud
) -> None:
    plugged(served)
    guest("vdq")
    served.volumes.ends["detach"] = {"reason": "the guest has not let go yet"}
    result = run("detach-volume disk-1 --timeout 0.05")
    assert (result.exit_code, result.output) == (ExitCode.TIMED_OUT, "")
    assert "is still detaching after 0.05 s" in result.notices
    assert "the guest has not let go yet" in result.notices


def test_a_guest_that_refuses_to_let_go_is_told(run: Run, guest: Guest, served: ServedCloud) -> None:
    plugged(served)
    guest("vdq")
    served.volumes.ends["detach"] = {
        "state": VolumeState.ATTACHED,
        "reason": "not detached: the guest refuses",
    }
    result = run("detach-volume disk-1")
    assert result.exit_code == ExitCode.CONFLICT
    assert "not detached: the guest refuses" in result.notices


def test_a_free_volume_is_not_detached(run: Run, served: ServedCloud) -> None:
    result = run("detach-volume disk-1")
    assert result.exit_code == ExitCode.CONFLICT
    assert "is not attached to any machine" in result.notices


@pytest.mark.parametrize("why", ["it came with the launch", "it is held by instance 9"])
def test_the_cloud_refuses_what_it_knows_better_without_the_guest_being_asked(
    run: Run, machine: SshServer, served: ServedCloud, why: str
) -> None:
    plugged(served, at_launch=why.endswith("launch"), instance_id=1 if why.endswith("launch") else 9)
    served.failures[f"/v1/volumes/{ONE}/detach"] = Conflict(why)
    result = run(f"detach-volume --instance 1 {ONE}")
    assert result.exit_code == ExitCode.CONFLICT
    assert why in result.notices
    assert machine.sessions == []


def test_a_machine_that_is_off_gives_back_without_being_asked(
    run: Run, machine: SshServer, served: ServedCloud
) -> None:
    served.put(machine.instance(state=State.UNKNOWN, reachable=False))
    plugged(served)
    run("detach-volume disk-1")
    assert detaching(served) == [DetachRequest(instance_id=1)]
    assert machine.sessions == []


def test_hostile_words_of_a_guest_cannot_steer_the_terminal(
    run: Run, guest: Guest, served: ServedCloud
) -> None:
    plugged(served)
    guest("vdq", "mount 40 21 254:256 / /\x1b[2J\u202e rw - ext4 /dev/vdq rw")
    told = run("detach-volume disk-1").notices
    assert "mounted at /\\x1b[2J\\u202e" in told
    assert "\x1b" not in told
