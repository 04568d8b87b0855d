"""Volumes. The primary key of `attachments` makes it impossible that two machines have one volume."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from slshell.backend.store.tables.base import UtcDateTime, metadata

volumes = Table(
    "volumes",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("tag", String(40), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("progress", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("allocated_bytes", BigInteger, nullable=False),
    Column("visibility", String(16), nullable=False),
    Column("owner", String(255), nullable=False),
    Column("origin", Text, nullable=False),
    Column("handle", Text, nullable=False),
    Column("appliance_id", String(80), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Column("purge_at", UtcDateTime),
    Column("received_bytes", BigInteger, nullable=False),
    Column("upload_bytes", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Index(None, "revision"),
    Index(None, "state"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("volume_id", String(36), ForeignKey("volumes.id"), primary_key=True),
    Column("instance_id", BigInteger, ForeignKey("instances.id"), nullable=False),
    Column("device", String(64), nullable=False),
    Column("device_known", Boolean, nullable=False),
    Column("at_launch", Boolean, nullable=False),
    Column("attached_at", UtcDateTime, nullable=False),
    Index(None, "instance_id"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("volume_id", String(36), ForeignKey("volumes.id"), nullable=False),
    Column("name", String(63), nullable=False),
    Column("handle", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("volume_id", "name"),
)

exports = Table(
    "exports",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("volume_id", String(36), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("progress", Text, nullable=False),
    Column("format", String(16), nullable=False),
    Column("compress", Boolean, nullable=False),
    Column("handle", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
