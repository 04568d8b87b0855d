"""The marketplace's own protocol, as StratusLab's client and other clouds speak it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from lxml import etree

from slshell.client import marketplace as other
from slshell.metadata.document import moment_text, read
from slshell.metadata.signature import verify
from slshell.model.errors import NotAllowed, NotFound
from tests.service.conftest import serve
from tests.service.endorsing import NOW, deprecated, described, endorsed

LATER = NOW + timedelta(seconds=5)
WEB = endorsed(b"web", title="Web", tags=("stable",), locations=("https://example.org/web.img",))
GRID = endorsed(b"grid", title="Grid", os="rocky", email="bob@example.org", when=NOW - timedelta(hours=1))
OLD = endorsed(b"old", title="Old <&>", valid=NOW - timedelta(days=1), when=NOW - timedelta(hours=2))
ID = read(WEB).identifier
DATE = moment_text(NOW)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, appliances_folder: Path) -> Iterator[tuple[str, str]]:
    """The address of a cloud that can be read by everybody, and its token."""
    home = tmp_path_factory.mktemp("market")
    for running in serve(home, listen=("127.0.0.1", 0), marketplace_public=True):
        for document in (OLD, GRID, WEB):
            running.client.publish(document)
        yield (
            "http://" + json.loads((home / "daemon.json").read_text())["tcp"],
            (home / "token").read_text().strip(),
        )


def got(address: tuple[str, str], path: str, **headers: str) -> requests.Response:
    """The answer to somebody without a token."""
    return requests.get(f"{address[0]}{path}", headers=headers, timeout=30)


def titles(answer: requests.Response) -> list[str]:
    """The titles of a table, in its order."""
    assert answer.status_code == 200, answer.text
    return [row[10] for row in answer.json()["aaData"]]


def test_an_entry_is_answered_byte_for_byte(address: tuple[str, str]) -> None:
    answer = got(address, f"/metadata/{ID}/ann@example.org/{DATE}")
    assert answer.content == WEB
    assert answer.headers["Content-Type"].startswith("application/rdf+xml")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{ID}.xml"'
    assert got(address, f"/metadata/{ID}").content == WEB
    assert got(address, f"/metadata/ann@example.org/{ID}").content == WEB
    assert got(address, f"/metadata//{ID}").content == WEB


def test_the_list_is_one_document_whose_entries_verify(address: tuple[str, str]) -> None:
    answer = got(address, "/metadata?status=all", Accept="application/xml")
    root = etree.fromstring(answer.content)
    assert root.tag == "metadata"
    assert len(root) == 3
    parts = answer.content.split(b"<rdf:RDF")[1:]
    found = [verify(b"<rdf:RDF" + part.partition(b"</metadata>")[0]) for part in parts]
    assert [one.metadata.title for one in found] == ["Web", "Grid", "Old <&>"]


def test_the_table_has_the_originals_columns_filters_and_order(address: tuple[str, str]) -> None:
    answer = got(address, "/metadata?sEcho=7&iDisplayLength=1", Accept="application/json").json()
    assert (answer["sEcho"], answer["iTotalRecords"], answer["iTotalDisplayRecords"]) == (7, 3, 2)
    assert answer["aaData"] == [
        ["", "debian", "13", "x86_64", "ann@example.org", "machine", DATE, ID, "https://example.org/web.img",
         "", "Web"]
    ]  # fmt: skip
    table = "/metadata?media=json"
    assert titles(got(address, table)) == ["Web", "Grid"]
    assert titles(got(address, f"{table}&status=expired")) == ["Old <&>"]
    assert titles(got(address, f"{table}&status=all&iSortCol_0=6&sSortDir_0=asc")) == [
        "Old <&>",
        "Grid",
        "Web",
    ]
    assert titles(got(address, f"{table}&status=all&iDisplayStart=1&iDisplayLength=1")) == ["Grid"]
    assert titles(got(address, f"{table}&sSearch=ROC")) == ["Grid"]
    assert titles(got(address, f"{table}&sSearch_1=debian&sSearch_3=x86_64")) == ["Web"]
    assert titles(got(address, f"{table}&email=bob@example.org")) == ["Grid"]
    assert titles(got(address, f"{table}&identifier={ID}&sSearch=web")) == ["Web"]
    assert titles(got(address, f"/metadata/{DATE}?media=json")) == ["Web"]
    assert titles(got(address, f"{table}&sSearch=nothing")) == []


def test_a_list_that_has_not_changed_is_not_sent_again(address: tuple[str, str]) -> None:
    first = got(address, "/metadata?status=all&media=json")
    again = got(address, "/metadata?status=all&media=json", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_tag_leads_to_the_newest_entry_that_has_it(address: tuple[str, str]) -> None:
    assert got(address, "/tag/ann@example.org/stable").content == WEB
    assert got(address, "/metadata/ann@example.org?tag=stable").content == WEB
    assert got(address, "/tag/bob@example.org/stable").status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (f"/metadata/{'A' * 27}", 404, "no metadata matching query found"),
        (f"/metadata/{ID}/eve@example.org/2014-01-01T00:00:00Z", 404, "metadata entry not found."),
        ("/metadata?status=<new>", 400, "“&lt;new&gt;” is not valid, expired, deprecated or all"),
        ("/metadata?iDisplayStart=-1", 400, "iDisplayStart is not a number"),
        (f"/metadata/{ID}/ann@example.org/yesterday", 400, "“yesterday” is not a date"),
    ],
)
def test_errors_have_the_originals_form(address: tuple[str, str], path: str, status: int, words: str) -> None:
    answer = got(address, path)
    assert (answer.status_code, answer.text) == (status, f"<error>{words}</error>")
    as_json = got(address, path, Accept="application/json")
    if as_json.status_code != 200:
        assert list(as_json.json()) == [str(status)]


def test_everybody_may_read_and_only_who_has_the_token_may_write(address: tuple[str, str]) -> None:
    url, token = address
    document = endorsed(b"new", title="New")
    refused = requests.post(f"{url}/metadata", data=document, timeout=30)
    assert refused.status_code == 401
    assert got(address, "/v1/catalogue").status_code == 401
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/rdf+xml"}
    made = requests.post(f"{url}/metadata", data=document, headers=headers, timeout=30)
    assert (made.status_code, made.text) == (201, "<message>metadata entry created</message>")
    assert got(address, made.headers["Location"]).content == document
    broken = requests.post(f"{url}/metadata", data=document[:-30], headers=headers, timeout=30)
    assert broken.status_code == 400
    assert broken.text.startswith("<error>invalid metadata: ")
    again = deprecated(document, when=LATER)
    form = requests.post(
        f"{url}/metadata", files={"metadata": ("x.xml", again)}, timeout=30,
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip
    assert form.status_code == 201
    older = endorsed(b"new", title="New", when=NOW - timedelta(minutes=1))
    refused = requests.post(f"{url}/metadata", data=older, headers=headers, timeout=30)
    assert "older than latest entry" in refused.text


def test_our_client_reads_it_as_it_reads_any_marketplace(address: tuple[str, str]) -> None:
    url, _ = address
    assert other.download(url, ID, "ann@example.org") == WEB
    assert other.download(f"{url}/metadata/", ID, "ann@example.org", DATE) == WEB
    with pytest.raises(NotFound, match="no entry of eve@example"):
        other.download(url, ID, "eve@example.org")
    with pytest.raises(NotAllowed, match="wants to know who you are") as refused:
        other.upload(url, WEB)
    assert "profile" in refused.value.hint


def test_a_closed_cloud_shows_nothing_without_the_token(short_folder: Path, appliances_folder: Path) -> None:
    for running in serve(short_folder, listen=("127.0.0.1", 0)):
        running.client.publish(endorsed(b"own", title="Own"))
        url = "http://" + json.loads((short_folder / "daemon.json").read_text())["tcp"]
        assert requests.get(f"{url}/metadata", timeout=30).status_code == 401
        assert described(b"own").identifier not in requests.get(f"{url}/metadata", timeout=30).text
