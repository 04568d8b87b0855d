"""Appliances: the catalogue of images that are held here."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, text

from slshell.backend.store.tables.base import UtcDateTime, metadata

appliances = Table(
    "appliances",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("name", String(63), nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("progress", Text, nullable=False),
    Column("format", String(16), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("disk_bytes", BigInteger, nullable=False),
    Column("sha1", String(40), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("os", String(63), nullable=False),
    Column("os_version", String(63), nullable=False),
    Column("arch", String(63), nullable=False),
    Column("user", String(63), nullable=False),
    Column("context", String(16), nullable=False),
    Column("min_ram_mib", Integer, nullable=False),
    Column("cmdline", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("kind", String(16), nullable=False, server_default="machine"),
    Column("entry", String(27), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Index(None, "revision"),
)

_USABLE = text("state <> 'failed'")

Index(
    "uq_appliances_usable_name",
    appliances.c.name,
    unique=True,
    sqlite_where=_USABLE,
    postgresql_where=_USABLE,
)
