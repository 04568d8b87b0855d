"""What machines are told beyond their variables; a row is kept only where there is something to keep."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from slshell.backend.store.tables.base import metadata

contexts = Table(
    "contexts",
    metadata,
    Column("instance_id", BigInteger, ForeignKey("instances.id"), primary_key=True, autoincrement=False),
    Column("method", String(16), nullable=False),
    Column("parts", Text, nullable=False),
)
