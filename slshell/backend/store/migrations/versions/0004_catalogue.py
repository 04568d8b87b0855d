"""Entries of the catalogue, other marketplaces, and who endorsed what runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables and the index of words."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "entries",
        sa.Column("id", number, autoincrement=False, nullable=False),
        sa.Column("identifier", sa.String(length=27), nullable=False),
        sa.Column("endorser", sa.String(length=254), nullable=False),
        sa.Column("endorsed_at", sa.DateTime(), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("latest", sa.Boolean(), nullable=False),
        sa.Column("deprecated", sa.Boolean(), nullable=False),
        sa.Column("valid_until", sa.DateTime(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint(
            "identifier", "endorser", "endorsed_at", name=op.f("uq_entries_identifier_endorser_endorsed_at")
        ),
    )
    for columns in (["latest", "id"], ["source"], ["revision"]):
        op.create_index(op.f(f"ix_entries_{'_'.join(columns)}"), "entries", columns, unique=False)
    op.create_table(
        "entry_contents",
        sa.Column("id", number, autoincrement=False, nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["entries.id"], name=op.f("fk_entry_contents_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_contents")),
    )
    op.create_table(
        "marketplaces",
        sa.Column("url", sa.String(length=255), nullable=False),
        sa.Column("etag", sa.String(length=255), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(), nullable=True),
        sa.Column("checked_at", sa.DateTime(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_marketplaces")),
    )
    op.add_column("appliances", sa.Column("entry", sa.String(length=27), nullable=False, server_default=""))
    op.add_column(
        "instances", sa.Column("endorser", sa.String(length=254), nullable=False, server_default="")
    )
    _words()


def _words() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE entry_texts USING fts5(words, tokenize = 'unicode61', prefix = '2 3 4 5')"
        )
        return
    op.execute("CREATE TABLE entry_texts (id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
    # New entries go into the index at once, for a list of those that wait is searched one by one.
    op.execute("CREATE INDEX ix_entry_texts_words ON entry_texts USING gin (words) WITH (fastupdate = off)")
