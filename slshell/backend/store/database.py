"""Opening the database, and its read and write transactions."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, func, insert, make_url, select, update
from sqlalchemy.exc import OperationalError

from slshell.backend.store.tables import activity, appliances, entries, instances, volumes
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.cloud import cloud
from slshell.model.errors import CloudUnreachable, Conflict

__all__ = [
    "Database",
    "DatabaseUnreachable",
    "Write",
    "activity",
    "appliances",
    "entries",
    "instances",
    "volumes",
]

_BUSY_MS = 30_000

# Any number will do, as long as it stays the same; PostgreSQL counts such locks by database.
_CLAIM = 0x51_5E_11


class DatabaseUnreachable(CloudUnreachable):
    """The database does not answer, is locked, or its disk is full; what was asked of it did not happen."""


class Write:
    """One write transaction: the connection, and the revision that everything changed in it gets."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._revision = 0

    @property
    def revision(self) -> int:
        """The next number of the cloud's revision counter, taken when first asked for.

        Taking it locks the cloud's row, so revisions become visible in the order of their numbers.
        """
        if not self._revision:
            self._revision = self.connection.execute(
                update(cloud).values(revision=cloud.c.revision + 1).returning(cloud.c.revision)
            ).scalar_one()
        return self._revision

    @property
    def changed(self) -> int:
        """The revision if one was taken, else 0."""
        return self._revision

    def next_instance_id(self) -> int:
        """The next instance number; they count up from 1 without gaps."""
        number: int = self.connection.execute(
            update(cloud)
            .values(last_instance_id=cloud.c.last_instance_id + 1)
            .returning(cloud.c.last_instance_id)
        ).scalar_one()
        return number


class Database:
    """The cloud's database at an SQLAlchemy URL; `on_change(revision)` is called after each commit."""

    def __init__(self, url: str, on_change: Callable[[int], None] = lambda _revision: None) -> None:
        self.url = url
        self.on_change = on_change
        self._engine = _open(url)
        self._claim: Connection | None = None

    @property
    def dialect(self) -> str:
        """sqlite or postgresql."""
        return self._engine.dialect.name

    def prepare(self) -> str:
        """Bring the schema up to date, make the cloud's row if it is new, and answer the cloud's id.

        Raises:
            Conflict: another daemon works on this database.
        """
        self._claim_alone()
        migrate(self._engine)
        with self._engine.begin() as connection:
            known = connection.execute(select(cloud.c.id)).scalar_one_or_none()
            if known is None:
                known = str(uuid.uuid4())
                connection.execute(
                    insert(cloud).values(
                        row=1, id=known, revision=0, last_instance_id=0, created_at=utc_now()
                    )
                )
        return str(known)

    def close(self) -> None:
        """Close all connections."""
        if self._claim is not None:
            # The server would notice the end of the connection only a moment later.
            with suppress(OperationalError):
                self._claim.execute(select(func.pg_advisory_unlock(_CLAIM)))
            self._claim.close()
        self._engine.dispose()

    def _claim_alone(self) -> None:
        """Keep other daemons off a server's database, as the lock file does for a data folder."""
        if self._engine.dialect.name != "postgresql":
            return
        claim = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not claim.execute(select(func.pg_try_advisory_lock(_CLAIM))).scalar_one():
            claim.close()
            raise Conflict(
                "another daemon works on this database",
                hint="give each cloud a database of its own ([cloud] database in config.toml)",
            )
        self._claim = claim

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment of the database.

        Raises:
            DatabaseUnreachable: the database does not answer, or cannot do its work.
        """
        try:
            with self._engine.connect() as connection:
                yield connection
        except OperationalError as error:
            raise DatabaseUnreachable(
                f"the database cannot be used: {error.orig}",
                hint="see whether its disk is full and its server runs",
            ) from error

    @contextmanager
    def write(self) -> Iterator[Write]:
        """A transaction that is committed at the end, or rolled back by an exception."""
        with self.read() as connection, connection.execution_options(slshell_writes=True).begin():
            if self._engine.dialect.name != "sqlite":
                # As SQLite's BEGIN IMMEDIATE does: what a transaction has read is still so when it writes.
                connection.execute(select(cloud.c.row).with_for_update())
            transaction = Write(connection)
            yield transaction
        if transaction.changed:
            self.on_change(transaction.changed)

    def revision(self, connection: Connection) -> int:
        """The revision that this connection sees."""
        number: int = connection.execute(select(cloud.c.revision)).scalar_one()
        return number


def migrate(engine: Engine) -> None:
    """Run the migrations that this database has not seen."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _open(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    if (file := make_url(url).database) is not None:
        # SQLite gives the journal's files the mode of the database, which holds private host keys.
        Path(file).touch(mode=0o600)
        Path(file).chmod(0o600)
    engine = create_engine(url, connect_args={"timeout": _BUSY_MS / 1000, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN comes too late to keep two writers from deadlocking, so we say it ourselves.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", f"busy_timeout={_BUSY_MS}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("slshell_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
