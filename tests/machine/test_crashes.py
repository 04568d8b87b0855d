"""The daemon killed at every step of every job: then each machine is in a right state, and none twice."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from slshell.client.cloud import new_request_id
from slshell.model.errors import SlshellError
from slshell.model.instance import State
from slshell.model.making import SaveRequest
from tests.machine.crash_bench import MOMENTS, Home, daemon_starter, home, made_home, moments, shared_home
from tests.machine.crash_daemon import Starter
from tests.machine.test_volume_crashes import VOLUME_KINDS
from tests.support.folders import SessionFolder

__all__ = ["daemon_starter", "home", "shared_home"]

pytestmark = pytest.mark.machine


def prepare(home: Home, kind: str) -> int:
    """Bring an instance to where a job of this kind can be asked for; answers its number."""
    home.served()
    home.watch.appliance("ttylinux", lambda one: one.state == "ready")
    instance_id = 0
    if kind in {"kill", "start", "shutdown", "watch", "reboot"}:
        instance_id = home.run()
        home.settled(instance_id, State.RUNNING)
    if kind == "start":
        [domain] = home.domains()
        domain.destroy()
        home.settled(instance_id, State.UNKNOWN)
    return instance_id


def ask(home: Home, kind: str, instance_id: int) -> int:
    """Ask for what leads to a job of this kind; answers the instance's number."""
    if kind == "run":
        return home.run()
    action = {"watch": home.client.shutdown}.get(kind) or getattr(home.client, kind)
    action(instance_id)
    return instance_id


RIGHT = {
    "run": {State.RUNNING},
    "start": {State.RUNNING},
    "reboot": {State.RUNNING},
    "shutdown": {State.RUNNING, State.UNKNOWN},
    "watch": {State.RUNNING, State.UNKNOWN},
    "kill": {State.DONE},
}


@moments(*RIGHT)
def test_after_a_crash_every_machine_is_in_a_right_state_and_none_is_there_twice(
    home: Home, moment: tuple[str, str, str]
) -> None:
    kind = moment[0]
    instance_id = prepare(home, kind)
    doomed = home.doomed(moment)
    with contextlib.suppress(SlshellError):
        # The daemon may die before its answer is out; the request was accepted all the same.
        instance_id = ask(home, kind, instance_id)
    home.bury(doomed)
    home.served()
    instance_id = instance_id or max(one.id for one in home.client.instances(all=True))
    state = home.settled(instance_id, *RIGHT[kind])
    assert home.hypervisors() == (state is State.RUNNING)
    assert len(home.domains()) == home.machines_on_disk() == (state is not State.DONE)
    if state is not State.DONE:
        home.client.kill(instance_id)
        home.settled(instance_id, State.DONE)
    assert (home.hypervisors(), home.domains(), home.machines_on_disk()) == (0, [], 0)


@moments("import")
def test_an_import_goes_on_after_a_crash_and_leaves_no_upload(
    home: Home, moment: tuple[str, str, str]
) -> None:
    prepare(home, "import")
    name = "-".join(moment)
    image = home.path / "tiny.img"
    boot_record = b"\x55\xaa"
    image.write_bytes(os.urandom(510) + boot_record + os.urandom(65024))
    doomed = home.doomed(moment)
    with contextlib.suppress(SlshellError):
        home.client.upload_image(image, name=name)
    home.bury(doomed)
    home.served()
    home.watch.appliance(name, lambda one: one.state == "ready")
    home.watch.appliance(name, lambda _one: not any((home.path / "uploads").iterdir()))
    assert [one.name for one in home.client.appliances()].count(name) == 1


@moments("build")
def test_a_crash_while_the_bundled_appliance_comes_in_is_made_good(
    session_folder: SessionFolder,
    appliances_folder: Path,
    daemon_starter: Starter,
    moment: tuple[str, str, str],
) -> None:
    with made_home(session_folder, daemon_starter) as fresh:
        fresh.arm(moment)
        fresh.bury(fresh.served())
        fresh.served()
        bundled = ["flora-and-fauna", "ttylinux"]
        for name in bundled:
            fresh.watch.appliance(name, lambda one: one.state == "ready")
        here = [one.name for one in fresh.client.appliances() if one.state != "available"]
        assert sorted(here) == bundled


@moments("save")
def test_after_a_crash_a_machine_is_saved_once_and_nothing_else_is_left(
    home: Home, moment: tuple[str, str, str]
) -> None:
    instance_id = prepare(home, "start")
    name = "-".join(moment)
    doomed = home.doomed(moment)
    with contextlib.suppress(SlshellError):
        home.client.save_instance(instance_id, SaveRequest(request_id=new_request_id(), name=name))
    home.bury(doomed)
    home.served()
    home.watch.appliance(name, lambda one: one.state == "ready")
    home.settled(instance_id, State.UNKNOWN)
    saved = [one for one in home.client.appliances() if one.name == name]
    assert [(one.state, one.format) for one in saved] == [("ready", "qcow2")]
    assert list((home.path / "e" / "exports").iterdir()) == []
    home.client.kill(instance_id)
    home.settled(instance_id, State.DONE)
    home.client.remove_appliance(saved[0].id)
    assert not list((home.path / "e").rglob(f"{saved[0].id}*"))


def test_no_kind_of_job_is_left_out() -> None:
    assert {kind for kind, _, _ in MOMENTS} == {*RIGHT, *VOLUME_KINDS, "import", "build", "save"}
