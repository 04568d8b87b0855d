"""The job runner with a database that fails under it, and the end of the cloud."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import select, update

from slshell.backend.api import access
from slshell.backend.services import records
from slshell.backend.services.jobs import JobKind, JobRunner, Step, Work
from slshell.backend.store.database import Database
from slshell.backend.store.tables.activity import jobs
from slshell.backend.store.tables.instances import instances
from slshell.model.instance import State
from tests.service.conftest import Running
from tests.service.test_instances import ask

WAIT_S = 20


class _Told(logging.Handler):
    """Sets an event at the first warning."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.event = threading.Event()

    def emit(self, _record: logging.LogRecord) -> None:
        self.event.set()


def test_work_goes_on_once_a_database_that_failed_during_a_job_is_back(short_folder: Path) -> None:
    file = short_folder / "cloud.db"
    database = Database(f"sqlite:///{file}")
    database.prepare()
    runs: list[int] = []
    finished = threading.Event()

    def step(work: Work) -> None:
        runs.append(work.id)
        if len(runs) == 1:
            _rename(file, "jobs", "away")

    told = _Told()
    logger = logging.getLogger("slshell.backend.services.jobs")
    logger.addHandler(told)
    kind = JobKind(name="try", steps=(Step(name="only", run=step),))
    runner = JobRunner(database, [kind], 1, lambda _work: finished.set())
    try:
        with database.write() as write:
            number = records.add_job(write, "try", "only")
        runner.start()
        assert told.event.wait(WAIT_S)
        _rename(file, "away", "jobs")
        assert finished.wait(WAIT_S)
        with database.read() as connection:
            state = connection.execute(select(jobs.c.state).where(jobs.c.id == number)).scalar_one()
        assert (state, runs) == ("done", [number, number])
    finally:
        logger.removeHandler(told)
        runner.stop()
        database.close()


def _rename(file: Path, old: str, new: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(f"ALTER TABLE {old} RENAME TO {new}")
    connection.commit()
    connection.close()


def test_shutting_down_may_take_longer_than_a_request(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()
    [one] = running.client.run_instance(ask())
    running.wait(one.id, State.RUNNING)
    with running.cloud.database.write() as write:
        write.connection.execute(
            update(instances)
            .where(instances.c.id == one.id)
            .values(state=State.SHUTDOWN.value, revision=write.revision)
        )
    end = running.cloud.ask_to_end

    def heard() -> None:
        ended.set()
        end()

    running.cloud.ask_to_end = heard
    monkeypatch.setattr(access, "REQUEST_TIMEOUT_S", 0.5)
    running.client.stop_cloud(shut_machines_down=True, timeout_s=1.5)
    assert ended.wait(WAIT_S)
    with running.cloud.database.read() as connection:
        row = records.instance_row(connection, one.id)
    assert (row.state, row.reason) == ("Unknown", "its power was cut: the cloud went down")
