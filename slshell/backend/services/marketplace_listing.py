"""Lists of entries as StratusLab's marketplace gives them: by filters, from an offset, with totals."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import func, select

from slshell.backend.services import entry_index, entry_records
from slshell.backend.services.entry_index import Search
from slshell.backend.store.database import Database
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.entries import entries
from slshell.metadata.checks import is_email
from slshell.metadata.document import moment, moment_text
from slshell.metadata.xml import InvalidMetadata
from slshell.model.entry import CatalogueEntry, Standing

MOST = 1000
"""Entries in one answer."""
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which entries; empty texts filter nothing. With a date, superseded ones are looked at too."""

    identifier: str = ""
    email: str = ""
    created: str = ""
    words: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    standing: Standing = Standing.VALID
    start: int = 0
    length: int = MOST
    ascending: bool = False


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One part of a list, and how long all of it is."""

    entries: list[CatalogueEntry]
    matching: int
    total: int


def classified(parts: tuple[str, ...]) -> dict[str, str]:
    """What the parts of an address mean: each is an e-mail address, a date or an identifier by its shape."""
    found: dict[str, str] = {}
    for part in parts:
        name = "email" if is_email(part) else "created" if _DATE.fullmatch(part) else "identifier"
        found[name] = part
    return found


def listed(database: Database, wanted: Wanted) -> Listed:
    """The entries that are wanted, newest first unless said otherwise.

    Raises:
        InvalidMetadata: the date is none.
    """
    now = utc_now()
    search = Search(words=wanted.words, fields=wanted.fields, standing=wanted.standing)
    number, statement = entry_index.matching(search, now, database.dialect, latest=not wanted.created)
    if wanted.identifier or wanted.email or wanted.created:
        if not entry_index.joins_entries(search):
            statement = statement.join(entries, entries.c.id == number)
        for column, value in ((entries.c.identifier, wanted.identifier), (entries.c.endorser, wanted.email)):
            if value:
                statement = statement.where(column == value)
        if wanted.created:
            statement = statement.where(entries.c.endorsed_at == moment(wanted.created, "created"))
    order = number.asc() if wanted.ascending else number.desc()
    part = statement.order_by(order).offset(wanted.start).limit(min(wanted.length, MOST))
    with database.read() as connection:
        numbers = [int(row[0]) for row in connection.execute(part)]
        facts = entry_records.facts().where(entries.c.id.in_(numbers))
        found = (
            {row.id: entry_records.shown(row, now) for row in connection.execute(facts)} if numbers else {}
        )
        matching = connection.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
        total = connection.execute(select(func.count()).where(entries.c.latest)).scalar_one()
    return Listed(entries=[found[each] for each in numbers], matching=matching, total=total)


def version(database: Database, question: str) -> str:
    """A mark that changes when the answer to a question may have changed other than by time."""
    with database.read() as connection:
        newest = connection.execute(select(func.max(entries.c.revision))).scalar_one() or 0
    return f'"{newest}-{hashlib.sha256(question.encode()).hexdigest()[:16]}"'


def row_of(entry: CatalogueEntry) -> list[str]:
    """An entry as a row of the marketplace's table, in the order of its columns."""
    date = moment_text(entry.endorsed_at)
    location = entry.locations[0] if entry.locations else ""
    return [
        "", entry.os, entry.os_version, entry.arch, entry.endorser, entry.kind, date, entry.identifier,
        location, entry.description, entry.title,
    ]  # fmt: skip


def date_of(text: str) -> datetime:
    """A date in an address.

    Raises:
        InvalidMetadata: it is none.
    """
    if _DATE.fullmatch(text) is None:
        raise InvalidMetadata(f"“{text[:40]}” is not a date", hint="write 2013-05-01T12:00:00Z")
    return moment(text, "the date").astimezone(UTC)
