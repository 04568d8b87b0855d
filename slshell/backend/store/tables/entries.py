"""Entries of the catalogue, what they say, and the marketplaces that some were read from.

Beside them there is `entry_texts`, the words to search by, which each database keeps in its own kind of
index; see `slshell.backend.services.entry_index`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from slshell.backend.store.tables.base import UtcDateTime, metadata

# SQLite keeps a table in the order of its INTEGER key only.
_Number = BigInteger().with_variant(Integer, "sqlite")

entries = Table(
    "entries",
    metadata,
    # Seconds of the endorsement, then a counter: the order of the numbers is the order of time.
    Column("id", _Number, primary_key=True, autoincrement=False),
    Column("identifier", String(27), nullable=False),
    Column("endorser", String(254), nullable=False),
    Column("endorsed_at", UtcDateTime, nullable=False),
    Column("source", String(255), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("latest", Boolean, nullable=False),
    Column("deprecated", Boolean, nullable=False),
    Column("valid_until", UtcDateTime),
    Column("size_bytes", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    UniqueConstraint("identifier", "endorser", "endorsed_at"),
    Index(None, "latest", "id"),
    Index(None, "source"),
    Index(None, "revision"),
)

# Apart from the rest, so that looking through many entries reads little.
entry_contents = Table(
    "entry_contents",
    metadata,
    Column("id", _Number, ForeignKey("entries.id"), primary_key=True, autoincrement=False),
    Column("facts", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
)

marketplaces = Table(
    "marketplaces",
    metadata,
    Column("url", String(255), primary_key=True),
    Column("etag", String(255), nullable=False),
    Column("entries", Integer, nullable=False),
    Column("fetched_at", UtcDateTime),
    Column("checked_at", UtcDateTime),
    Column("problem", Text, nullable=False),
)
