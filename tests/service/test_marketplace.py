"""Entries: taken in once and for ever, listed by their newest, found by words and fields."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from slshell.backend.services.entry_index import Search
from slshell.backend.services.marketplace import Marketplace
from slshell.backend.store.database import Database
from slshell.metadata import signature, xml
from slshell.metadata.document import read, written
from slshell.metadata.xml import InvalidMetadata
from slshell.model.entry import Standing
from slshell.model.errors import Conflict, NotFound
from tests.service.endorsing import NOW, deprecated, described, endorsed, signer
from tests.unit.metadata.samples import SIGNED, golden

LATER = NOW + timedelta(seconds=5)


@pytest.fixture
def market(database_url: str) -> Iterator[Marketplace]:
    """A marketplace without entries."""
    database = Database(database_url)
    database.prepare()
    yield Marketplace(database=database)
    database.close()


def found(market: Marketplace, words: str = "", standing: Standing = Standing.ALL, **more: Any) -> list[str]:
    """The titles that a search answers."""
    fields = {name: more.pop(name) for name in list(more) if name not in Search.__dataclass_fields__}
    search = Search(words=words, fields=fields, standing=standing, **more)
    return [entry.title for _, entry in market.search(search)]


@pytest.mark.parametrize("name", SIGNED)
def test_an_entry_in_the_original_format_is_kept_byte_for_byte(market: Marketplace, name: str) -> None:
    entry, made = market.publish(golden(name))
    metadata = read(golden(name))
    assert made
    assert metadata.endorsement is not None
    assert (entry.identifier, entry.endorser, entry.endorsed_at) == (
        metadata.identifier, metadata.endorsement.email, metadata.endorsement.created,
    )  # fmt: skip
    assert (entry.size_bytes, entry.os, entry.locations) == (
        metadata.size_bytes, metadata.os, metadata.locations,
    )  # fmt: skip
    assert market.document(entry) == golden(name)


def test_an_unsigned_entry_is_refused(market: Marketplace) -> None:
    with pytest.raises(InvalidMetadata, match="no signature"):
        market.publish(written(described(b"image")))
    assert found(market) == []


@pytest.mark.parametrize("name", SIGNED)
def test_a_changed_entry_is_refused_and_nothing_is_kept(market: Marketplace, name: str) -> None:
    data = golden(name)
    for old in (b"<slreq:bytes>", b"<slterms:os>", b"<slterms:location>"):
        at = data.index(old) + len(old)
        changed = data[:at] + (b"9" if data[at : at + 1] != b"9" else b"8") + data[at + 1 :]
        with pytest.raises(InvalidMetadata):
            market.publish(changed)
    assert found(market) == []


def test_the_same_entry_twice_is_one_entry(market: Marketplace) -> None:
    document = endorsed()
    assert market.publish(document)[1]
    again, made = market.publish(document.replace(b"\n", b"\n", 1) + b"\n<!-- sent again -->\n")
    assert not made
    assert len(market.of_image(again.identifier)) == 1


def test_another_entry_of_the_same_date_is_refused(market: Marketplace) -> None:
    entry, _ = market.publish(endorsed(title="One"))
    with pytest.raises(Conflict, match="entries never change"):
        market.publish(endorsed(title="Other"))
    assert [one.title for one in market.of_image(entry.identifier)] == ["One"]


def test_an_older_entry_of_the_same_endorser_is_refused(market: Marketplace) -> None:
    market.publish(endorsed(when=NOW))
    with pytest.raises(Conflict, match="older than latest entry"):
        market.publish(endorsed(when=NOW - timedelta(days=1)))
    market.publish(endorsed(email="bob@example.org", when=NOW - timedelta(days=1)))
    assert len(found(market)) == 2


def test_an_entry_from_the_future_is_refused(market: Marketplace) -> None:
    with pytest.raises(InvalidMetadata, match="endorsed in the future"):
        market.publish(endorsed(when=NOW + timedelta(hours=2)))


def test_a_newer_entry_takes_the_place_of_the_one_before_and_both_stay(market: Marketplace) -> None:
    first, _ = market.publish(endorsed(title="One", description="apple"))
    market.publish(endorsed(title="Two", description="pear", when=LATER))
    assert (found(market), found(market, "apple"), found(market, "pear")) == (["Two"], [], ["Two"])
    history = market.of_image(first.identifier)
    assert [(one.title, one.latest) for one in history] == [("Two", True), ("One", False)]
    assert b"<dcterms:title>One</dcterms:title>" in market.document(first)


def test_deprecation_is_a_newer_entry_with_its_reason(market: Marketplace) -> None:
    document = endorsed()
    market.publish(document)
    entry, _ = market.publish(deprecated(document, when=LATER))
    assert (entry.status, entry.deprecated) == ("deprecated", "a hole in it")
    assert found(market, standing=Standing.VALID) == []
    assert found(market, standing=Standing.DEPRECATED) == ["Image"]


def test_an_entry_expires_by_the_clock(market: Marketplace) -> None:
    entry, _ = market.publish(endorsed(valid=NOW + timedelta(days=1)))
    assert (entry.status, found(market, standing=Standing.VALID)) == ("valid", ["Image"])
    old, _ = market.publish(endorsed(b"other", title="Old", valid=NOW - timedelta(days=1)))
    assert (old.status, found(market, standing=Standing.EXPIRED)) == ("expired", ["Old"])
    assert found(market, standing=Standing.VALID) == ["Image"]


def test_each_endorser_has_a_newest_entry(market: Marketplace) -> None:
    document = endorsed()
    market.publish(document)
    market.publish(endorsed(email="bob@example.org", title="Bob's"))
    market.publish(deprecated(document, when=LATER))
    assert found(market, standing=Standing.VALID) == ["Bob's"]


def _three(market: Marketplace) -> None:
    market.publish(
        endorsed(
            b"1", title="Web server", os="Debian", os_version="13.2", tags=("stable",), description="nginx"
        )
    )
    market.publish(
        endorsed(b"22" * 400, email="bob@example.org", title="Grid node", os="rocky", arch="aarch64",
                 description="Übung mit Grüßen", when=NOW - timedelta(hours=1))
    )  # fmt: skip
    market.publish(endorsed(b"333", title="Data", kind="disk", os="", os_version="", version="7",
                            when=NOW - timedelta(hours=2)))  # fmt: skip


def test_words_are_found_by_their_beginnings_in_any_case(market: Marketplace) -> None:
    _three(market)
    assert found(market) == ["Web server", "Grid node", "Data"]
    assert found(market, "WEB ser") == ["Web server"]
    assert found(market, "ngi deb") == ["Web server"]
    assert found(market, "13.2") == ["Web server"]
    assert found(market, "bob@example.org") == ["Grid node"]
    assert found(market, "übu GRÜSSEN") == ["Grid node"]
    assert found(market, "erver") == []
    assert found(market, "web grid") == []


def test_fields_are_compared_whole(market: Marketplace) -> None:
    _three(market)
    assert found(market, os="debian") == ["Web server"]
    assert found(market, os="deb") == []
    assert found(market, arch="AARCH64", os="Rocky") == ["Grid node"]
    assert found(market, kind="disk") == ["Data"]
    assert found(market, tag="stable") == ["Web server"]
    assert found(market, version="7") == ["Data"]
    assert found(market, endorser="ann@example.org", title="data") == ["Data"]
    assert found(market, least_bytes=100) == ["Grid node"]
    assert found(market, most_bytes=3, words="data") == ["Data"]


@pytest.mark.parametrize(
    "words", ['"', "' OR 1=1 --", "a*b", "NEAR(a b)", "x:y", "(", "&|!", "-", "a:*", "\0", "%_"]
)
def test_no_text_is_a_query_language(market: Marketplace, words: str) -> None:
    _three(market)
    assert set(found(market, words)) <= {"Web server", "Grid node", "Data"}
    assert found(market, os=words) == []


def test_pages_follow_each_other_without_gap_or_repetition(market: Marketplace) -> None:
    for number in range(7):
        market.publish(
            endorsed(b"%d" % number, title=f"T{number}", when=NOW - timedelta(seconds=number // 2))
        )
    seen, before = [], None
    while page := market.search(Search(words="t", limit=3, before=before)):
        seen += [entry.title for _, entry in page]
        before = page[-1][0]
    assert sorted(seen) == [f"T{number}" for number in range(7)]


def test_what_is_not_there_is_said_in_the_original_words(market: Marketplace) -> None:
    with pytest.raises(NotFound, match=r"metadata entry not found\."):
        market.entry("A" * 27, "ann@example.org", NOW)


HOSTILE = {
    "entity bomb": b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;">]>',
    "external entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
    "processing instruction": b"<?evil do?>",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_documents_are_refused(market: Marketplace, what: str) -> None:
    declaration, _, rest = endorsed().partition(b"?>")
    with pytest.raises(InvalidMetadata):
        market.publish(declaration + b"?>" + HOSTILE[what] + rest)


def test_a_wrapped_signature_is_refused(market: Marketplace) -> None:
    """The signed description put aside, and another put where readers look."""
    root = xml.parsed(endorsed())
    other = xml.parsed(written(replace(described(b"evil"), title="Evil")))
    holder = root.makeelement("holder", {})
    holder.append(root[0])
    root.insert(0, other[0])
    root.append(holder)
    with pytest.raises(InvalidMetadata):
        market.publish(xml.serialised(root))
    assert found(market) == []


def test_a_signature_of_another_endorser_is_refused(market: Marketplace) -> None:
    document = endorsed()
    stolen = document.replace(b"ann@example.org", b"eve@example.org")
    with pytest.raises(InvalidMetadata):
        market.publish(stolen)
    eve = signature.sign(document, signer("eve@example.org"), now=NOW)
    assert market.publish(eve)[0].endorser == "eve@example.org"
