"""The job runner: claims jobs from the database, takes them step by step, and survives its own death.

A step may be begun again after a crash, so each one is idempotent. What a step leads to is written in the
same transaction as the job's next step.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, case, select, update

from slshell.backend.services import records
from slshell.backend.store.database import Database, DatabaseUnreachable, Write
from slshell.backend.store.tables.activity import jobs
from slshell.backend.store.tables.base import utc_now
from slshell.model.errors import CloudUnreachable, SlshellError
from slshell.model.event import JobState, Severity

LOG = logging.getLogger(__name__)

HEARTBEAT_S = 10.0
_LONGEST_PAUSE_S = 60
_DATABASE_PAUSE_S = 1.0


class Overtaken(Exception):
    """The thing a job worked for has moved on; the job ends without further ado."""


class Parked(Exception):
    """The step cannot go on before something else has happened; the job gives its worker back until then.

    `until` answers when the step is to be begun again. It is asked in the transaction that queues the job:
    what is waited for may just have happened.
    """

    def __init__(self, until: Callable[[Write], datetime]) -> None:
        super().__init__("parked")
        self.until = until


@dataclass
class Work:
    """A claimed job as its steps see it; `notes` carries facts from one step to the next of the same run."""

    id: int
    kind: str
    instance_id: int | None
    appliance_id: str | None
    volume_id: str | None
    payload: Any
    attempts: int
    notes: dict[str, Any] = field(default_factory=dict)


def _nothing(_write: Write, _work: Work) -> None:
    """For steps that change nothing in the database."""


def _no_failure(_work: Work, _error: SlshellError) -> Callable[[Write], None]:
    return lambda _write: None


@dataclass(frozen=True, kw_only=True)
class Step:
    """`run` does it, outside any transaction; `done` records it."""

    name: str
    run: Callable[[Work], None]
    done: Callable[[Write, Work], None] = _nothing


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """The steps of a kind of job; `failed(work, error)` cleans up and answers what to record."""

    name: str
    steps: tuple[Step, ...]
    failed: Callable[[Work, SlshellError], Callable[[Write], None]] = _no_failure
    urgent: bool = False
    attempts: int | None = None
    """How often it is tried while something does not answer; None means until it does."""

    def position(self, step: str) -> int:
        """The index of a step by its name."""
        return next(index for index, one in enumerate(self.steps) if one.name == step)


class JobRunner:
    """Works on the kinds it is given, with some threads; several runners share one table."""

    def __init__(
        self,
        database: Database,
        kinds: Iterable[JobKind],
        workers: int,
        on_finished: Callable[[Work], None] = lambda _work: None,
    ) -> None:
        self._database = database
        self._kinds: Mapping[str, JobKind] = {kind.name: kind for kind in kinds}
        self._on_finished = on_finished
        self._name = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._wakeup = threading.Condition()
        self._wanted = False
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._serve, name=f"job-{number}", daemon=True)
            for number in range(workers)
        ]
        self._threads.append(threading.Thread(target=self._beat, name="job-heartbeat", daemon=True))

    def start(self) -> None:
        """Take back what a dead daemon had claimed, then work."""
        self._take_back(utc_now())
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Say that there may be work."""
        with self._wakeup:
            self._wanted = True
            self._wakeup.notify_all()

    def ask_to_stop(self) -> None:
        """Begin no further step; returns at once."""
        self._stopping.set()
        self.wake()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Finish the steps at hand and end; what is left is taken up by the next daemon."""
        self.ask_to_stop()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))

    def _serve(self) -> None:
        held: Work | None = None
        while not self._stopping.is_set():
            try:
                if held is not None:
                    self._give_back(held)
                    held = None
                claimed, due = self._claim()
                if claimed is None:
                    self._sleep(due)
                    continue
                held = claimed[0]
                # There may be more for another worker, and this one's job may take long.
                self.wake()
                self._do(*claimed)
                held = None
                self.wake()
            except CloudUnreachable:
                LOG.exception("the database cannot be used; jobs wait for it")
                self._stopping.wait(_DATABASE_PAUSE_S)

    def _sleep(self, due: datetime | None) -> None:
        pause = None if due is None else max(0.0, (due - utc_now()).total_seconds())
        with self._wakeup:
            self._wakeup.wait_for(lambda: self._wanted or self._stopping.is_set(), pause)
            self._wanted = False

    def _candidates(self, now: datetime) -> Any:
        running = jobs.c.state == JobState.RUNNING.value
        busy = select(jobs.c.instance_id).where(running, jobs.c.instance_id.is_not(None))
        worked_on = select(jobs.c.volume_id).where(running, jobs.c.volume_id.is_not(None))
        urgent = [kind.name for kind in self._kinds.values() if kind.urgent]
        return (
            select(jobs)
            .where(
                jobs.c.state == JobState.QUEUED.value,
                jobs.c.kind.in_(self._kinds),
                jobs.c.not_before <= now,
                jobs.c.instance_id.is_(None) | jobs.c.instance_id.not_in(busy),
                jobs.c.volume_id.is_(None) | jobs.c.volume_id.not_in(worked_on),
            )
            .order_by(case((jobs.c.kind.in_(urgent), 0), else_=1), jobs.c.id)
            .limit(1)
        )

    def _claim(self) -> tuple[tuple[Work, str] | None, datetime | None]:
        """The next job and its step, or when the next one is due."""
        now = utc_now()
        with self._database.read() as connection:
            if connection.execute(self._candidates(now)).first() is None:
                waiting = (
                    select(jobs.c.not_before)
                    .where(
                        jobs.c.state == JobState.QUEUED.value,
                        jobs.c.kind.in_(self._kinds),
                        jobs.c.not_before > now,
                    )
                    .order_by(jobs.c.not_before)
                    .limit(1)
                )
                return None, connection.execute(waiting).scalar()
        with self._database.write() as write:
            # The counter's row is the lock that keeps two daemons on one PostgreSQL from claiming the same.
            _ = write.revision
            row = write.connection.execute(self._candidates(now)).first()
            if row is None:
                return None, now
            self._mark(
                write,
                row.id,
                state=JobState.RUNNING.value,
                claimed_by=self._name,
                heartbeat_at=now,
                attempts=row.attempts + 1,
            )
        return (_work_of(row), row.step), None

    def _do(self, work: Work, step: str) -> None:
        kind = self._kinds[work.kind]
        try:
            for index in range(kind.position(step), len(kind.steps)):
                step = kind.steps[index].name
                if self._stopping.is_set():
                    self._requeue(work, step, lambda _write: utc_now())
                    return
                kind.steps[index].run(work)
                self._advance(kind, index, work)
        except Parked as pause:
            # Waiting is no attempt.
            self._requeue(work, step, pause.until, attempts=work.attempts - 1)
        except Overtaken as reason:
            self._finish(work, JobState.FAILED, str(reason))
        except DatabaseUnreachable:
            # The step was not recorded, so the job is given back and the step taken again.
            raise
        except CloudUnreachable as error:
            if kind.attempts is None or work.attempts < kind.attempts:
                self._try_later(work, error)
            else:
                self._fail(kind, work, error)
        except SlshellError as error:
            self._fail(kind, work, error)
        except Exception as error:
            LOG.exception("job %s (%s) broke", work.id, work.kind)
            self._fail(
                kind, work, SlshellError(f"internal error: {error!r}", hint="see `slshell cloud logs`")
            )
        self._on_finished(work)

    def _advance(self, kind: JobKind, index: int, work: Work) -> None:
        last = index + 1 == len(kind.steps)
        with self._database.write() as write:
            kind.steps[index].done(write, work)
            if last:
                self._mark(write, work.id, state=JobState.DONE.value)
            else:
                self._mark(write, work.id, step=kind.steps[index + 1].name)

    def _fail(self, kind: JobKind, work: Work, error: SlshellError) -> None:
        LOG.warning("job %s (%s) failed: %s", work.id, work.kind, error.message)
        try:
            record = kind.failed(work, error)
            with self._database.write() as write:
                record(write)
                self._mark(write, work.id, state=JobState.FAILED.value, error=error.message)
        except CloudUnreachable:
            raise
        except SlshellError as second:
            # What the job was for may be gone; the job must end all the same, and its worker go on.
            LOG.warning("the failure of job %s cannot be recorded: %s", work.id, second.message)
            self._finish(work, JobState.FAILED, error.message)

    def _finish(self, work: Work, state: JobState, error: str) -> None:
        with self._database.write() as write:
            self._mark(write, work.id, state=state.value, error=error)

    def _try_later(self, work: Work, error: SlshellError) -> None:
        pause = timedelta(seconds=min(2**work.attempts, _LONGEST_PAUSE_S))
        with self._database.write() as write:
            self._mark(
                write,
                work.id,
                state=JobState.QUEUED.value,
                error=error.message,
                not_before=utc_now() + pause,
            )
            records.add_event(
                write, "job", f"{work.kind} waits: {error.message}",
                instance_id=work.instance_id, volume_id=work.volume_id, severity=Severity.WARNING,
            )  # fmt: skip

    def _requeue(self, work: Work, step: str, when: Callable[[Write], datetime], **values: Any) -> None:
        with self._database.write() as write:
            # The revision first, so that what is waited for happens before `when` is asked, or sees the job.
            _ = write.revision
            self._mark(
                write, work.id, state=JobState.QUEUED.value, step=step, not_before=when(write), **values
            )

    def _give_back(self, work: Work) -> None:
        """Queue a job again whose end could not be recorded."""
        mine = (jobs.c.claimed_by == self._name) & (jobs.c.state == JobState.RUNNING.value)
        with self._database.write() as write:
            write.connection.execute(
                update(jobs)
                .where(jobs.c.id == work.id, mine)
                .values(state=JobState.QUEUED.value, revision=write.revision, updated_at=utc_now())
            )

    def _mark(self, write: Write, job_id: int, **values: Any) -> None:
        write.connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(updated_at=utc_now(), revision=write.revision, **values)
        )

    def _take_back(self, before: datetime) -> None:
        """Queue again what runs in the table without a heartbeat since `before`."""
        with self._database.write() as write:
            write.connection.execute(
                update(jobs)
                .where(
                    jobs.c.state == JobState.RUNNING.value,
                    jobs.c.kind.in_(self._kinds),
                    jobs.c.claimed_by != self._name,
                    jobs.c.heartbeat_at < before,
                )
                .values(state=JobState.QUEUED.value, revision=write.revision, updated_at=utc_now())
            )

    def _beat(self) -> None:
        mine = (jobs.c.claimed_by == self._name) & (jobs.c.state == JobState.RUNNING.value)
        while not self._stopping.wait(HEARTBEAT_S):
            try:
                with self._database.read() as connection:
                    busy = connection.execute(select(jobs.c.id).where(mine)).first() is not None
                if busy:
                    with self._database.write() as write:
                        write.connection.execute(update(jobs).where(mine).values(heartbeat_at=utc_now()))
            except CloudUnreachable as error:
                LOG.warning("no heartbeat: %s", error)


def _work_of(row: Row[Any]) -> Work:
    return Work(
        id=row.id,
        kind=row.kind,
        instance_id=row.instance_id,
        appliance_id=row.appliance_id,
        volume_id=row.volume_id,
        payload=msgspec.json.decode(row.payload),
        attempts=row.attempts + 1,
    )
