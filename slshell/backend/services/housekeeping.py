"""Forgetting what nobody needs any more, so that a cloud may run for years."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select

from slshell.backend.store.database import Database
from slshell.backend.store.tables.activity import events, jobs
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.cloud import requests
from slshell.model.event import JobState

KEPT_EVENTS = 20_000
KEPT_JOBS = 20_000
KEPT_REQUESTS = timedelta(days=7)
_ENDED = (JobState.DONE.value, JobState.FAILED.value)


def tidy(database: Database) -> None:
    """Drop old events, ended jobs, and requests that no client repeats any more.

    Nothing that is dropped takes a revision: pictures of the cloud hold fewer of these anyway.
    """
    with database.write() as write:
        newest_event = write.connection.execute(select(func.max(events.c.id))).scalar() or 0
        newest_job = write.connection.execute(select(func.max(jobs.c.id))).scalar() or 0
        write.connection.execute(delete(events).where(events.c.id <= newest_event - KEPT_EVENTS))
        write.connection.execute(
            delete(jobs).where(jobs.c.id <= newest_job - KEPT_JOBS, jobs.c.state.in_(_ENDED))
        )
        write.connection.execute(delete(requests).where(requests.c.created_at < utc_now() - KEPT_REQUESTS))
