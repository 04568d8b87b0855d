"""Routes of what happens: events, jobs, changes."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from slshell.backend.api import paging
from slshell.backend.api.paging import DEFAULT_LIMIT, Cursor, Fields, Limit
from slshell.backend.api.threads import in_thread
from slshell.backend.services import changes, records
from slshell.backend.services.cloud import Cloud
from slshell.backend.store.tables.activity import events, jobs
from slshell.model.cloud import Changes, Page
from slshell.model.event import Event, Job

MAX_WAIT_S = 30.0

Number = Annotated[int | None, QueryParameter(ge=0, le=10**15)]


@get("/v1/events")
@in_thread
def list_events(
    cloud: NamedDependency[Cloud],
    instance: Number = None,
    after: Number = None,
    severity: Annotated[str | None, QueryParameter(max_length=16)] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    fields: Fields = None,
) -> Response[Page[Event]]:
    """What happened, oldest first."""
    asked = paging.part(limit, cursor)
    conditions = []
    if instance is not None:
        conditions.append(events.c.instance_id == instance)
    if severity is not None:
        conditions.append(events.c.severity == severity)
    begin = max(after or 0, paging.number_after(asked) or 0)
    conditions.append(events.c.id > begin)
    with cloud.database.read() as connection:
        found = records.read_events(connection, *conditions, limit=limit + 1)
        revision = cloud.database.revision(connection)
    return paging.answered(paging.page(found, asked, "id", revision), fields)


@get("/v1/jobs")
@in_thread
def list_jobs(
    cloud: NamedDependency[Cloud],
    in_state: Annotated[str | None, QueryParameter(name="state", max_length=16)] = None,
    instance: Number = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    fields: Fields = None,
) -> Response[Page[Job]]:
    """What is and was being done, newest first."""
    asked = paging.part(limit, cursor)
    conditions = []
    if in_state is not None:
        conditions.append(jobs.c.state == in_state)
    if instance is not None:
        conditions.append(jobs.c.instance_id == instance)
    before = paging.number_after(asked)
    if before is not None:
        conditions.append(jobs.c.id < before)
    with cloud.database.read() as connection:
        found = records.read_jobs(connection, *conditions, limit=limit + 1)
        revision = cloud.database.revision(connection)
    return paging.answered(paging.page(found, asked, "id", revision), fields)


@get("/v1/changes")
async def read_changes(
    cloud: NamedDependency[Cloud],
    since: Annotated[int, QueryParameter(ge=0, le=10**15, description="The revision that you have.")] = 0,
    wait: Annotated[float, QueryParameter(ge=0, le=MAX_WAIT_S, description="Seconds to wait.")] = 0,
) -> Changes:
    """Everything newer than `since`, as soon as there is something."""
    return await changes.wait(cloud.database, cloud.bell, since, wait)
