"""The cloud's own row with its counters, the requests already served, and what is gone."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, String, Table, Text

from slshell.backend.store.tables.base import UtcDateTime, metadata

cloud = Table(
    "cloud",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("last_instance_id", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint('"row" = 1', name="single_row"),
)

requests = Table(
    "requests",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("resource_ids", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("id", String(80), primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Index(None, "revision"),
)
