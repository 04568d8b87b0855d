"""Other marketplaces as sources of the catalogue: asked in the background, their entries kept here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import and_, delete, func, insert, select, update

from slshell.backend.services import entry_index, entry_records, records
from slshell.backend.services.marketplace import Marketplace, Offered, examined
from slshell.backend.services.marketplace_fetch import Key, Reader, Unchanged
from slshell.backend.store.database import Database, Write
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.entries import entries, entry_contents, marketplaces
from slshell.model.entry import Source
from slshell.model.errors import CloudUnreachable, Conflict, SlshellError
from slshell.model.event import Severity

LOG = logging.getLogger(__name__)
BATCH = 25
"""Entries written in one transaction."""
MOST_BROKEN = 50
"""Entries that may not hold before the rest is left for the next time."""
_STOP_S = 2.0


@dataclass(kw_only=True)
class Sources:
    """Keeps a copy of each marketplace of `urls`, one thread for each, so that none waits for another."""

    database: Database
    marketplace: Marketplace
    urls: tuple[str, ...]
    refresh_s: float
    _stopping: threading.Event = field(default_factory=threading.Event)
    _nudges: dict[str, threading.Event] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Forget what comes from marketplaces that are no longer set, and begin to ask the others."""
        self._settle()
        for url in self.urls:
            self._nudges[url] = threading.Event()
            thread = threading.Thread(target=self._follow, args=(url,), name="marketplace", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End; an answer that is waited for is left alone."""
        self._stopping.set()
        self.refresh()
        for thread in self._threads:
            thread.join(_STOP_S)

    def refresh(self) -> None:
        """Ask all of them for news now."""
        for nudge in self._nudges.values():
            nudge.set()

    def all(self) -> list[Source]:
        """The marketplaces with the state of our copy of each."""
        with self.database.read() as connection:
            rows = connection.execute(select(marketplaces).order_by(marketplaces.c.url)).all()
        return [
            Source(
                url=row.url, entries=row.entries, fetched_at=row.fetched_at, checked_at=row.checked_at,
                problem=row.problem,
            )
            for row in rows
        ]  # fmt: skip

    def _follow(self, url: str) -> None:
        while not self._stopping.is_set():
            self._nudges[url].clear()
            try:
                self.fetch(url)
            except Exception:
                # A defect met in one look must not end the looking; the copy stays as it is.
                if not self._stopping.is_set():
                    LOG.exception("asking the marketplace %s broke", url)
            self._nudges[url].wait(self.refresh_s)

    def fetch(self, url: str) -> None:
        """Ask one marketplace for news and write down what came of it; what is held stays in any case."""
        with self.database.read() as connection:
            etag = connection.execute(
                select(marketplaces.c.etag).where(marketplaces.c.url == url)
            ).scalar_one()
        broken: list[str] = []
        try:
            with Reader(url) as reader:
                whole = self._take(reader, url, etag, broken)
                # Only a copy without gaps may be called unchanged next time.
                etag = reader.etag if whole and not broken else ""
        except Unchanged:
            whole = True
        except CloudUnreachable as error:
            self._note(url, f"{error.message}{f' ({error.hint})' if error.hint else ''}")
            return
        if self._stopping.is_set():
            return
        told = f"{len(broken)} of its entries do not hold, the first: {broken[0]}" if broken else ""
        self._note(url, told, etag=etag, whole=whole)

    def _take(self, reader: Reader, url: str, etag: str, broken: list[str]) -> bool:
        """Fetch every entry that is not here; answers whether nothing was left for the next time."""
        batch: list[Offered] = []
        for keys in reader.keys(etag):
            for key in self._unknown(keys):
                if self._stopping.is_set() or len(broken) >= MOST_BROKEN:
                    self._write(batch, url, broken)
                    return False
                try:
                    batch.append(_checked(key, reader.document(key)))
                except CloudUnreachable:
                    self._write(batch, url, broken)
                    raise
                except SlshellError as error:
                    broken.append(f"{key.identifier} of {key.endorser}: {error.message}")
                if len(batch) >= BATCH:
                    self._write(batch, url, broken)
                    batch = []
        self._write(batch, url, broken)
        return True

    def _unknown(self, keys: list[Key]) -> Iterable[Key]:
        columns = (entries.c.identifier, entries.c.endorser, entries.c.endorsed_at)
        with self.database.read() as connection:
            rows = connection.execute(
                select(*columns).where(entries.c.identifier.in_({key.identifier for key in keys}))
            ).all()
        known = {Key(*row) for row in rows}
        return [key for key in dict.fromkeys(keys) if key not in known]

    def _write(self, batch: list[Offered], url: str, broken: list[str]) -> None:
        if not batch or self._stopping.is_set():
            return
        with self.database.write() as write:
            _ = write.revision
            for offered in batch:
                try:
                    self.marketplace.insert(write, offered, url)
                except Conflict as error:
                    broken.append(f"{offered.entry.identifier}: {error.message}")

    def _note(self, url: str, problem: str, *, etag: str | None = None, whole: bool = False) -> None:
        now = utc_now()
        with self.database.write() as write:
            before = write.connection.execute(
                select(marketplaces.c.problem).where(marketplaces.c.url == url)
            ).scalar_one_or_none()
            count = select(func.count()).where(entries.c.source == url).scalar_subquery()
            values = {"checked_at": now, "problem": problem, "entries": count}
            if etag is not None:
                values["etag"] = etag
            if whole:
                values["fetched_at"] = now
            write.connection.execute(update(marketplaces).where(marketplaces.c.url == url).values(**values))
            if problem and problem != before:
                records.add_event(write, "image", f"marketplace {url}: {problem}", severity=Severity.WARNING)
            elif before and not problem:
                records.add_event(write, "image", f"marketplace {url} answers again")

    def _settle(self) -> None:
        with self.database.write() as write:
            known = set(write.connection.execute(select(marketplaces.c.url)).scalars())
            for url in set(self.urls) - known:
                write.connection.execute(insert(marketplaces).values(url=url, etag="", entries=0, problem=""))
            for url in known - set(self.urls):
                _forget(write, url)


def _checked(key: Key, document: bytes) -> Offered:
    """A document that is the entry that was asked for.

    Raises:
        UsageError: it does not hold, or is another. Conflict: its name is not the one in the list.
    """
    offered = examined(document)
    entry = offered.entry
    if Key(entry.identifier, entry.endorser, entry.endorsed_at) != key:
        raise Conflict("the marketplace sent another entry than the one in its list")
    return offered


def _forget(write: Write, url: str) -> None:
    """Drop a marketplace and its entries; others of the same endorsers become their newest again."""
    gone = write.connection.execute(
        select(entries.c.id, entries.c.identifier, entries.c.endorser, entries.c.latest).where(
            entries.c.source == url
        )
    ).all()
    numbers = [row.id for row in gone]
    entry_index.remove(write.connection, numbers)
    ours = select(entries.c.id).where(entries.c.source == url)
    write.connection.execute(delete(entry_contents).where(entry_contents.c.id.in_(ours)))
    write.connection.execute(delete(entries).where(entries.c.source == url))
    for row in gone:
        if row.latest:
            _promote(write, row.identifier, row.endorser)
    write.connection.execute(delete(marketplaces).where(marketplaces.c.url == url))
    # Entries that others have as well are to come from them now.
    write.connection.execute(update(marketplaces).values(etag=""))


def _promote(write: Write, identifier: str, endorser: str) -> None:
    its_endorser = and_(entries.c.identifier == identifier, entries.c.endorser == endorser)
    newest = write.connection.execute(
        entry_records.facts().where(its_endorser).order_by(entries.c.id.desc()).limit(1)
    ).one_or_none()
    if newest is not None:
        write.connection.execute(update(entries).where(entries.c.id == newest.id).values(latest=True))
        entry = msgspec.structs.replace(entry_records.shown(newest, utc_now()), source=newest.source)
        entry_index.add(write.connection, [(newest.id, entry)])
