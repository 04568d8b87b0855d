"""Other marketplaces as sources: what they have is kept here, and what they do wrong changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from slshell.backend.services import marketplace_fetch
from slshell.backend.services.entry_index import Search
from slshell.backend.services.marketplace import Marketplace
from slshell.backend.services.marketplace_sources import Sources
from slshell.backend.store.database import Database
from slshell.model.entry import Source
from tests.service.conftest import serve
from tests.service.endorsing import NOW, deprecated, endorsed
from tests.service.marketplaces import Marketplace as Remote
from tests.service.marketplaces import marketplace

LATER = NOW + timedelta(seconds=5)


@pytest.fixture
def remote() -> Iterator[Remote]:
    """Another marketplace."""
    with marketplace() as served:
        yield served


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database."""
    made = Database(database_url)
    made.prepare()
    yield made
    made.close()


@contextmanager
def following(database: Database, *urls: str) -> Iterator[Sources]:
    """The sources, settled with the database but asked by the test alone."""
    sources = Sources(
        database=database, marketplace=Marketplace(database=database), urls=urls, refresh_s=3600
    )
    sources._settle()
    yield sources


def shown(sources: Sources, words: str = "") -> set[tuple[str, str]]:
    """Titles and origins that a search finds."""
    return {(entry.title, entry.source) for _, entry in sources.marketplace.search(Search(words=words))}


def state(sources: Sources) -> Source:
    """What is said of the only source."""
    [one] = sources.all()
    return one


def test_entries_come_with_their_documents_and_where_they_are_from(
    database: Database, remote: Remote
) -> None:
    document = endorsed(title="Far")
    remote.add(document)
    with following(database, remote.url) as sources:
        assert (state(sources).fetched_at, state(sources).entries) == (None, 0)
        sources.fetch(remote.url)
        assert shown(sources) == {("Far", remote.url)}
        [(_, entry)] = sources.marketplace.search(Search(fields={"source": remote.url}))
        assert sources.marketplace.document(entry) == document
        told = state(sources)
        assert told.fetched_at is not None
        assert (told.fetched_at, told.entries, told.problem) == (told.checked_at, 1, "")


def test_what_is_known_is_not_fetched_again_and_an_unchanged_list_not_at_all(
    database: Database, remote: Remote
) -> None:
    remote.add(endorsed(b"1"))
    with following(database, remote.url) as sources:
        sources.fetch(remote.url)
        asked = len(remote.asked)
        sources.fetch(remote.url)
        assert len(remote.asked) == asked + 1
        remote.add(endorsed(b"2", title="New"))
        sources.fetch(remote.url)
        assert [path.partition("?")[0].count("/") for path in remote.asked[asked + 1 :]] == [1, 4]
        assert ("New", remote.url) in shown(sources)


def test_a_list_of_many_pages_is_read_to_its_end(
    database: Database, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marketplace_fetch, "PAGE", 3)
    for number in range(8):
        remote.add(endorsed(b"%d" % number, title=f"T{number}"))
    with following(database, remote.url) as sources:
        sources.fetch(remote.url)
        assert len(shown(sources)) == state(sources).entries == 8


FAULTS = {
    "circle": "redirects in a circle",
    "error": "answers HTTP 500",
    "stall": "does not answer in time",
    "drop": "broke off its answer",
    "drip": "sends too slowly",
    "huge": "sends more than 8 MiB",
    "html": "does not answer as a marketplace",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_marketplace_is_told_of_and_its_entries_stay(
    fault: str, short_folder: Path, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marketplace_fetch, "READ_S", 0.5)
    if fault == "drip":
        monkeypatch.setattr(marketplace_fetch, "ANSWER_S", 0.5)
    database = Database(f"sqlite:///{short_folder / 'cloud.db'}")
    database.prepare()
    remote.add(endorsed(title="Far"))
    with following(database, remote.url) as sources:
        sources.fetch(remote.url)
        before = state(sources)
        remote.fault = fault
        sources.fetch(remote.url)
        after = state(sources)
        assert FAULTS[fault] in after.problem
        assert after.fetched_at == before.fetched_at
        assert after.checked_at is not None
        assert before.checked_at is not None
        assert after.checked_at > before.checked_at
        assert shown(sources) == {("Far", remote.url)}
        remote.fault = ""
        sources.fetch(remote.url)
        assert state(sources).problem == ""
    database.close()


def test_a_marketplace_that_cannot_be_reached_is_told_of(database: Database) -> None:
    with marketplace() as gone:
        url = gone.url
    with following(database, url) as sources:
        sources.fetch(url)
        assert "cannot be reached" in state(sources).problem


def test_entries_that_do_not_hold_are_left_out_and_counted(database: Database, remote: Remote) -> None:
    remote.add(endorsed(b"good", title="Good"))
    remote.add(endorsed(b"bad").replace(b"x86_64", b"arm_64"))
    remote.add(endorsed(b"other", title="Named wrongly"), email="eve@example.org")
    remote.add(endorsed(b"gone"))
    remote.documents.popitem()
    with following(database, remote.url) as sources:
        sources.fetch(remote.url)
        assert shown(sources) == {("Good", remote.url)}
    with following(database, remote.url) as sources:
        assert "404" in state(sources).problem
        remote.listed.pop()
        sources.fetch(remote.url)
        assert state(sources).problem.startswith("2 of its entries do not hold")


def test_rows_that_name_no_entry_are_passed_over(database: Database, remote: Remote) -> None:
    remote.add(endorsed(title="Good"))
    remote.listed += [[], [""] * 11, ["", "", "", "", "../../etc", "", "x", "/../../", "", "", ""]]
    with following(database, remote.url) as sources:
        sources.fetch(remote.url)
        assert shown(sources) == {("Good", remote.url)}
        assert not any("etc" in path for path in remote.asked)


def test_a_deprecation_elsewhere_arrives_and_an_emptied_list_takes_nothing_back(
    database: Database, remote: Remote
) -> None:
    document = endorsed(title="Far")
    remote.add(document)
    with following(database, remote.url) as sources:
        sources.fetch(remote.url)
        remote.add(deprecated(document, when=LATER))
        sources.fetch(remote.url)
        [(_, entry)] = sources.marketplace.search(Search())
        assert entry.status == "deprecated"
        remote.listed.clear()
        remote.etag = '"empty"'
        sources.fetch(remote.url)
        assert len(shown(sources)) == 1


def test_a_marketplace_that_is_no_longer_set_goes_with_its_entries(
    database: Database, remote: Remote
) -> None:
    document = endorsed(title="Ours")
    remote.add(deprecated(document, when=LATER))
    remote.add(endorsed(b"far", title="Far"))
    with following(database, remote.url) as sources:
        sources.marketplace.publish(document)
        sources.fetch(remote.url)
        assert {title for title, _ in shown(sources, "far")} == {"Far"}
    with following(database) as sources:
        assert sources.all() == []
        assert shown(sources) == {("Ours", "")}
        [(_, entry)] = sources.marketplace.search(Search(words="ours"))
        assert (entry.status, entry.latest) == ("valid", True)


def test_one_cloud_shows_what_another_has(
    tmp_path: Path, short_folder: Path, appliances_folder: Path
) -> None:
    for first in serve(short_folder, listen=("127.0.0.1", 0), marketplace_public=True):
        entry = first.client.publish(endorsed(title="Shared"))
        url = "http://" + json.loads((short_folder / "daemon.json").read_text())["tcp"]
        home = short_folder / "b"
        home.mkdir()
        for second in serve(home, marketplaces=[url]):
            revision = 0
            while not second.client.search({}, 10)[0]:
                second.client.sources(refresh=True)
                revision = second.client.changes(revision, 1).revision
            [found], more = second.client.search({"words": "share"}, 10)
            assert (found.id, found.state, found.endorser, found.source, more) == (
                entry.identifier, "available", "ann@example.org", url, False,
            )  # fmt: skip
            facts = second.client.facts(entry.identifier)
            assert second.client.document(facts.entries[0]) == first.client.document(entry)
