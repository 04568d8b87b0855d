"""Volumes when several things happen to them at once, or when something broke off in between."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from slshell.backend.engines.libvirt import LibvirtEngine
from slshell.backend.engines.libvirt.folder_volumes import FolderVolumes
from slshell.backend.engines.volumes import VolumeFeatures
from slshell.backend.services import records, rights
from slshell.backend.services import volume_rules as rules
from slshell.backend.services.space import SpaceService
from slshell.backend.store.tables.activity import jobs
from slshell.backend.store.tables.volumes import exports, volumes
from slshell.client.cloud import new_request_id
from slshell.model.errors import CloudUnreachable, Conflict, EngineFailed, NoCapacity, SlshellError
from slshell.model.instance import State
from slshell.model.volume import GIB, ExportRequest, SnapshotRequest, UploadRequest, Volume
from tests.service.conftest import Running
from tests.service.test_attachments import attached, detach, machine
from tests.service.test_instances import ask
from tests.service.test_volumes import asked, made, settled

WINDOW_S = 0.5
"""How long a transaction is held open for another one to slip in."""


class Gate:
    """Holds the first call of a function until it is opened."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.entered, self._open = threading.Event(), threading.Event()
        self._function = function

    def open(self) -> None:
        self._open.set()

    def __get__(self, owner: Any, _kind: Any = None) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.entered.set()
            assert self._open.wait(60)
            return self._function(owner, *arguments)

        return call


@pytest.fixture
def freezing(monkeypatch: pytest.MonkeyPatch, running: Running) -> Any:
    """Freezing a volume takes until the gate is opened."""
    gate = Gate(FolderVolumes.freeze)
    monkeypatch.setattr(FolderVolumes, "freeze", gate)
    yield gate
    gate.open()


def keep(running: Running, one: Volume, name: str) -> None:
    running.client.snapshot_volume(one.id, SnapshotRequest(request_id=new_request_id(), name=name))


def test_a_volume_that_is_being_worked_on_goes_into_no_machine(running: Running, freezing: Gate) -> None:
    one, instance = made(running), machine(running)
    keep(running, one, "first")
    assert freezing.entered.wait(60)
    with pytest.raises(Conflict, match="at work"):
        running.client.attach_volume(one.id, instance.id)
    with pytest.raises(Conflict, match="at work"):
        running.client.run_instance(ask(volumes=(one.id,)))
    freezing.open()
    settled(running, one.id)
    assert attached(running, one, instance).instance_id == instance.id


def test_a_kill_does_not_overtake_the_work_on_a_volume(running: Running, freezing: Gate) -> None:
    other, one, instance = made(running), made(running), machine(running)
    attached(running, one, instance)
    keep(running, other, "long")
    assert freezing.entered.wait(60)
    keep(running, one, "kept")
    clone = running.client.create_volume(asked(source=one.id))
    running.client.kill(instance.id)
    running.wait(instance.id, State.DONE)
    freezing.open()
    running.watch.volume(one.id, lambda now: [each.name for each in now.snapshots] == ["kept"])
    assert settled(running, clone.id).instance_id is None


def test_a_detach_that_comes_late_leaves_the_next_holder_alone(running: Running) -> None:
    one, first, second = made(running), machine(running), machine(running)
    attached(running, one, first)
    detach(running, one, first, force=True)
    settled(running, one.id)
    attached(running, one, second)
    with running.cloud.database.write() as write:
        records.add_job(write, "detach", "unplug", instance_id=first.id, volume_id=one.id)
    running.cloud.hotplug.wake()
    ended(running, "detach")
    assert running.client.volume(one.id).state == "attached"
    assert running.client.volume(one.id).instance_id == second.id


def test_deleting_and_attaching_at_once_never_do_both(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, instance = made(running), machine(running)
    done = threading.Event()

    def attach() -> None:
        try:
            running.client.again().attach_volume(one.id, instance.id)
        except SlshellError:
            pass
        finally:
            done.set()

    thread = threading.Thread(target=attach)
    may_change = rights.may_change

    def slow(*arguments: Any) -> None:
        may_change(*arguments)
        thread.start()
        done.wait(WINDOW_S)

    monkeypatch.setattr(rights, "may_change", slow)
    running.client.delete_volume(one.id)
    thread.join(60)
    after = running.client.volume(one.id)
    assert (after.state, after.instance_id) == ("deleted", None)


def test_a_machine_that_could_not_be_removed_keeps_its_volumes(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made(running)

    def refuse(*_arguments: Any) -> None:
        raise EngineFailed("the hypervisor is confused")

    with monkeypatch.context() as broken:
        broken.setattr(LibvirtEngine, "start", refuse)
        broken.setattr(LibvirtEngine, "delete", refuse)
        [instance] = running.client.run_instance(ask(volumes=(one.id,)))
        running.wait(instance.id, State.FAILED)
        assert running.client.volume(one.id).instance_id == instance.id
    running.client.kill(instance.id)
    running.wait(instance.id, State.DONE)
    assert settled(running, one.id).instance_id is None


def test_a_job_whose_volume_is_gone_ends_and_its_worker_goes_on(running: Running) -> None:
    gone = "0f7ef0a1-0000-4000-8000-000000000001"
    with running.cloud.database.write() as write:
        for _ in range(running.cloud.settings.cloud.workers + 1):
            records.add_job(write, "volume-resize", "resize", volume_id=gone, payload={"size": 1})
    running.cloud.hotplug.wake()
    ended(running, "volume-resize")
    assert made(running).state == "available"


def test_what_is_left_of_a_failed_machine_that_ran_is_not_cleared_away(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = machine(running, name="precious")

    def refuse(*_arguments: Any) -> None:
        raise EngineFailed("the hypervisor is confused")

    with monkeypatch.context() as broken:
        broken.setattr(LibvirtEngine, "stop", refuse)
        running.client.kill(instance.id)
        running.wait(instance.id, State.FAILED)
    running.cloud.reconcile.everything()
    running.client.kill(instance.id)
    running.wait(instance.id, State.DONE)
    assert [one.tag for one in running.client.volumes(state="deleted")] == ["root of precious"]


def test_a_clone_is_not_cut_off_when_its_source_has_grown_meanwhile(running: Running, freezing: Gate) -> None:
    one = made(running)
    keep(running, one, "long")
    assert freezing.entered.wait(60)
    clone = running.client.create_volume(asked(source=one.id))
    assert clone.size_bytes == GIB
    with running.cloud.database.write() as write:
        write.connection.execute(update(volumes).where(volumes.c.id == one.id).values(size_bytes=3 * GIB))
    freezing.open()
    assert settled(running, clone.id).size_bytes == 3 * GIB


def test_a_smaller_growth_that_comes_second_makes_nothing_smaller(running: Running, freezing: Gate) -> None:
    one = made(running)
    keep(running, one, "long")
    assert freezing.entered.wait(60)
    running.client.resize_volume(one.id, 4)
    running.client.resize_volume(one.id, 2)
    freezing.open()
    ended(running, "volume-resize")
    assert running.client.volume(one.id).size_bytes == 4 * GIB


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_work_that_a_machine_may_have_felt_is_tried_until_the_hypervisor_answers(running: Running) -> None:
    patience = {
        name: kind.attempts
        for runner in running.cloud._machines
        for name, kind in runner._kinds.items()
        if name in {"attach", "snapshot", "volume-clone"}
    }
    assert patience == {"attach": None, "snapshot": None, "volume-clone": None}


def test_a_volume_that_broke_off_while_it_was_made_leaves_no_file(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = FolderVolumes.create

    def break_off(store: FolderVolumes, layer: str, size_bytes: int) -> str:
        create(store, layer, size_bytes)
        raise EngineFailed("the disk is not well")

    with monkeypatch.context() as broken:
        broken.setattr(FolderVolumes, "create", break_off)
        one = running.client.create_volume(asked(size_gib=1))
        settled(running, one.id, "failed")
    assert running.cloud.engine.volumes.usage([one.id]) != {}
    running.client.delete_volume(one.id)
    running.watch.no_volume(one.id)
    assert running.cloud.engine.volumes.usage([one.id]) == {}


def test_what_was_sent_goes_with_the_volume_that_waited_for_it(running: Running) -> None:
    one = running.client.begin_upload(
        UploadRequest(request_id=new_request_id(), filename="disk.raw", size_bytes=1 << 20)
    )
    running.client._put_part(one.id, 0, b"x" * 4096)
    assert running.cloud.files.part(one.id).exists()
    running.client.delete_volume(one.id)
    assert not running.cloud.files.part(one.id).exists()


def test_a_store_that_copies_does_not_copy_what_a_machine_writes_to(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FolderVolumes, "features", VolumeFeatures(layers=False, files=False))
    one, instance = made(running), machine(running)
    attached(running, one, instance)
    with pytest.raises(Conflict, match=f"held by instance {instance.id}"):
        running.client.create_volume(asked(source=one.id))
    detach(running, one, instance, force=True)
    settled(running, one.id)
    assert made(running, size_gib=None, source=one.id).state == "available"


def test_layers_that_are_being_written_to_a_file_do_not_melt(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made(running)
    in_use: list[str] = []

    def tidy(_store: FolderVolumes, _handles: Any, opened: list[str]) -> dict[str, str]:
        in_use.extend(opened)
        return {}

    monkeypatch.setattr(FolderVolumes, "tidy", tidy)
    values = {
        "id": "0f7ef0a1-0000-4000-8000-000000000001", "volume_id": one.id, "state": "writing", "reason": "",
        "progress": "", "format": "raw", "compress": False, "handle": "top/middle/base", "size_bytes": 0,
        "sha256": "", "created_at": one.created_at,
    }  # fmt: skip
    with running.cloud.database.write() as write:
        write.connection.execute(insert(exports).values(**values))
        rules.queue_melting(write)
    running.cloud.hotplug.wake()
    ended(running, "melt")
    assert "top/middle/base" in in_use


def test_a_copy_that_does_not_fit_is_not_begun(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    one, instance = made(running), machine(running)
    running.client.kill(instance.id)
    running.wait(instance.id, State.DONE)
    (root,) = running.client.volumes(state="deleted")

    def refuse(_service: SpaceService, _wanted: int, what: str) -> None:
        raise NoCapacity(f"{what} does not fit")

    monkeypatch.setattr(SpaceService, "check", refuse)
    with pytest.raises(NoCapacity, match="the file does not fit"):
        running.client.begin_export(one.id, ExportRequest(request_id=new_request_id()))
    with pytest.raises(NoCapacity, match="root disk does not fit"):
        running.client.undelete_volume(root.id)
    assert running.client.volume(root.id).state == "deleted"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_look_at_the_storage_that_breaks_is_not_the_last(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made(running)
    broke = threading.Event()

    def vanish(*_arguments: Any) -> None:
        broke.set()
        raise OSError("stale file handle")

    with monkeypatch.context() as broken:
        broken.setattr(FolderVolumes, "usage", vanish)
        running.cloud.watch.nudge()
        assert broke.wait(60)
    running.client.delete_volume(one.id)
    with running.cloud.database.write() as write:
        rules.quarantine(write, one.id, hours=0)
    running.cloud.watch.nudge()
    running.watch.no_volume(one.id)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_place_for_volumes_that_is_away_is_told(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(*_arguments: Any) -> None:
        raise OSError("stale file handle")

    monkeypatch.setattr(shutil, "disk_usage", vanish)
    with pytest.raises(CloudUnreachable, match="folder of volumes"):
        running.cloud.space.status()


def ended(running: Running, kind: str) -> None:
    """Return when no job of a kind is left to do."""

    def look(_event: Any) -> bool:
        with running.cloud.database.read() as connection:
            states = connection.execute(select(jobs.c.state).where(jobs.c.kind == kind)).scalars().all()
        return bool(states) and set(states) <= {"done", "failed"}

    running.watch.event(look)
