"""The calls about entries of the catalogue: a part of `Cloud`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from slshell.model.appliance import Appliance
from slshell.model.cloud import Page
from slshell.model.entry import ApplianceFacts, CatalogueEntry, Source
from slshell.model.errors import CloudUnreachable

T = TypeVar("T")
XML = "application/rdf+xml"
MOST = 1000
"""Items in one part of a search."""


class CatalogueCalls(ABC):
    """Searching what entries offer, publishing them, and the marketplaces that some come from."""

    @abstractmethod
    def _request(self, method: str, path: str, *, repeat: bool = False, **options: Any) -> bytes: ...

    def search(self, query: Mapping[str, Any], limit: int) -> tuple[list[Appliance], bool]:
        """At most `limit` appliances that entries offer, newest first, and whether there are more.

        `query` has the parameters of `GET /v1/catalogue`; those that are None filter nothing.
        """
        found: dict[str, Appliance] = {}
        cursor: str | None = None
        while True:
            wanted = {**query, "limit": min(MOST, limit), "cursor": cursor}
            body = self._request("GET", "/v1/catalogue", query=wanted, repeat=True)
            page = _decoded(body, Page[Appliance])
            for each in page.items:
                found.setdefault(each.id, each)
            cursor = page.next
            if cursor is None or len(found) >= limit:
                return list(found.values())[:limit], cursor is not None or len(found) > limit

    def facts(self, id_or_name: str) -> ApplianceFacts:
        """All that is known of an image."""
        path = f"/v1/catalogue/{quote(id_or_name, safe='')}"
        return _decoded(self._request("GET", path, repeat=True), ApplianceFacts)

    def publish(self, document: bytes) -> CatalogueEntry:
        """Put a signed entry into the catalogue; sending the same again changes nothing."""
        body = self._request(
            "POST", "/v1/catalogue", body=document, headers={"Content-Type": XML}, repeat=True
        )
        return _decoded(body, CatalogueEntry)

    def document(self, entry: CatalogueEntry) -> bytes:
        """The signed document of an entry."""
        parts = (entry.identifier, entry.endorser, date_text(entry.endorsed_at))
        path = "/v1/catalogue/" + "/".join(quote(each, safe="") for each in parts)
        return self._request("GET", path, repeat=True)

    def sources(self, *, refresh: bool = False) -> list[Source]:
        """The other marketplaces whose entries are shown; with `refresh` they are asked for news now."""
        path = "/v1/marketplaces/refresh" if refresh else "/v1/marketplaces"
        body = self._request("POST" if refresh else "GET", path, repeat=True)
        return _decoded(body, Page[Source]).items


def date_text(when: datetime) -> str:
    """A date as it stands in the address of an entry."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise CloudUnreachable(
            "the answer of the cloud does not fit",
            why=str(error),
            hint="client and cloud may be of different versions; slshell cloud status shows the cloud's",
        ) from error
