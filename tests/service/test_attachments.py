"""Volumes in machines: one machine at a time, whoever asks and however many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from slshell.client.cloud import new_request_id
from slshell.model.errors import Conflict, NotFound, SlshellError, UsageError
from slshell.model.instance import Instance, State
from slshell.model.volume import GIB, DetachRequest, DeviceReport, DiskKind, SnapshotRequest, Volume
from tests.service.conftest import Running
from tests.service.test_instances import ask
from tests.service.test_volumes import made, settled


def machine(running: Running, **wanted: object) -> Instance:
    """A machine that runs."""
    [one] = running.client.run_instance(ask(**wanted))
    return running.wait(one.id, State.RUNNING)


def attached(running: Running, one: Volume, instance: Instance) -> Volume:
    """The volume once it is in the machine."""
    running.client.attach_volume(one.id, instance.id)
    return settled(running, one.id, "attached")


def detach(running: Running, one: Volume, instance: Instance, **how: bool) -> Volume:
    """Ask for a volume back."""
    return running.client.detach_volume(one.id, DetachRequest(instance_id=instance.id, **how))


def test_a_volume_goes_in_and_out(running: Running) -> None:
    one, instance = made(running, tag="data"), machine(running)
    there = attached(running, one, instance)
    assert (there.instance_id, there.at_launch, there.device_known) == (instance.id, False, False)
    assert there.device.startswith("/dev/vd")
    assert there.by_id == f"/dev/disk/by-id/virtio-{one.id.replace('-', '')[:20]}"
    disk = running.client.instance(instance.id).disks[-1]
    assert (disk.kind, disk.source, disk.name) == (DiskKind.PERSISTENT, one.id, "data")
    assert [each.id for each in running.client.volumes(instance=instance.id)] == [one.id]

    assert detach(running, one, instance, guest_does_not_use_it=True).state == "detaching"
    free = settled(running, one.id)
    assert (free.instance_id, free.device, free.by_id) == (None, "", "")
    assert one.id not in [each.source for each in running.client.instance(instance.id).disks]
    assert running.cloud.engine.volumes.attached(_engine_id(running, instance)) == frozenset()


def test_of_a_hundred_attaches_at_once_exactly_one_wins_and_the_others_are_told_who(running: Running) -> None:
    one = made(running)
    machines = [machine(running) for _ in range(4)]

    def attach(number: int) -> Volume | SlshellError:
        try:
            return running.client.again().attach_volume(one.id, machines[number % 4].id)
        except SlshellError as error:
            return error

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(attach, range(100)))
    winners = [answer for answer in answers if isinstance(answer, Volume)]
    assert len(winners) == 1
    holder = winners[0].instance_id
    refusals = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(refusals) == 99
    assert {refusal.details["holder"] for refusal in refusals} == {holder}
    assert all(f"held by instance {holder}" in refusal.message for refusal in refusals)
    assert settled(running, one.id, "attached").instance_id == holder


def test_only_a_running_machine_takes_a_volume(running: Running) -> None:
    one, instance = made(running), machine(running)
    running.client.kill(instance.id)
    running.wait(instance.id, State.DONE)
    with pytest.raises(Conflict, match="not in running state"):
        running.client.attach_volume(one.id, instance.id)
    with pytest.raises(NotFound):
        running.client.attach_volume(one.id, 99)
    assert running.client.volume(one.id).state == "available"


def test_a_held_volume_is_not_deleted_reverted_or_attached_elsewhere(running: Running) -> None:
    one, instance, other = made(running), machine(running), machine(running)
    attached(running, one, instance)
    held = pytest.raises(Conflict, match=f"held by instance {instance.id}")
    with held:
        running.client.delete_volume(one.id)
    with held:
        running.client.revert_volume(one.id, "any")
    with held:
        running.client.attach_volume(one.id, other.id)


def test_nothing_is_pulled_out_unless_somebody_has_made_sure(running: Running) -> None:
    one, instance = made(running), machine(running)
    attached(running, one, instance)
    with pytest.raises(Conflict, match="nobody has made sure") as refused:
        detach(running, one, instance)
    assert "ruin" in refused.value.hint
    assert running.client.volume(one.id).state == "attached"
    detach(running, one, instance, force=True)
    settled(running, one.id)


def test_what_is_not_attached_there_cannot_be_detached(running: Running) -> None:
    one, instance, other = made(running), machine(running), machine(running)
    with pytest.raises(Conflict, match="nobody holds it"):
        detach(running, one, instance, force=True)
    attached(running, one, instance)
    with pytest.raises(Conflict, match=f"held by instance {instance.id}"):
        detach(running, one, other, force=True)
    detach(running, one, instance, force=True)
    settled(running, one.id)
    with pytest.raises(Conflict, match="not attached"):
        detach(running, one, instance, force=True)


def test_a_launch_takes_all_kinds_of_disks_each_in_its_place(running: Running) -> None:
    first, second = made(running, tag="one"), made(running, size_gib=2, tag="two")
    instance = machine(
        running, volumes=(first.id, second.id), volatile_gib=(3, 1), statics=("flora-and-fauna",), swap_mib=64
    )
    there = running.client.volume(first.id)
    assert (there.state, there.instance_id, there.at_launch) == ("attached", instance.id, True)
    assert [(one.kind, one.size_bytes, one.device) for one in instance.disks][1:] == [
        ("swap", 64 << 20, "/dev/vdb"),
        ("volatile", 3 * GIB, "/dev/vdc"),
        ("volatile", GIB, "/dev/vdd"),
        ("persistent", GIB, "/dev/vde"),
        ("persistent", 2 * GIB, "/dev/vdf"),
        ("read-only", instance.disks[-1].size_bytes, "/dev/vdg"),
    ]
    assert there.device == "/dev/vde"
    with pytest.raises(Conflict, match="launch"):
        detach(running, first, instance, force=True)
    running.client.kill(instance.id)
    running.wait(instance.id, State.DONE)
    assert {running.client.volume(one.id).state for one in (first, second)} == {"available"}


def test_several_machines_are_not_given_one_volume_and_none_starts(running: Running) -> None:
    one = made(running)
    with pytest.raises(UsageError, match="cannot share a persistent disk"):
        running.client.run_instance(ask(count=5, volumes=(one.id,)))
    assert running.client.instances(all=True) == []
    assert running.client.volume(one.id).state == "available"


def test_a_launch_with_a_held_volume_is_refused_and_leaves_nothing(running: Running) -> None:
    one, free = made(running), made(running)
    holder = machine(running, volumes=(one.id,))
    with pytest.raises(Conflict, match=f"held by instance {holder.id}"):
        running.client.run_instance(ask(volumes=(free.id, one.id)))
    assert [each.id for each in running.client.instances(all=True)] == [holder.id]
    assert running.client.volume(free.id).state == "available"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"volatile_gib": (0,)}, "0 GiB"),
        ({"volatile_gib": (1,) * 17}, "16 further disks"),
        ({"statics": ("ttylinux",)}, "not a static disk"),
        ({"appliance": "flora-and-fauna"}, "no machine starts from it"),
    ],
)
def test_disks_that_cannot_be_are_refused_before_anything_starts(
    running: Running, wanted: dict[str, object], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        running.client.run_instance(ask(**wanted))
    assert running.client.instances(all=True) == []


def test_a_static_disk_is_in_many_machines_at_once(running: Running) -> None:
    made = running.client.run_instance(ask(count=3, statics=("flora-and-fauna",)))
    for one in made:
        assert running.wait(one.id, State.RUNNING).disks[-1].name == "flora-and-fauna"


def test_a_failed_launch_lets_go_of_its_volumes(running: Running) -> None:
    one = made(running)
    for path in running.cloud.catalogue.folder.iterdir():
        path.unlink()
    [instance] = running.client.run_instance(ask(volumes=(one.id,)))
    running.wait(instance.id, State.FAILED)
    assert settled(running, one.id).instance_id is None


def test_what_the_guest_calls_a_disk_is_kept(running: Running) -> None:
    one, instance = made(running), machine(running)
    attached(running, one, instance)
    named = running.client.name_device(one.id, DeviceReport(instance_id=instance.id, device="/dev/vdq"))
    assert (named.device, named.device_known) == ("/dev/vdq", True)
    assert running.client.instance(instance.id).disks[-1].device == "/dev/vdq"
    with pytest.raises(UsageError):
        running.client.name_device(one.id, DeviceReport(instance_id=instance.id, device="/dev/$(reboot)"))


def test_an_attached_volume_is_kept_cloned_and_grown(running: Running) -> None:
    one, instance = made(running), machine(running)
    attached(running, one, instance)
    running.client.snapshot_volume(one.id, SnapshotRequest(request_id=new_request_id(), name="live"))
    running.watch.volume(one.id, lambda now: [each.name for each in now.snapshots] == ["live"])
    clone = made(running, size_gib=None, source=one.id)
    assert clone.state == "available"
    running.client.resize_volume(one.id, 4)
    grown = running.watch.volume(one.id, lambda now: now.size_bytes == 4 * GIB)
    assert grown.state == "attached"
    assert running.client.instance(instance.id).disks[-1].size_bytes == 4 * GIB


def test_a_killed_machines_root_disk_can_become_a_volume(running: Running) -> None:
    instance = machine(running, name="precious")
    running.client.kill(instance.id)
    running.wait(instance.id, State.DONE)
    (root,) = running.client.volumes(state="deleted")
    assert (root.tag, root.origin) == ("root of precious", "the root disk of instance 1 (precious)")
    running.client.undelete_volume(root.id)
    back = settled(running, root.id)
    assert back.size_bytes == instance.disks[0].size_bytes
    running.watch.volume(root.id, lambda _one: running.cloud.engine.volumes.retired() == [])
    assert attached(running, back, machine(running)).state == "attached"


def _engine_id(running: Running, instance: Instance) -> str:
    (found,) = [one.engine_id for one in running.cloud.engine.machines() if one.instance_id == instance.id]
    return found
