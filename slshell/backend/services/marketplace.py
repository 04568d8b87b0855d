"""The marketplace: signed entries about images, kept for ever; the newest of each endorser counts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import func, insert, select, update

from slshell.backend.services import entry_index, entry_records, records
from slshell.backend.services.entry_index import Search
from slshell.backend.store.database import Database, Write
from slshell.backend.store.tables.appliances import appliances
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.entries import entries, entry_contents
from slshell.metadata import signature
from slshell.metadata.xml import InvalidMetadata, canonical, parsed
from slshell.model.entry import CatalogueEntry
from slshell.model.errors import Conflict, NotFound

CLOCKS = timedelta(minutes=10)
"""How far two clocks may be apart: an entry may be endorsed that long after our present."""
LONGEST_EMAIL = 254
"""As in SMTP."""
_STEP = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A signed document that was verified, ready to be taken in."""

    entry: CatalogueEntry
    document: bytes
    digest: str
    """SHA-256 of its canonical form: two files that say and sign the same are one entry."""


@dataclass(frozen=True, kw_only=True)
class Marketplace:
    """The service of entries."""

    database: Database

    def publish(self, document: bytes) -> tuple[CatalogueEntry, bool]:
        """Take a signed entry in; answers it, and False when it was here already.

        Raises:
            InvalidMetadata: it does not hold or is not signed. Conflict: another entry has its place, or its
                endorser has said something newer.
        """
        offered = examined(document)
        with self.database.write() as write:
            _ = write.revision
            self._refuse_older(write, offered.entry)
            made = self.insert(write, offered, "")
            if made:
                what = "deprecated" if offered.entry.deprecated is not None else "endorsed"
                records.add_event(
                    write, "image", f"{offered.entry.endorser} {what} {offered.entry.name} "
                    f"({offered.entry.identifier})",
                )  # fmt: skip
        return self.entry(offered.entry.identifier, offered.entry.endorser, offered.entry.endorsed_at), made

    def insert(self, write: Write, offered: Offered, source: str) -> bool:
        """Write an entry down within a transaction whose revision is taken; False when it is here already.

        Raises:
            Conflict: there is another entry of this identifier, endorser and date.
        """
        entry, table = offered.entry, entries.c
        its_endorser = (table.identifier == entry.identifier) & (table.endorser == entry.endorser)
        known = write.connection.execute(
            select(table.id, table.endorsed_at, table.digest, table.source, table.latest).where(its_endorser)
        ).all()
        same = [row for row in known if row.endorsed_at == entry.endorsed_at]
        if same:
            self._same_again(write, same[0], offered, source)
            return False
        latest = all(row.endorsed_at < entry.endorsed_at for row in known)
        number = _free_number(write, entry.endorsed_at)
        if latest:
            superseded = [row.id for row in known if row.latest]
            write.connection.execute(update(entries).where(table.id.in_(superseded)).values(latest=False))
            entry_index.remove(write.connection, superseded)
        write.connection.execute(
            insert(entries).values(
                id=number, identifier=entry.identifier, endorser=entry.endorser,
                endorsed_at=entry.endorsed_at, source=source, digest=offered.digest, latest=latest,
                deprecated=entry.deprecated is not None, valid_until=entry.valid, size_bytes=entry.size_bytes,
                revision=write.revision,
            )
        )  # fmt: skip
        content = {"id": number, "facts": records.as_text(entry), "document": offered.document}
        write.connection.execute(insert(entry_contents).values(content))
        if latest:
            entry_index.add(write.connection, [(number, msgspec.structs.replace(entry, source=source))])
        write.connection.execute(
            update(appliances)
            .where((appliances.c.id == entry.identifier) | (appliances.c.entry == entry.identifier))
            .values(revision=write.revision)
        )
        return True

    def search(self, search: Search) -> list[tuple[int, CatalogueEntry]]:
        """Numbers and entries that match, newest first; only the latest of each endorser are looked at."""
        now = utc_now()
        with self.database.read() as connection:
            numbers = entry_index.find(connection, search, now)
            statement = entry_records.facts().where(entries.c.id.in_(numbers)).order_by(entries.c.id.desc())
            rows = connection.execute(statement).all() if numbers else ()
        return [(row.id, entry_records.shown(row, now)) for row in rows]

    def of_image(self, identifier: str, *, latest: bool = False) -> list[CatalogueEntry]:
        """All entries of an image, newest first; with `latest` one of each endorser."""
        statement = (
            entry_records.facts().where(entries.c.identifier == identifier).order_by(entries.c.id.desc())
        )
        if latest:
            statement = statement.where(entries.c.latest)
        now = utc_now()
        with self.database.read() as connection:
            return [entry_records.shown(row, now) for row in connection.execute(statement)]

    def entry(self, identifier: str, endorser: str, endorsed_at: datetime) -> CatalogueEntry:
        """One entry.

        Raises:
            NotFound: there is none.
        """
        statement = entry_records.facts().where(
            entries.c.identifier == identifier,
            entries.c.endorser == endorser,
            entries.c.endorsed_at == endorsed_at,
        )
        with self.database.read() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            raise NotFound("metadata entry not found.", hint="slshell appliance ID shows an image's entries")
        return entry_records.shown(row, utc_now())

    def entry_behind(self, appliance_id: str) -> str:
        """The identifier by which an entry named a held image, and because of which it was fetched.

        It is another than the image's own where that was converted. Empty: no entry was behind it.
        """
        statement = select(appliances.c.entry).where(appliances.c.id == appliance_id)
        with self.database.read() as connection:
            return connection.execute(statement).scalar_one_or_none() or ""

    def document(self, entry: CatalogueEntry) -> bytes:
        """The signed document of an entry, as it was uploaded.

        Raises:
            NotFound: it is not here any more.
        """
        statement = (
            select(entry_contents.c.document)
            .join(entries, entries.c.id == entry_contents.c.id)
            .where(
                entries.c.identifier == entry.identifier,
                entries.c.endorser == entry.endorser,
                entries.c.endorsed_at == entry.endorsed_at,
            )
        )
        with self.database.read() as connection:
            found = connection.execute(statement).scalar_one_or_none()
        if found is None:
            raise NotFound("metadata entry not found.")
        return bytes(found)

    def _refuse_older(self, write: Write, entry: CatalogueEntry) -> None:
        newest = write.connection.execute(
            select(func.max(entries.c.endorsed_at)).where(
                entries.c.identifier == entry.identifier, entries.c.endorser == entry.endorser
            )
        ).scalar_one()
        if newest is not None and entry.endorsed_at < newest:
            raise Conflict(
                f"older than latest entry: {entry.endorser} has endorsed this image again on "
                f"{newest:%Y-%m-%d %H:%M:%S} UTC",
                hint="sign the metadata again to make it the newest",
            )

    def _same_again(self, write: Write, row: Any, offered: Offered, source: str) -> None:
        if row.digest != offered.digest:
            raise Conflict(
                f"{offered.entry.endorser} has another entry of this date, and entries never change",
                hint="sign the metadata again, for that gives it a new date",
            )
        if row.source and not source:
            write.connection.execute(update(entries).where(entries.c.id == row.id).values(source=source))


def examined(document: bytes) -> Offered:
    """A document with everything about it checked.

    Raises:
        InvalidMetadata: something does not hold, or it is not signed.
    """
    if not signature.has_signature(document):
        raise InvalidMetadata("no signature", hint="slshell sign-metadata signs it")
    entry = entry_records.entry_of(signature.verify(document))
    if entry.endorsed_at > utc_now() + CLOCKS:
        raise InvalidMetadata(
            f"it is endorsed in the future ({entry.endorsed_at:%Y-%m-%d %H:%M:%S} UTC)",
            hint="set the clock and sign it again",
        )
    if len(entry.endorser) > LONGEST_EMAIL:
        raise InvalidMetadata("the endorser's address is longer than 254 characters")
    digest = hashlib.sha256(canonical(parsed(document))).hexdigest()
    return Offered(entry=entry, document=document, digest=digest)


def _free_number(write: Write, endorsed_at: datetime) -> int:
    """The first free number of that second, which sorts entries by their time."""
    first = entry_records.seconds(endorsed_at) * _STEP
    used = write.connection.execute(
        select(func.max(entries.c.id)).where(entries.c.id >= first, entries.c.id < first + _STEP)
    ).scalar_one()
    return first if used is None else int(used) + 1
