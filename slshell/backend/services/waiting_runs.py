"""Machines whose image is still coming in: their jobs are parked, and go on when it is here or has failed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from slshell.backend.services import records
from slshell.backend.store.database import Database, Write
from slshell.backend.store.tables.activity import jobs
from slshell.backend.store.tables.appliances import appliances
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.instances import instances
from slshell.model.appliance import ApplianceState
from slshell.model.errors import Conflict, NotFound
from slshell.model.event import JobState
from slshell.model.instance import State

STEP = "image"
"""Of the job `run`: where it waits."""
LOOK_AGAIN = timedelta(seconds=30)
"""Another daemon on the same database may bring the image in, and cannot wake the jobs of this one."""
_WAITING = (State.PENDING.value, State.PROLOG.value)


def is_here(database: Database, instance_id: int) -> bool:
    """Whether the image of an instance can be started from; False while it is coming in.

    Raises:
        Conflict: it failed to come in. NotFound: it, or the instance, is gone.
    """
    with database.read() as connection:
        # One statement, for an import that ends gives the image another identifier.
        row = connection.execute(
            select(instances.c.id, instances.c.appliance_id, appliances.c.state, appliances.c.reason)
            .outerjoin(appliances, appliances.c.id == instances.c.appliance_id)
            .where(instances.c.id == instance_id)
        ).one_or_none()
    if row is None:
        raise NotFound(f"there is no instance {instance_id}")
    if row.state is None:
        raise NotFound(
            f"appliance {row.appliance_id} is not in the catalogue any more", hint="import it again"
        )
    if row.state == ApplianceState.FAILED.value:
        raise Conflict(f"the appliance could not be made ready: {row.reason}", hint="import it again")
    if row.state == ApplianceState.AVAILABLE.value:
        raise Conflict(row.reason or "the appliance is not here, and nobody fetches it")
    return bool(row.state == ApplianceState.READY.value)


def until(write: Write, instance_id: int, deadline: datetime) -> datetime:
    """When to look again at the image of an instance; tells the instance how far it is."""
    instance = records.instance_row(write.connection, instance_id)
    image = _image_of(write, instance.appliance_id)
    if image is None or image.state != ApplianceState.IMPORTING.value:
        return utc_now()
    if image.progress and State(instance.state) is State.PROLOG:
        records.change_instance(write, instance_id, progress=_told(image.progress))
    return min(deadline, utc_now() + LOOK_AGAIN)


def tell(write: Write, appliance_id: str, progress: str) -> None:
    """Tell all that wait for an image how far it is."""
    write.connection.execute(
        update(instances)
        .where(instances.c.appliance_id == appliance_id, instances.c.state.in_(_WAITING))
        .values(progress=_told(progress), revision=write.revision)
    )


def let_go_on(write: Write, appliance_id: str) -> None:
    """Let the jobs go on that wait for an image; their runner is to be woken after the transaction."""
    theirs = select(instances.c.id).where(instances.c.appliance_id == appliance_id)
    write.connection.execute(
        update(jobs)
        .where(
            jobs.c.kind == "run",
            jobs.c.step == STEP,
            jobs.c.state == JobState.QUEUED.value,
            jobs.c.instance_id.in_(theirs),
        )
        .values(not_before=utc_now(), updated_at=utc_now(), revision=write.revision)
    )


def _image_of(write: Write, appliance_id: str) -> Any:
    columns = (appliances.c.state, appliances.c.progress)
    return write.connection.execute(select(*columns).where(appliances.c.id == appliance_id)).one_or_none()


def _told(progress: str) -> str:
    return f"image: {progress}"
