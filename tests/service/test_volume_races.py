"""Volumes when several things happen to them at once, or when something broke off in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from slshell.backend.engines.libvirt import LibvirtEngine
from slshell.backend.engines.libvirt.folder_volumes import FolderVolumes
from slshell.backend.services import records, rights
from slshell.backend.store.tables.activity import jobs
from slshell.client.cloud import new_request_id
from slshell.model.errors import Conflict, EngineFailed, SlshellError
from slshell.model.instance import State
from slshell.model.volume import SnapshotRequest, Volume
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


def ended(running: Running, kind: str) -> None:
    """Return when no job of a kind is left to do."""

    def look(_event: Any) -> bool:
        with running.cloud.database.read() as connection:
            states = connection.execute(select(jobs.c.state).where(jobs.c.kind == kind)).scalars().all()
        return bool(states) and set(states) <= {"done", "failed"}

    running.watch.event(look)
