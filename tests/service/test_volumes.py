"""Volumes over HTTP: made, changed, kept, cloned, deleted and brought back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from slshell.backend.services import volume_records
from slshell.backend.services import volume_rules as rules
from slshell.backend.store.tables.volumes import attachments
from slshell.client.cloud import new_request_id
from slshell.model.errors import Conflict, NoCapacity, NotAllowed, NotFound, SlshellError, UsageError
from slshell.model.volume import (
    GIB,
    SnapshotRequest,
    Visibility,
    Volume,
    VolumeRequest,
    VolumeUpdate,
)
from tests.service.conftest import Running, serve
from tests.service.test_instances import ask


def asked(**values: object) -> VolumeRequest:
    """A request with an id of its own."""
    return VolumeRequest(request_id=new_request_id(), **values)  # type: ignore[arg-type]


def made(running: Running, **values: object) -> Volume:
    """A volume that is ready."""
    one = running.client.create_volume(asked(**({"size_gib": 1} | values)))
    return settled(running, one.id)


def settled(running: Running, volume_id: str, state: str = "available") -> Volume:
    """The volume once it is in that state and nobody works on it."""
    return running.watch.volume(volume_id, lambda one: one.state == state and not one.progress)


def snapshot(running: Running, one: Volume, name: str) -> Volume:
    """The volume once it has a snapshot of that name."""
    running.client.snapshot_volume(one.id, SnapshotRequest(request_id=new_request_id(), name=name))
    return running.watch.volume(one.id, lambda now: name in [each.name for each in now.snapshots])


def test_a_new_volume_is_private_empty_and_thin(running: Running) -> None:
    one = made(running, size_gib=5, tag="myprivate-disk")
    assert (one.tag, one.size_bytes, one.visibility) == ("myprivate-disk", 5 * GIB, "private")
    assert 0 < one.allocated_bytes < 1 << 20
    assert [each.id for each in running.client.volumes()] == [one.id]


@pytest.mark.parametrize("size", [0, -1, 1025])
def test_a_size_beyond_the_limits_is_refused_and_the_limits_told(running: Running, size: int) -> None:
    with pytest.raises(UsageError, match=f"{size} GiB") as refused:
        running.client.create_volume(asked(size_gib=size))
    assert "1 to 1024 GiB" in refused.value.hint
    assert running.client.volumes(all=True) == []


@pytest.mark.parametrize("tag", ["x" * 41, "bell\x07", "two\nlines"])
def test_a_tag_that_cannot_be_is_refused(running: Running, tag: str) -> None:
    with pytest.raises(UsageError, match="tag"):
        running.client.create_volume(asked(size_gib=1, tag=tag))


def test_a_repeated_request_makes_no_second_volume(running: Running) -> None:
    request = asked(size_gib=1)
    first, second = running.client.create_volume(request), running.client.create_volume(request)
    assert first.id == second.id
    assert len(running.client.volumes()) == 1


def test_tag_and_visibility_change(running: Running) -> None:
    one = made(running)
    changed = running.client.update_volume(one.id, VolumeUpdate(tag="new", visibility=Visibility.PUBLIC))
    assert (changed.tag, changed.visibility) == ("new", "public")
    assert running.client.update_volume(one.id, VolumeUpdate()).tag == "new"
    assert [each.id for each in running.client.volumes(tag="n*")] == [one.id]
    assert running.client.volumes(tag="m*") == []


def test_growing_works_and_shrinking_is_refused(running: Running) -> None:
    one = made(running)
    running.client.resize_volume(one.id, 3)
    assert settled(running, one.id).size_bytes == 3 * GIB
    with pytest.raises(UsageError, match="cannot shrink to 2"):
        running.client.resize_volume(one.id, 2)


def test_a_deleted_volume_is_hidden_comes_back_and_ends_when_purged(running: Running) -> None:
    one = made(running)
    gone = running.client.delete_volume(one.id)
    assert (gone.state, gone.purge_at is not None) == ("deleted", True)
    assert running.client.volumes() == []
    assert [each.id for each in running.client.volumes(all=True)] == [one.id]
    assert running.client.storage().quarantined_bytes == one.allocated_bytes
    assert running.client.undelete_volume(one.id).state == "available"
    with pytest.raises(Conflict, match="to purge it, it must be deleted"):
        running.client.purge_volume(one.id)
    running.client.delete_volume(one.id)
    running.client.purge_volume(one.id)
    running.watch.no_volume(one.id)
    with pytest.raises(NotFound):
        running.client.undelete_volume(one.id)
    assert running.cloud.engine.volumes.usage([one.id]) == {}


def test_what_nobody_keeps_is_purged_at_once(short_folder: Path, appliances_folder: Path) -> None:
    for running in serve(short_folder, quarantine_hours=0):
        one = made(running)
        running.client.delete_volume(one.id)
        running.watch.no_volume(one.id)


@pytest.mark.parametrize("hours", [0, 1])
def test_a_volume_that_is_gone_before_the_answer_is_written_is_answered_as_it_was(
    short_folder: Path, appliances_folder: Path, hours: int
) -> None:
    for running in serve(short_folder, quarantine_hours=hours):
        one, storage = made(running), running.cloud.storage

        def slowly(volume_id: str = one.id, at: Running = running) -> None:
            at.cloud.storage.wake()
            at.watch.no_volume(volume_id)

        if hours:
            running.client.delete_volume(one.id)
        slow = dataclasses.replace(storage, wake=slowly)
        gone = (slow.purge if hours else slow.delete)(one.id, one.owner)
        assert (gone.id, gone.state) == (one.id, "purging")


def test_quarantine_ends_by_itself(running: Running) -> None:
    one = made(running)
    running.client.delete_volume(one.id)
    with running.cloud.database.write() as write:
        rules.quarantine(write, one.id, hours=0)
    running.cloud.watch.nudge()
    running.watch.no_volume(one.id)


def test_a_clone_is_a_volume_of_its_own(running: Running) -> None:
    one = made(running, tag="origin")
    clone = made(running, size_gib=2, source=one.id)
    assert (clone.size_bytes, clone.origin) == (2 * GIB, "a clone of origin")
    with pytest.raises(UsageError, match="smaller than its source"):
        running.client.create_volume(asked(size_gib=1, source=clone.id))
    running.client.delete_volume(one.id)
    running.client.purge_volume(one.id)
    running.watch.no_volume(one.id)
    assert running.client.volume(clone.id).state == "available"


def test_snapshots_are_named_listed_cloned_and_forgotten(running: Running) -> None:
    one = snapshot(running, made(running), "before")
    with pytest.raises(Conflict, match="a snapshot “before” already"):
        snapshot(running, one, "before")
    clone = made(running, size_gib=None, source=one.id, snapshot="before")
    assert clone.size_bytes == one.size_bytes
    with pytest.raises(NotFound, match="no snapshot “after”") as refused:
        running.client.revert_volume(one.id, "after")
    assert "before" in refused.value.hint
    running.client.delete_snapshot(one.id, "before")
    assert running.client.volume(one.id).snapshots == ()


def test_going_back_keeps_what_was_there(running: Running) -> None:
    one = snapshot(running, made(running), "old")
    running.client.resize_volume(one.id, 2)
    settled(running, one.id)
    running.client.revert_volume(one.id, "old")
    back = running.watch.volume(one.id, lambda now: len(now.snapshots) == 2 and not now.progress)
    assert back.size_bytes == GIB
    (kept,) = [each for each in back.snapshots if each.name != "old"]
    assert (kept.name.startswith("before-"), kept.size_bytes) == (True, 2 * GIB)
    running.client.revert_volume(one.id, kept.name)
    again = running.watch.volume(one.id, lambda now: len(now.snapshots) == 3 and not now.progress)
    assert again.size_bytes == 2 * GIB


def test_a_forgotten_state_that_nothing_stands_on_takes_no_space(running: Running) -> None:
    one = snapshot(running, made(running), "old")
    running.client.revert_volume(one.id, "old")
    back = running.watch.volume(one.id, lambda now: len(now.snapshots) == 2 and not now.progress)
    with running.cloud.database.read() as connection:
        before = volume_records.snapshot_row(connection, one.id, back.snapshots[-1].name).handle
    assert running.cloud.engine.volumes.usage([before])
    running.client.delete_snapshot(one.id, back.snapshots[-1].name)
    running.watch.volume(one.id, lambda _now: running.cloud.engine.volumes.usage([before]) == {})
    assert settled(running, one.id).allocated_bytes > 0


def test_layers_of_forgotten_snapshots_melt(running: Running) -> None:
    one = snapshot(running, made(running), "kept")
    store = running.cloud.engine.volumes
    with running.cloud.database.read() as connection:
        (top, frozen) = sorted(volume_records.handles(connection), key=len, reverse=True)
    running.client.delete_snapshot(one.id, "kept")
    running.watch.volume(one.id, lambda _now: store.usage([frozen]) == {})
    assert store.usage([top]) == {}
    assert settled(running, one.id).allocated_bytes > 0


def test_more_than_the_disk_can_hold_is_not_promised(short_folder: Path, appliances_folder: Path) -> None:
    for running in serve(short_folder, disk_overcommit=1e-9):
        with pytest.raises(NoCapacity, match="can still be promised") as refused:
            running.client.create_volume(asked(size_gib=1))
        assert "disk_overcommit" in refused.value.hint
        assert running.client.volumes(all=True) == []


def test_promises_and_a_full_disk_are_told(short_folder: Path, appliances_folder: Path) -> None:
    for running in serve(short_folder, disk_warning_percent=100):
        made(running, size_gib=2)
        status = running.client.storage()
        assert GIB < status.promised_bytes <= 2 * GIB
        assert status.warning.startswith("the disk fills up")
        assert status.pool.startswith("dir /")
        running.cloud.watch.nudge()
        running.watch.event(lambda one: one.kind == "storage" and "the disk fills up" in one.text)


def test_a_volume_of_another_is_not_seen_and_a_public_one_not_changed(running: Running) -> None:
    one = made(running)
    storage = running.cloud.storage
    with pytest.raises(NotFound):
        storage.get(one.id, "somebody")
    running.client.update_volume(one.id, VolumeUpdate(visibility=Visibility.PUBLIC))
    assert storage.get(one.id, "somebody").id == one.id
    with pytest.raises(NotAllowed, match="Not enough rights to delete disk"):
        storage.delete(one.id, "somebody")
    with pytest.raises(NotAllowed):
        storage.update(one.id, VolumeUpdate(tag="mine"), "somebody")
    assert running.client.volume(one.id).tag == one.tag


@pytest.mark.parametrize("wrong", ["nonsense", "../../etc", "A" * 36, "3F0C8B52-7E0E-4B47-9C9A-0D6C1D8B3E11"])
def test_what_is_no_uuid_is_refused(running: Running, wrong: str) -> None:
    with pytest.raises(SlshellError) as refused:
        running.client.volume(wrong)
    assert isinstance(refused.value, (UsageError, NotFound))


def test_the_table_itself_lets_no_second_machine_have_a_volume(running: Running) -> None:
    one = made(running)
    first, second = running.client.run_instance(ask(count=2))
    values = {
        "volume_id": one.id, "device": "", "device_known": False, "at_launch": False,
        "attached_at": one.created_at,
    }  # fmt: skip
    with pytest.raises(IntegrityError), running.cloud.database.write() as write:
        for instance in (first, second):
            write.connection.execute(insert(attachments).values(instance_id=instance.id, **values))


def test_the_changes_tell_of_volumes(running: Running) -> None:
    before = running.client.changes(0, 0).revision
    one = made(running)
    changes = running.client.changes(before, 0)
    assert [each.id for each in changes.volumes] == [one.id]
    running.client.delete_volume(one.id)
    running.client.purge_volume(one.id)
    running.watch.no_volume(one.id)
    gone = running.client.changes(changes.revision, 0).gone
    assert [(each.kind, each.id) for each in gone] == [("volume", one.id)]
