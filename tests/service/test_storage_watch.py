"""Looking after the storage: what is promised, told, dropped, released and fed."""

from __future__ import annotations

import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from slshell.backend.engines.base import Power
from slshell.backend.engines.libvirt.folder_volumes import FolderVolumes
from slshell.backend.engines.volumes import Plug, Space
from slshell.backend.services import records, storage_watch
from slshell.backend.services import volume_records as rows
from slshell.backend.services.reconcile import PAUSED_FOR_DISK
from slshell.backend.services.space import RESERVE_BYTES
from slshell.backend.services.storage_watch import CALM_S, TENSE_S
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.volumes import exports
from slshell.model.errors import CloudUnreachable, NoCapacity, NotFound
from slshell.model.instance import State
from slshell.model.volume import GIB, ExportFormat, ExportState, VolumeState
from tests.service.conftest import Running, serve
from tests.service.sending import exported
from tests.service.test_attachments import attached, detach, machine
from tests.service.test_volumes import made, settled
from tests.support.folders import SessionFolder

Free = Callable[[int], None]


@pytest.fixture
def cloud(session_folder: SessionFolder, appliances_folder: Path) -> Iterator[Running]:
    """A cloud whose watch looks only when a test says so."""
    for running in serve(session_folder.new()):
        running.cloud.watch.stop()
        yield running


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Free:
    """`free(5 * GIB)`: so much of a disk of 100 GiB is free from now on."""

    def say(size: int) -> None:
        monkeypatch.setattr(FolderVolumes, "space", lambda _: Space(total_bytes=100 * GIB, free_bytes=size))

    return say


def look(running: Running) -> float:
    """Look once."""
    return running.cloud.watch.look()


def told(running: Running) -> list[str]:
    """What was told of the storage, oldest first."""
    events = [one for one in running.client.events() if one.kind == "storage"]
    return [one.text for one in sorted(events, key=lambda one: one.id)]


def promised(running: Running) -> int:
    """Bytes that may still be taken."""
    return running.client.storage().promised_bytes


def test_volumes_and_volatile_disks_are_promised_until_they_are_gone(cloud: Running) -> None:
    one = made(cloud, size_gib=2)
    volumes = promised(cloud)
    assert 2 * GIB - (1 << 20) < volumes < 2 * GIB
    instance = machine(cloud, volatile_gib=(3, 1), swap_mib=64, volumes=(one.id,))
    assert promised(cloud) == volumes + 4 * GIB
    cloud.client.kill(instance.id)
    cloud.wait(instance.id, State.DONE)
    assert promised(cloud) == volumes
    cloud.client.delete_volume(one.id)
    assert promised(cloud) == 0


def test_what_is_promised_is_not_promised_again(cloud: Running, free: Free) -> None:
    free(3 * GIB)
    made(cloud, size_gib=2)
    overcommit = cloud.cloud.settings.cloud.disk_overcommit
    left = int(3 * GIB * overcommit) - promised(cloud) - RESERVE_BYTES
    cloud.cloud.space.check(left, "the volume")
    with pytest.raises(NoCapacity, match="can still be promised") as refused:
        cloud.cloud.space.check(left + 1, "the volume")
    assert refused.value.details == {"field": "size", "limit": left}


def test_what_a_volume_takes_is_written_down_where_it_has_changed(cloud: Running) -> None:
    one, other = made(cloud), made(cloud)
    file = Path(cloud.client.storage().pool.removeprefix("dir ")) / f"{one.id}.qcow2"
    subprocess.run(["qemu-io", "-f", "qcow2", "-c", "write -q 0 4M", str(file)], check=True)
    before = cloud.client.volume(other.id).revision
    assert look(cloud) == CALM_S
    assert cloud.client.volume(one.id).allocated_bytes >= 4 << 20
    assert cloud.client.volume(other.id).revision == before


def test_a_disk_that_fills_up_is_told_once_and_so_is_its_end(cloud: Running, free: Free) -> None:
    free(90 * GIB)
    look(cloud)
    assert told(cloud) == []
    free(2 * GIB)
    look(cloud)
    free(GIB)
    look(cloud)
    assert len(told(cloud)) == 1
    assert told(cloud)[0].startswith("the disk fills up: 2.0 GiB of 100.0 GiB are free")
    assert "slshell quarantine" in told(cloud)[0]
    free(RESERVE_BYTES)
    look(cloud)
    look(cloud)
    assert told(cloud)[1].startswith("the disk is full: 256 MiB")
    free(90 * GIB)
    look(cloud)
    look(cloud)
    assert told(cloud)[2:] == ["there is enough disk space again"]


def test_files_that_nobody_fetches_are_dropped_after_a_day(cloud: Running) -> None:
    one = made(cloud)
    old, new, at_work = (exported(cloud, one.id, format=ExportFormat.QCOW2) for _ in range(3))
    long_ago = utc_now() - timedelta(hours=25)
    with cloud.cloud.database.write() as write:
        aged = update(exports).values(created_at=long_ago)
        write.connection.execute(aged.where(exports.c.id.in_([old.id, at_work.id])))
        writing = update(exports).where(exports.c.id == at_work.id).values(state=ExportState.WRITING.value)
        write.connection.execute(writing)
    look(cloud)
    with pytest.raises(NotFound):
        cloud.client.export(old.id)
    kept = sorted(f"{each.id}.qcow2" for each in (new, at_work))
    assert sorted(cloud.cloud.engine.volumes.files()) == kept


def test_a_root_disk_that_nobody_knows_is_told_of_once_and_left_alone(cloud: Running) -> None:
    store = cloud.cloud.engine.volumes
    assert isinstance(store, FolderVolumes)
    name = f"7-{uuid.uuid4()}"
    stray = store._site().retired / f"{name}.qcow2"
    stray.write_bytes(b"precious")
    look(cloud)
    look(cloud)
    assert told(cloud) == [f"a root disk (retired:{name}) has no owner; it was left alone"]
    assert stray.read_bytes() == b"precious"


def test_the_root_disk_of_a_killed_machine_is_no_stray(cloud: Running) -> None:
    instance = machine(cloud)
    cloud.client.kill(instance.id)
    cloud.wait(instance.id, State.DONE)
    assert len(cloud.cloud.engine.volumes.retired()) == 1
    look(cloud)
    assert told(cloud) == []


def test_a_guest_that_has_not_let_go_is_only_asked_when_somebody_says_so(
    cloud: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, instance = made(cloud), machine(cloud)
    attached(cloud, one, instance)
    answers = [Plug.IN]
    real = FolderVolumes.detach

    def answer(self: FolderVolumes, engine_id: str, volume_id: str) -> Plug:
        return answers.pop() if answers else real(self, engine_id, volume_id)

    monkeypatch.setattr(FolderVolumes, "detach", answer)
    detach(cloud, one, instance, force=True)
    cloud.watch.volume(one.id, lambda now: now.reason.startswith("the guest has not let go yet"))
    _until_idle(cloud, one.id)
    assert look(cloud) == TENSE_S
    assert not any(_open_jobs(cloud, one.id))
    assert cloud.client.volume(one.id).state == "detaching"
    detach(cloud, one, instance, force=True)
    assert settled(cloud, one.id).instance_id is None
    assert look(cloud) == CALM_S


def test_a_volume_whose_guest_let_go_unheard_is_released(cloud: Running) -> None:
    one, instance = made(cloud), machine(cloud)
    attached(cloud, one, instance)
    with cloud.cloud.database.write() as write:
        rows.change_volume(write, one.id, state=VolumeState.DETACHING.value)
        engine_id = records.instance_row(write.connection, instance.id).engine_id
    assert look(cloud) == TENSE_S
    assert cloud.client.volume(one.id).state == "detaching"
    assert cloud.cloud.engine.volumes.detach(engine_id, one.id) is Plug.OUT
    look(cloud)
    assert settled(cloud, one.id).instance_id is None


def test_machines_that_wait_for_space_go_on_once_there_is_some(cloud: Running, free: Free) -> None:
    instance = machine(cloud)
    with cloud.cloud.database.read() as connection:
        engine_id = records.instance_row(connection, instance.id).engine_id
    engine = cloud.cloud.engine
    engine._call("pause", lambda raw: raw.lookupByUUIDString(engine_id).suspend())  # type: ignore[attr-defined]
    cloud.watch.instance(instance.id, lambda now: now.reason.startswith("paused"))
    with cloud.cloud.database.write() as write:
        records.change_instance(write, instance.id, reason=PAUSED_FOR_DISK)
    free(RESERVE_BYTES)
    assert look(cloud) == TENSE_S
    assert engine.get(engine_id).power is Power.PAUSED
    free(2 * RESERVE_BYTES)
    look(cloud)
    assert engine.get(engine_id).power is Power.RUNNING
    cloud.watch.instance(instance.id, lambda now: now.reason == "")
    assert look(cloud) == CALM_S


def test_a_store_that_does_not_answer_stops_no_watching(
    session_folder: SessionFolder, appliances_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Event()
    monkeypatch.setattr(storage_watch, "CALM_S", 0.01)

    def fail(_self: FolderVolumes) -> Space:
        looked.set()
        raise CloudUnreachable("the store does not answer")

    for running in serve(session_folder.new(), disk_warning_percent=100):
        with monkeypatch.context() as patch:
            patch.setattr(FolderVolumes, "space", fail)
            looked.clear()
            running.cloud.watch.nudge()
            assert looked.wait(20)
        running.cloud.watch._told = ""
        running.cloud.watch.nudge()
        running.watch.event(lambda one: one.kind == "storage" and "fills up" in one.text)


def _open_jobs(running: Running, volume_id: str) -> list[bool]:
    return [job.state in ("queued", "running") for job in running.client.jobs() if job.volume_id == volume_id]


def _until_idle(running: Running, volume_id: str) -> None:
    running.watch.volume(volume_id, lambda _now: not any(_open_jobs(running, volume_id)))
