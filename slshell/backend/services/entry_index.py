"""The words of entries, and finding entries by them: FTS5 in SQLite, a GIN index in PostgreSQL.

Both get the same tokens, made here, so that a search finds the same with either. Only the latest entry of
each endorser is in the index. A token `w…` is a word of the entry's text; `f…` is one field's whole value.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, literal_column, select, text
from sqlalchemy.sql.selectable import Select, TableClause

from slshell.backend.store.tables.entries import entries
from slshell.model.entry import CatalogueEntry, Standing

FIELDS = ("os", "os_version", "version", "arch", "endorser", "kind", "tag", "title", "source")
"""What can be asked for as a whole value."""
MOST_WORDS = 16
"""Words of a search that count; nobody types more, and each costs."""
LONGEST_WORD = 64

_SQLITE = "sqlite"
_KEY = {_SQLITE: "rowid", "postgresql": "id"}
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is looked for. All conditions must hold; words may be beginnings of words."""

    words: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    """By a name of FIELDS, in any case of letters."""
    standing: Standing = Standing.ALL
    least_bytes: int | None = None
    most_bytes: int | None = None
    before: int | None = None
    """Only entries whose number is lower, for the next page."""
    limit: int = 100


def tokens_of(entry: CatalogueEntry) -> list[str]:
    """The tokens under which an entry is found."""
    texts = (
        entry.identifier, entry.endorser, entry.title, entry.description, entry.kind, entry.type, entry.os,
        entry.os_version, entry.arch, entry.version, entry.creator, entry.publisher, *entry.tags,
    )  # fmt: skip
    words = {f"w{word}" for each in texts for word in _words(each)}
    values = [(name, getattr(entry, name)) for name in FIELDS if name != "tag"]
    # A version is asked for without saying of what.
    values += [("version", entry.os_version), *(("tag", tag) for tag in entry.tags)]
    return sorted(words | {_value(name, value) for name, value in values if value})


def add(connection: Connection, indexed: Iterable[tuple[int, CatalogueEntry]]) -> None:
    """Take entries, by their numbers, into the index."""
    sqlite = connection.dialect.name == _SQLITE
    rows = [
        {"id": number, "words": " ".join(tokens) if sqlite else tokens}
        for number, tokens in ((number, tokens_of(entry)) for number, entry in indexed)
    ]
    if not rows:
        return
    statement = (
        "INSERT INTO entry_texts (rowid, words) VALUES (:id, :words)"
        if sqlite
        else "INSERT INTO entry_texts (id, words) VALUES (:id, array_to_tsvector(CAST(:words AS text[])))"
    )
    connection.execute(text(statement), rows)


def remove(connection: Connection, numbers: Iterable[int]) -> None:
    """Take entries out of the index, for a newer one of the same endorser has come."""
    rows = [{"id": number} for number in numbers]
    if rows:
        key = _KEY[connection.dialect.name]
        connection.execute(text(f"DELETE FROM entry_texts WHERE {key} = :id"), rows)  # noqa: S608 - two words


def find(connection: Connection, search: Search, now: datetime) -> list[int]:
    """The numbers of the latest entries that match, newest first."""
    number, statement = matching(search, now, connection.dialect.name)
    found = connection.execute(statement.order_by(number.desc()).limit(search.limit))
    return [int(row[0]) for row in found]


def matching(
    search: Search, now: datetime, dialect: str, *, latest: bool = True
) -> tuple[ColumnElement[int], Select[Any]]:
    """The column of numbers, and a query for all that match, in no order.

    Words are known of the latest entries only; without any, `latest=False` looks at all entries.
    """
    tokens, exact = _tokens(search)
    if not tokens and not exact:
        statement = select(entries.c.id).where(*_conditions(search, now, entries.c.id))
        return entries.c.id, statement.where(entries.c.latest) if latest else statement
    number: ColumnElement[int] = literal_column(
        "entry_texts.rowid" if dialect == _SQLITE else "entry_texts.id"
    )
    if dialect == _SQLITE:
        match = " AND ".join([f'"{word}"*' for word in tokens] + [f'"{word}"' for word in exact])
        condition = text("entry_texts MATCH :match").bindparams(match=match)
    else:
        match = " & ".join([f"'{word}':*" for word in tokens] + [f"'{word}'" for word in exact])
        condition = text("entry_texts.words @@ CAST(:match AS tsquery)").bindparams(match=match)
    statement = select(number).select_from(TableClause("entry_texts")).where(condition)
    if conditions := _conditions(search, now, number):
        statement = statement.join(entries, entries.c.id == number).where(*conditions)
    return number, statement


def joins_entries(search: Search) -> bool:
    """Whether the query for a search reads the table of entries already."""
    tokens, exact = _tokens(search)
    return not (tokens or exact) or bool(_conditions(search, datetime.now(UTC), entries.c.id))


def _tokens(search: Search) -> tuple[list[str], list[str]]:
    tokens = [f"w{word}" for word in _words(search.words)][:MOST_WORDS]
    return tokens, [_value(name, value) for name, value in search.fields.items() if value]


def _conditions(search: Search, now: datetime, number: ColumnElement[int]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if search.before is not None:
        found.append(number < bindparam("before", search.before))
    if search.least_bytes is not None:
        found.append(entries.c.size_bytes >= search.least_bytes)
    if search.most_bytes is not None:
        found.append(entries.c.size_bytes <= search.most_bytes)
    expired = entries.c.valid_until <= now
    if search.standing is Standing.DEPRECATED:
        found.append(entries.c.deprecated)
    elif search.standing is Standing.EXPIRED:
        found += [~entries.c.deprecated, expired]
    elif search.standing is Standing.VALID:
        found += [~entries.c.deprecated, entries.c.valid_until.is_(None) | ~expired]
    return found


def _words(text_: str) -> list[str]:
    """The words of a text, as the index knows them: folded, without accents' variants, each once."""
    folded = unicodedata.normalize("NFKC", text_).casefold()
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in _WORD.findall(folded)))


def _value(name: str, value: str) -> str:
    """The token for one field's whole value; a digest, for a value may have any characters."""
    folded = unicodedata.normalize("NFKC", value).casefold()
    return "f" + hashlib.sha256(f"{name}={folded}".encode()).hexdigest()[:24]
