"""Appliances of machines: saved when they are off, once, whole; removed when nothing stands on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from slshell.backend.appliances import tools
from slshell.client.cloud import new_request_id
from slshell.model.errors import Conflict, EngineFailed, NotFound, SlshellError, UsageError
from slshell.model.instance import State
from slshell.model.making import SaveRequest
from tests.service.conftest import Running
from tests.service.test_instances import ask


def saving(name: str = "mine", **more: object) -> SaveRequest:
    values = {"request_id": new_request_id(), "name": name} | more
    return SaveRequest(**values)  # type: ignore[arg-type]


def off(running: Running) -> int:
    """A machine that ran and is off."""
    [made] = running.client.run_instance(ask(name="box"))
    running.wait(made.id, State.RUNNING)
    running.client.shutdown(made.id)
    running.wait(made.id, State.UNKNOWN)
    return made.id


def test_a_machine_that_is_off_becomes_an_appliance_that_starts(running: Running) -> None:
    number = off(running)
    asked = running.client.save_instance(number, saving(title="My box", author="Ada", comment="first"))
    assert (asked.name, asked.state) == ("mine", "importing")
    made = running.watch.appliance("mine", lambda one: one.state == "ready")
    base = running.client.appliance("ttylinux")
    assert (made.title, made.format, made.disk_bytes) == ("My box", "qcow2", base.disk_bytes)
    assert (made.user, made.context, made.os, made.arch) == (base.user, base.context, base.os, base.arch)
    assert made.origin == ("machine 1 (box) of ttylinux, as it was, its identity not cleaned by Ada: first")
    [again] = running.client.run_instance(ask(appliance="mine"))
    running.wait(again.id, State.RUNNING)
    assert running.cloud.engine.volumes.files() == []


def test_the_same_request_twice_makes_one(running: Running) -> None:
    number, request = off(running), saving()
    running.client.save_instance(number, request)
    running.client.save_instance(number, request)
    running.watch.appliance("mine", lambda one: one.state == "ready")
    assert [one.name for one in running.client.appliances()].count("mine") == 1
    assert [job.kind for job in running.client.jobs(instance=number)].count("save") == 1


def test_a_running_machine_is_refused_with_what_to_do(running: Running) -> None:
    running.client.run_instance(ask())
    running.wait(1, State.RUNNING)
    with pytest.raises(Conflict) as refused:
        running.client.save_instance(1, saving())
    assert "--shutdown" in refused.value.hint
    assert [one.name for one in running.client.appliances() if one.name == "mine"] == []


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"name": "ttylinux"}, Conflict),
        ({"name": "17"}, UsageError),
        ({"title": "\x1b[31m"}, UsageError),
        ({"comment": "x" * 501}, UsageError),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    running: Running, wanted: dict[str, str], error: type[SlshellError]
) -> None:
    number = off(running)
    before = running.client.appliances()
    with pytest.raises(error):
        running.client.save_instance(number, saving(**wanted))
    assert running.client.appliances() == before
    assert "save" not in [job.kind for job in running.client.jobs(instance=number)]


def test_a_kill_meanwhile_does_not_leave_an_appliance_that_never_comes(running: Running) -> None:
    number = off(running)
    running.client.save_instance(number, saving())
    running.client.kill(number)
    running.wait(number, State.DONE)
    running.watch.appliance("mine", lambda one: one.state in ("ready", "failed"))
    assert running.cloud.engine.volumes.files() == []


def test_an_appliance_is_removed_only_when_no_machine_stands_on_it(running: Running) -> None:
    running.client.save_instance(off(running), saving())
    made = running.watch.appliance("mine", lambda one: one.state == "ready")
    [user] = running.client.run_instance(ask(appliance="mine"))
    running.wait(user.id, State.RUNNING)
    with pytest.raises(Conflict, match=str(user.id)):
        running.client.remove_appliance("mine")
    running.client.kill(user.id)
    running.wait(user.id, State.DONE)
    [root] = [one for one in running.client.volumes(all=True) if one.origin]
    with pytest.raises(Conflict, match=f"root disk {root.id[:8]} in quarantine"):
        running.client.remove_appliance("mine")
    assert running.cloud.catalogue.files(made.id)[0].exists()
    running.client.purge_volume(root.id)
    running.watch.no_volume(root.id)
    running.client.remove_appliance("mine")
    with pytest.raises(NotFound):
        running.client.appliance("mine")
    assert not any(path.exists() for path in running.cloud.catalogue.files(made.id))


def test_a_bundled_appliance_stays(running: Running) -> None:
    with pytest.raises(Conflict, match="comes with slshell"):
        running.client.remove_appliance("ttylinux")


def test_an_unknown_recipe_is_not_found(running: Running) -> None:
    with pytest.raises(NotFound, match="recipe"):
        running.client.build_appliance("debain")


def test_programs_that_building_takes_are_named_at_once(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineFailed) as refused:
        running.client.build_appliance("debian")
    assert {"mmdebstrap", "fakechroot", "e2fsprogs", "qemu-utils"} <= set(refused.value.hint.split())
    assert [one.name for one in running.client.appliances() if one.name == "debian"] == []
