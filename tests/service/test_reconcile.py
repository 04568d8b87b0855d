"""The database and the engine are brought together again, whatever one of them missed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from slshell.backend.engines.base import EngineEvent, EngineEventKind, Machine, Power
from slshell.backend.services import housekeeping, reconcile, records
from slshell.backend.services.reconcile import Reconcile
from slshell.backend.store.database import Database
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.cloud import requests
from slshell.model.errors import Conflict
from slshell.model.instance import State
from tests.service.conftest import Running
from tests.service.test_instances import ask


def engine_id(running: Running) -> str:
    """What the engine calls instance 1."""
    with running.cloud.database.read() as connection:
        return str(records.instance_row(connection, 1).engine_id)


def paused(running: Running, power: Power) -> None:
    """As if the engine had told of a disk that is full, or that there is space again."""
    machine = Machine(
        engine_id=engine_id(running), instance_id=1, power=power, raw=power.value,
        reason="the host's disk is full" if power is Power.PAUSED else "",
    )  # fmt: skip
    running.cloud.reconcile.hear(EngineEvent(kind=EngineEventKind.CHANGED, machine=machine))


def test_a_machine_that_the_hypervisor_holds_still_says_why_until_it_goes_on(running: Running) -> None:
    running.client.run_instance(ask())
    running.wait(1, State.RUNNING)
    paused(running, Power.PAUSED)
    held = running.watch.instance(1, lambda one: bool(one.reason))
    assert (held.state, held.reason) == (State.RUNNING, "paused: the host's disk is full")
    assert any("disk is full" in event.text for event in running.client.events(instance=1))
    paused(running, Power.RUNNING)
    assert running.watch.instance(1, lambda one: not one.reason).state is State.RUNNING


def test_an_end_that_is_heard_of_late_ends_no_machine_that_runs_again(running: Running) -> None:
    running.client.run_instance(ask())
    running.wait(1, State.RUNNING)
    paused(running, Power.STOPPED)
    paused(running, Power.PAUSED)
    assert running.watch.instance(1, lambda one: bool(one.reason)).state is State.RUNNING


def test_a_list_that_is_older_than_a_start_ends_no_machine_that_runs(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.client.run_instance(ask())
    running.wait(1, State.RUNNING)
    was_off = Machine(
        engine_id=engine_id(running), instance_id=1, power=Power.STOPPED, raw="shut off", reason=""
    )
    for listed in ([was_off], []):
        monkeypatch.setattr(running.cloud.engine, "machines", lambda listed=listed: listed)
        running.cloud.reconcile.everything()
        assert running.client.instance(1).state is State.RUNNING


def test_a_start_that_is_heard_of_late_revives_no_machine_that_is_off(running: Running) -> None:
    running.client.run_instance(ask())
    running.wait(1, State.RUNNING)
    running.cloud.engine.stop(engine_id(running))
    running.wait(1, State.UNKNOWN)
    machine = Machine(
        engine_id=engine_id(running), instance_id=1, power=Power.RUNNING, raw="running", reason=""
    )
    running.cloud.reconcile._react(EngineEvent(kind=EngineEventKind.CHANGED, machine=machine))
    assert running.client.instance(1).state is State.UNKNOWN


def test_an_event_that_was_lost_is_made_up_for(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    running.client.run_instance(ask())
    running.wait(1, State.RUNNING)
    monkeypatch.setattr(Reconcile, "_react", lambda _self, _event: None)
    monkeypatch.setattr(reconcile, "COMPARE_EVERY_S", 0.05)
    running.cloud.engine.stop(engine_id(running))
    assert running.wait(1, State.UNKNOWN).reason


def test_what_nobody_owns_is_reported_once_and_left_alone(running: Running) -> None:
    stray = running.home / "e" / "m" / "99-00000000-0000-4000-8000-000000000000"
    stray.mkdir()
    running.cloud.reconcile.everything()
    running.cloud.reconcile.everything()
    told = [event for event in running.client.events() if "has no owner" in event.text]
    assert len(told) == 1
    assert stray.exists()
    stray.rmdir()


def test_old_events_and_requests_are_forgotten(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    request = ask()
    running.client.run_instance(request)
    running.wait(1, State.RUNNING)
    database = running.cloud.database
    with database.write() as write:
        write.connection.execute(update(requests).values(created_at=utc_now() - timedelta(days=8)))
        for number in range(30):
            records.add_event(write, "test", f"event {number}")
    monkeypatch.setattr(housekeeping, "KEPT_EVENTS", 10)
    housekeeping.tidy(database)
    assert [event.text for event in running.client.events()] == [
        f"event {number}" for number in range(20, 30)
    ]
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(requests)).scalar() == 0


def test_the_private_host_key_is_forgotten_with_its_machine(running: Running) -> None:
    running.client.run_instance(ask())
    running.wait(1, State.RUNNING)
    running.client.kill(1)
    running.wait(1, State.DONE)
    with running.cloud.database.read() as connection:
        assert records.instance_row(connection, 1).host_key_private == ""


@pytest.mark.postgres
def test_a_second_daemon_on_one_postgresql_database_is_refused(postgres: str) -> None:
    first, second = Database(postgres), Database(postgres)
    first.prepare()
    with pytest.raises(Conflict) as caught:
        second.prepare()
    assert "another daemon" in caught.value.message
    first.close()
    second.prepare()
    second.close()
