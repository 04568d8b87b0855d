"""Searching a catalogue of 100,000 entries: one page of answers, with SQLite and with PostgreSQL.

The floor is the same page by the primary key, without a search.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select, text

from benchmarks import report
from slshell.backend.services import entry_index, entry_records, records
from slshell.backend.services.entry_index import Search
from slshell.backend.services.marketplace import Marketplace
from slshell.backend.store.database import Database
from slshell.backend.store.tables.entries import entries, entry_contents
from slshell.model import ids
from slshell.model.entry import CatalogueEntry, Standing
from tests.support.postgres import server

ENTRIES = 100_000
AIM_MS = 50
PAGE = 100
DOCUMENT_BYTES = 6000
"""About what a signed document has."""
BATCH = 5000
SYSTEMS = ("debian", "ubuntu", "fedora", "rocky", "almalinux", "opensuse", "alpine", "arch", "ttylinux")
FIRST = ("bio", "grid", "web", "data", "mpi", "cloud", "test", "lab")
SECOND = ("base", "node", "server", "tools", "stack", "desktop", "worker", "image")
WORDS = tuple(f"{first}{second}" for first in FIRST for second in SECOND)

SEARCHES = {
    "no words": Search(limit=PAGE),
    "one letter": Search(words="d", limit=PAGE),
    "a common word": Search(words="debian", limit=PAGE),
    "two common words": Search(words="debian x86", limit=PAGE),
    "two common words that never meet": Search(words="debian ubuntu", limit=PAGE),
    "a rare word": Search(words="needle", limit=PAGE),
    "no such word": Search(words="haystack", limit=PAGE),
    "by system and architecture": Search(fields={"os": "rocky", "arch": "aarch64"}, limit=PAGE),
    "words, a field and only valid ones": Search(
        words="gridworker", fields={"os": "fedora"}, standing=Standing.VALID, limit=PAGE
    ),
    "only valid ones": Search(standing=Standing.VALID, limit=PAGE),
    "only deprecated ones": Search(words="lab", standing=Standing.DEPRECATED, limit=PAGE),
    "none of that size": Search(words="debian", least_bytes=1 << 50, limit=PAGE),
    "a page in the middle": Search(words="debian", limit=PAGE),
}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repetitions", type=int, default=9)
    options.add_argument("--entries", type=int, default=ENTRIES)
    given = options.parse_args()
    report.heading(f"search: one page of {PAGE} out of {given.entries} entries")
    with tempfile.TemporaryDirectory(prefix="sl-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        missed = _measured(f"sqlite:///{folder / 'cloud.db'}", given.entries, given.repetitions)
        (folder / "pg").mkdir()
        with server(folder / "pg") as url:
            missed += _measured(url, given.entries, given.repetitions)
    report.say(f"aim of {AIM_MS} ms for each: {'missed by ' + ', '.join(missed) if missed else 'met'}")
    report.say(f"load at the end {report.load()}")


def made_up(count: int) -> Iterator[CatalogueEntry]:
    """Entries like those of a marketplace, oldest first: one in ten is valid, as StratusLab's were."""
    chance = random.Random(7)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    for number in range(count):
        system = chance.choice(SYSTEMS)
        sha1 = hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()
        fate = chance.random()
        yield CatalogueEntry(
            identifier=ids.identifier_of(sha1),
            endorser=f"user{chance.randrange(300)}@example{chance.randrange(20)}.org",
            endorsed_at=start + timedelta(minutes=7 * number),
            size_bytes=chance.randrange(1 << 26, 1 << 34),
            checksums={"SHA-1": sha1},
            title=f"{system} {' '.join(chance.sample(WORDS, 3))}" + (" needle" if number % 9973 == 5 else ""),
            description=" ".join(chance.choices(WORDS, k=20)),
            kind="machine" if chance.random() < 0.95 else "disk",
            os=system,
            os_version=f"{chance.randrange(8, 43)}",
            arch="x86_64" if chance.random() < 0.8 else "aarch64",
            version=f"{chance.randrange(9)}.{chance.randrange(20)}",
            tags=tuple(chance.sample(WORDS, 2)),
            locations=(f"https://example.org/images/{number}.qcow2",),
            valid=start if fate < 0.75 else datetime(2090, 1, 1, tzinfo=UTC),
            deprecated="old" if fate > 0.85 else None,
        )


def fill(database: Database, count: int) -> None:
    """Put made-up entries into the tables and the index, as uploads would."""
    batch: list[tuple[int, CatalogueEntry]] = []
    for entry in made_up(count):
        batch.append((entry_records.seconds(entry.endorsed_at) << 20, entry))
        if len(batch) == BATCH:
            _write(database, batch)
            batch = []
    _write(database, batch)


def _write(database: Database, batch: list[tuple[int, CatalogueEntry]]) -> None:
    if not batch:
        return
    with database.write() as write:
        write.connection.execute(
            insert(entries),
            [
                {
                    "id": number, "identifier": entry.identifier, "endorser": entry.endorser,
                    "endorsed_at": entry.endorsed_at, "source": "", "digest": "", "latest": True,
                    "deprecated": entry.deprecated is not None, "valid_until": entry.valid,
                    "size_bytes": entry.size_bytes, "revision": write.revision,
                }
                for number, entry in batch
            ],
        )  # fmt: skip
        contents = [
            {"id": number, "facts": records.as_text(entry), "document": b"x" * DOCUMENT_BYTES}
            for number, entry in batch
        ]
        write.connection.execute(insert(entry_contents), contents)
        entry_index.add(write.connection, batch)


def _measured(url: str, count: int, repetitions: int) -> list[str]:
    name = url.partition(":")[0].partition("+")[0]
    database = Database(url)
    database.prepare()
    start = time.monotonic()
    fill(database, count)
    with database.write() as write:
        # What a server does by itself within a minute of such an import.
        write.connection.execute(text("ANALYZE"))
    report.say(f"{name}: {count} entries made in {time.monotonic() - start:.0f} s")
    market, missed = Marketplace(database=database), []
    report.line(f"{name}: by the primary key (floor)", _floor(database, repetitions), "ms", 1)
    for what, search in SEARCHES.items():
        if what == "a page in the middle":
            search = _middle(market, search)
        times = []
        for _ in range(repetitions):
            start = time.perf_counter()
            found = market.search(search)
            times.append((time.perf_counter() - start) * 1000)
        report.line(f"{name}: {what} ({len(found)} found)", times, "ms", 1)
        if report.median(times) > AIM_MS:
            missed.append(f"{name}: {what}")
    database.close()
    return missed


def _middle(market: Marketplace, search: Search) -> Search:
    first = market.search(Search(words=search.words, limit=5000))
    return Search(words=search.words, before=first[-1][0], limit=PAGE)


def _floor(database: Database, repetitions: int) -> list[float]:
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        with database.read() as connection:
            connection.execute(
                select(entry_contents.c.facts).order_by(entry_contents.c.id.desc()).limit(PAGE)
            ).all()
        times.append((time.perf_counter() - start) * 1000)
    return times


if __name__ == "__main__":
    main()
