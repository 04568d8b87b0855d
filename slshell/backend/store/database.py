"""Opening the database, and its read and write transactions."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, insert, make_url, select, update
from sqlalchemy.exc import OperationalError

from slshell.backend.store.tables import activity, appliances, instances
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.cloud import cloud
from slshell.model.errors import CloudUnreachable

__all__ = ["Database", "Write", "activity", "appliances", "instances"]

_BUSY_MS = 30_000


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

    def prepare(self) -> str:
        """Bring the schema up to date, make the cloud's row if it is new, and answer the cloud's id."""
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
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment of the database.

        Raises:
            CloudUnreachable: the database does not answer.
        """
        try:
            connection = self._engine.connect()
        except OperationalError as error:
            raise CloudUnreachable(
                f"the database does not answer: {error.orig}", hint="check the database's address and log"
            ) from error
        with connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Write]:
        """A transaction that is committed at the end, or rolled back by an exception."""
        with self.read() as connection, connection.execution_options(slshell_writes=True).begin():
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
