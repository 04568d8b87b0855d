"""Rows to resources and back: the only place that knows both the tables and the model."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select, update

from slshell.backend.services import entry_records, lifecycle
from slshell.backend.store.database import Write
from slshell.backend.store.tables.activity import events, jobs
from slshell.backend.store.tables.appliances import appliances
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.cloud import tombstones
from slshell.backend.store.tables.instances import instances
from slshell.model.appliance import Appliance, ApplianceKind, ApplianceState, ContextMethod
from slshell.model.errors import NotFound
from slshell.model.event import Event, Job, JobState, Severity
from slshell.model.instance import Instance, Phase, State
from slshell.model.volume import Disk

_PHASES = msgspec.json.Decoder(tuple[Phase, ...])
_DISKS = msgspec.json.Decoder(tuple[Disk, ...])
_TAGS = msgspec.json.Decoder(tuple[str, ...])
_encode = msgspec.json.Encoder().encode

_INSTANCE_COLUMNS = tuple(
    column for column in instances.c if column.name not in {"host_key_private", "keys", "context"}
)


def phases_of(text: str) -> tuple[Phase, ...]:
    """The phases as the table keeps them."""
    return _PHASES.decode(text)


def as_text(value: Any) -> str:
    """A value as the JSON text that a column keeps."""
    return _encode(value).decode()


def instance_of(row: Row[Any]) -> Instance:
    """A row of `instances` as the resource; measurements are added by who has them."""
    return Instance(
        id=row.id, name=row.name, state=State(row.state), reachable=row.reachable, reason=row.reason,
        appliance=row.appliance, appliance_id=row.appliance_id, type=row.type, vcpu=row.vcpu,
        ram_mib=row.ram_mib, swap_mib=row.swap_mib, address=row.address, ssh_port=row.ssh_port,
        user=row.user, host_key=row.host_key, cpu_percent=0.0, memory_kib=0, created_at=row.created_at,
        phases=phases_of(row.phases), owner=row.owner, host=row.host, progress=row.progress,
        request_id=row.request_id, disks=_DISKS.decode(row.disks), revision=row.revision,
        tags=_TAGS.decode(row.tags), endorser=row.endorser,
    )  # fmt: skip


def appliance_of(row: Row[Any]) -> Appliance:
    """A row of `appliances` as the resource."""
    return Appliance(
        id=row.id, name=row.name, title=row.title, state=ApplianceState(row.state), reason=row.reason,
        progress=row.progress, format=row.format, size_bytes=row.size_bytes, disk_bytes=row.disk_bytes,
        sha1=row.sha1, sha256=row.sha256, os=row.os, os_version=row.os_version, arch=row.arch, user=row.user,
        context=ContextMethod(row.context), min_ram_mib=row.min_ram_mib, origin=row.origin,
        created_at=row.created_at, kind=ApplianceKind(row.kind), revision=row.revision,
    )  # fmt: skip


def job_of(row: Row[Any]) -> Job:
    """A row of `jobs` as the resource."""
    return Job(
        id=row.id, kind=row.kind, state=JobState(row.state), step=row.step, attempts=row.attempts,
        error=row.error, created_at=row.created_at, updated_at=row.updated_at,
        instance_id=row.instance_id, appliance_id=row.appliance_id, volume_id=row.volume_id,
        revision=row.revision,
    )  # fmt: skip


def event_of(row: Row[Any]) -> Event:
    """A row of `events` as the resource."""
    return Event(
        id=row.id, time=row.time, kind=row.kind, severity=Severity(row.severity), text=row.text,
        instance_id=row.instance_id, volume_id=row.volume_id, revision=row.revision,
    )  # fmt: skip


def _filtered(statement: Select[Any], *conditions: ColumnElement[bool], limit: int | None) -> Select[Any]:
    statement = statement.where(*conditions)
    return statement if limit is None else statement.limit(limit)


def read_instances(
    connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[Instance]:
    """The instances that meet the conditions, by number."""
    statement = _filtered(select(*_INSTANCE_COLUMNS).order_by(instances.c.id), *conditions, limit=limit)
    return [instance_of(row) for row in connection.execute(statement)]


def read_appliances(
    connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[Appliance]:
    """The appliances that meet the conditions, by identifier, each with what its newest entry says."""
    statement = _filtered(select(appliances).order_by(appliances.c.id), *conditions, limit=limit)
    held = [(row.entry or row.id, appliance_of(row)) for row in connection.execute(statement)]
    return entry_records.with_endorsers(connection, held)


def read_jobs(
    connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[Job]:
    """The jobs that meet the conditions, newest first."""
    statement = _filtered(select(jobs).order_by(jobs.c.id.desc()), *conditions, limit=limit)
    return [job_of(row) for row in connection.execute(statement)]


def read_events(
    connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[Event]:
    """The events that meet the conditions, oldest first."""
    statement = _filtered(select(events).order_by(events.c.id), *conditions, limit=limit)
    return [event_of(row) for row in connection.execute(statement)]


def instance_row(connection: Connection, instance_id: int) -> Row[Any]:
    """The whole row of one instance, secrets included.

    Raises:
        NotFound: there is no such instance.
    """
    row = connection.execute(select(instances).where(instances.c.id == instance_id)).one_or_none()
    if row is None:
        raise NotFound(
            f"there is no instance {instance_id}", hint="`slshell instances --all` lists the known ones"
        )
    return row


def change_instance(write: Write, instance_id: int, **values: Any) -> None:
    """Set columns of an instance; it gets the transaction's revision."""
    write.connection.execute(
        update(instances).where(instances.c.id == instance_id).values(revision=write.revision, **values)
    )


def move(
    write: Write, instance_id: int, happening: lifecycle.Happening, *, reason: str = "", **values: Any
) -> State:
    """Take an instance along one transition, with its phase and event; answers the new state.

    Raises:
        Conflict: the state it is in does not allow that. NotFound: there is no such instance.
    """
    row = instance_row(write.connection, instance_id)
    before = State(row.state)
    state = lifecycle.after(before, happening, f"instance {instance_id}")
    phases = lifecycle.moved_on(phases_of(row.phases), state, utc_now())
    values = {"reachable": False, "progress": ""} | values
    change_instance(write, instance_id, state=state.value, reason=reason, phases=as_text(phases), **values)
    told = f"instance {instance_id} ({row.name}): {before.value} → {state.value}"
    add_event(
        write,
        "state",
        f"{told}: {reason}" if reason else told,
        instance_id=instance_id,
        severity=_SEVERITY.get(state, Severity.INFO),
    )
    return state


_SEVERITY = {State.FAILED: Severity.ERROR, State.UNKNOWN: Severity.WARNING}


def add_event(
    write: Write,
    kind: str,
    text: str,
    *,
    instance_id: int | None = None,
    volume_id: str | None = None,
    severity: Severity = Severity.INFO,
) -> None:
    """Record that something happened."""
    write.connection.execute(
        insert(events).values(
            time=utc_now(), kind=kind, severity=severity.value, text=text,
            instance_id=instance_id, volume_id=volume_id, revision=write.revision,
        )
    )  # fmt: skip


def add_job(
    write: Write,
    kind: str,
    step: str,
    *,
    instance_id: int | None = None,
    appliance_id: str | None = None,
    volume_id: str | None = None,
    payload: Any = None,
    not_before: datetime | None = None,
) -> int:
    """Queue a job; answers its number."""
    now = utc_now()
    number: int = write.connection.execute(
        insert(jobs)
        .values(
            kind=kind, state=JobState.QUEUED.value, step=step, attempts=0, error="", payload=as_text(payload),
            instance_id=instance_id, appliance_id=appliance_id, volume_id=volume_id, claimed_by="",
            heartbeat_at=None, not_before=not_before or now, created_at=now, updated_at=now,
            revision=write.revision,
        )
        .returning(jobs.c.id)
    ).scalar_one()  # fmt: skip
    return number


def change_payload(write: Write, job_id: int, payload: Any) -> None:
    """Keep for a job's next step what this one found out."""
    write.connection.execute(update(jobs).where(jobs.c.id == job_id).values(payload=as_text(payload)))


def bury(write: Write, kind: str, resource_id: str) -> None:
    """Remember that a resource is gone, for those who ask what changed."""
    where = (tombstones.c.kind == kind) & (tombstones.c.id == resource_id)
    known = write.connection.execute(select(tombstones.c.id).where(where)).one_or_none()
    if known is None:
        write.connection.execute(
            insert(tombstones).values(kind=kind, id=resource_id, revision=write.revision)
        )
    else:
        write.connection.execute(update(tombstones).where(where).values(revision=write.revision))
