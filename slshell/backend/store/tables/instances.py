"""Instances. The partial indexes make two living machines with one name or one address impossible."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, text

from slshell.backend.store.tables.base import UtcDateTime, metadata

instances = Table(
    "instances",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("name", String(63), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reachable", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("progress", Text, nullable=False),
    Column("appliance", String(63), nullable=False),
    Column("appliance_id", String(80), nullable=False),
    Column("type", String(63), nullable=False),
    Column("vcpu", Integer, nullable=False),
    Column("ram_mib", BigInteger, nullable=False),
    Column("swap_mib", BigInteger, nullable=False),
    Column("address", String(45), nullable=False),
    Column("ssh_port", Integer, nullable=False),
    Column("user", String(63), nullable=False),
    Column("host_key", Text, nullable=False),
    Column("host_key_private", Text, nullable=False),
    Column("keys", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("phases", Text, nullable=False),
    Column("disks", Text, nullable=False, server_default="[]"),
    Column("engine_id", String(80), nullable=False),
    Column("host", String(255), nullable=False),
    Column("owner", String(255), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("endorser", String(254), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("tags", Text, nullable=False, server_default="[]"),
    Index(None, "revision"),
    Index(None, "state"),
)

_LIVING = text("state <> 'Done'")

Index(
    "uq_instances_living_name",
    instances.c.name,
    unique=True,
    sqlite_where=_LIVING,
    postgresql_where=_LIVING,
)
Index(
    "uq_instances_living_address",
    instances.c.address,
    instances.c.ssh_port,
    unique=True,
    sqlite_where=_LIVING,
    postgresql_where=_LIVING,
)
