"""What changed since a revision, and waking those who wait for the next one."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from sqlalchemy import Connection, select

from slshell.backend.services import records, volume_records
from slshell.backend.store.database import Database
from slshell.backend.store.tables.activity import events, jobs
from slshell.backend.store.tables.appliances import appliances
from slshell.backend.store.tables.cloud import tombstones
from slshell.backend.store.tables.instances import instances
from slshell.backend.store.tables.volumes import volumes
from slshell.model.cloud import Changes, Gone
from slshell.model.instance import State

RECENT_EVENTS = 200
RECENT_JOBS = 200


class Bell:
    """Wakes asynchronous waiters of one event loop from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._closed = False

    def ring(self, _revision: int = 0) -> None:
        """Wake everybody who waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, set()
        for loop, bell in waiting:
            # The loop of a waiter that went away with its server is closed.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(bell.set)

    def close(self) -> None:
        """Wake everybody, and let nobody wait from now on: the cloud ends."""
        self._closed = True
        self.ring()

    def listen(self) -> asyncio.Event:
        """An event that the next `ring` sets; take it before looking at the data."""
        bell = asyncio.Event()
        with self._lock:
            self._waiting.add((asyncio.get_running_loop(), bell))
        if self._closed:
            bell.set()
        return bell

    def forget(self, bell: asyncio.Event) -> None:
        """Stop listening with this event."""
        with self._lock:
            self._waiting = {entry for entry in self._waiting if entry[1] is not bell}


def collect(database: Database, since: int) -> Changes:
    """Everything newer than `since`; for 0, or a revision from elsewhere, all that is alive."""
    with database.read() as connection:
        revision = database.revision(connection)
        if since == revision:
            return Changes(revision=revision)
        if 0 < since < revision:
            return _newer(connection, since, revision)
        return _everything(connection, revision, reset=since != 0)


async def wait(database: Database, bell: Bell, since: int, wait_s: float) -> Changes:
    """As `collect`, but when nothing is newer, wait up to `wait_s` seconds for something."""
    heard = bell.listen()
    try:
        changes = await asyncio.to_thread(collect, database, since)
        if changes.revision != since or wait_s <= 0:
            return changes
        with suppress(TimeoutError):
            await asyncio.wait_for(heard.wait(), wait_s)
        return await asyncio.to_thread(collect, database, since)
    finally:
        bell.forget(heard)


def _newer(connection: Connection, since: int, revision: int) -> Changes:
    gone = connection.execute(select(tombstones.c.kind, tombstones.c.id).where(tombstones.c.revision > since))
    return Changes(
        revision=revision,
        instances=records.read_instances(connection, instances.c.revision > since),
        appliances=records.read_appliances(connection, appliances.c.revision > since),
        volumes=volume_records.read_volumes(connection, volumes.c.revision > since),
        jobs=records.read_jobs(connection, jobs.c.revision > since),
        events=records.read_events(connection, events.c.revision > since),
        gone=[Gone(kind=row.kind, id=row.id) for row in gone],
    )


def _everything(connection: Connection, revision: int, *, reset: bool) -> Changes:
    latest_jobs = select(jobs.c.id).order_by(jobs.c.id.desc()).limit(RECENT_JOBS)
    latest_events = select(events.c.id).order_by(events.c.id.desc()).limit(RECENT_EVENTS)
    return Changes(
        revision=revision,
        reset=reset,
        instances=records.read_instances(connection, instances.c.state != State.DONE.value),
        appliances=records.read_appliances(connection),
        volumes=volume_records.read_volumes(connection),
        jobs=records.read_jobs(connection, jobs.c.id.in_(latest_jobs)),
        events=records.read_events(connection, events.c.id.in_(latest_events)),
    )
