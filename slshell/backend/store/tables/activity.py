"""Jobs and events. The partial indexes let one job at a time run for an instance, and for a volume."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, text

from slshell.backend.store.tables.base import UtcDateTime, metadata

_Key = BigInteger().with_variant(Integer, "sqlite")

jobs = Table(
    "jobs",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("step", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("instance_id", BigInteger, ForeignKey("instances.id")),
    Column("appliance_id", String(80)),
    Column("volume_id", String(36)),
    Column("claimed_by", String(80), nullable=False),
    Column("heartbeat_at", UtcDateTime),
    Column("not_before", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Index(None, "revision"),
    Index(None, "state", "not_before"),
    Index(None, "instance_id"),
    Index(None, "volume_id"),
)

_RUNNING = text("state = 'running'")

Index(
    "uq_jobs_running_instance",
    jobs.c.instance_id,
    unique=True,
    sqlite_where=_RUNNING,
    postgresql_where=_RUNNING,
)

Index(
    "uq_jobs_running_volume",
    jobs.c.volume_id,
    unique=True,
    sqlite_where=_RUNNING,
    postgresql_where=_RUNNING,
)

events = Table(
    "events",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("time", UtcDateTime, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("instance_id", BigInteger, ForeignKey("instances.id")),
    Column("volume_id", String(36)),
    Column("revision", BigInteger, nullable=False),
    Index(None, "revision"),
    Index(None, "instance_id"),
)
