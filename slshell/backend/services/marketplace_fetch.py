"""Reading another marketplace by its protocol: which entries it has, and each as a signed document.

Nothing of what it sends is believed: sizes, times and redirects are bounded, and every entry is verified.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import msgspec
import requests
import urllib3

from slshell import __version__
from slshell.metadata.checks import is_email
from slshell.metadata.document import moment, moment_text
from slshell.metadata.xml import LARGEST_BYTES, InvalidMetadata
from slshell.model.errors import CloudUnreachable
from slshell.model.ids import is_identifier

CONNECT_S, READ_S = 10.0, 10.0
ANSWER_S = 60.0
"""How long one answer may take as a whole, however often a byte comes."""
REDIRECTS = 3
PAGE = 500
PAGE_BYTES = 8 << 20
MOST_ENTRIES = 200_000
_CREATED = 6
_COLUMNS = 11


@dataclass(frozen=True)
class Key:
    """What names an entry everywhere."""

    identifier: str
    endorser: str
    endorsed_at: datetime


class _Table(msgspec.Struct, frozen=True):
    """A page of the marketplace's table; further fields are passed over."""

    aaData: list[list[str]]  # noqa: N815 - the protocol's word
    iTotalDisplayRecords: int  # noqa: N815 - the protocol's word


class Unchanged(Exception):
    """The marketplace has nothing new."""


class Reader:
    """Asks one marketplace; use as a context manager."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/").removesuffix("/metadata")
        self._host = urlsplit(url).hostname or url
        self._session = requests.Session()
        self._session.max_redirects = REDIRECTS
        self._session.headers.update({"User-Agent": f"slshell/{__version__}", "Accept-Encoding": "identity"})
        # A password of the user's .netrc is not for a marketplace.
        self._session.auth = lambda request: request
        self.etag = ""
        """The mark of the list that was read, for the next time."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def keys(self, etag: str) -> Iterator[list[Key]]:
        """The names of all entries, page by page.

        Raises:
            Unchanged: the list is still the one with this mark. CloudUnreachable: it cannot be read.
        """
        start = 0
        while start < MOST_ENTRIES:
            headers = {"Accept": "application/json"} | ({"If-None-Match": etag} if etag and not start else {})
            query = {
                "status": "all", "location": "all", "media": "json", "sEcho": "1", "iDisplayStart": start,
                "iDisplayLength": PAGE, "iSortCol_0": _CREATED, "sSortDir_0": "desc",
            }  # fmt: skip
            body = self._asked(f"{self._url}/metadata", PAGE_BYTES, headers, query, mark=not start)
            table = self._table(body)
            if not table.aaData:
                return
            yield [key for key in map(_key, table.aaData) if key is not None]
            start += len(table.aaData)
            if start >= table.iTotalDisplayRecords:
                return

    def document(self, key: Key) -> bytes:
        """The signed document of one entry.

        Raises:
            CloudUnreachable: it cannot be read.
        """
        parts = (quote(key.endorser, safe="@"), moment_text(key.endorsed_at))
        address = f"{self._url}/metadata/{key.identifier}/{parts[0]}/{parts[1]}"
        return self._asked(address, LARGEST_BYTES, {"Accept": "application/xml"}, {})

    def _table(self, body: bytes) -> _Table:
        try:
            return msgspec.json.decode(body, type=_Table)
        except msgspec.DecodeError as error:
            raise CloudUnreachable(
                f"{self._host} does not answer as a marketplace: its list is no such table",
                hint="check the address in marketplaces of [cloud]",
            ) from error

    def _asked(
        self, address: str, most: int, headers: dict[str, str], query: dict[str, Any], *, mark: bool = False
    ) -> bytes:
        try:
            with self._session.get(
                address, params=query, headers=headers, stream=True, timeout=(CONNECT_S, READ_S)
            ) as answer:
                if answer.status_code == requests.codes.not_modified:
                    raise Unchanged
                if answer.status_code != requests.codes.ok:
                    raise CloudUnreachable(f"{self._host} answers HTTP {answer.status_code}")
                if urlsplit(address).scheme == "https" and urlsplit(answer.url).scheme != "https":
                    raise CloudUnreachable(f"{self._host} leads from https to plain http")
                if mark:
                    self.etag = answer.headers.get("ETag", "")[:255]
                return self._whole(answer, most)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise CloudUnreachable(f"{self._host} {_why(error)}") from error

    def _whole(self, answer: requests.Response, most: int) -> bytes:
        deadline, body = time.monotonic() + ANSWER_S, bytearray()
        # Whatever has come, as soon as it has: a larger read would wait for a server that drips.
        while block := answer.raw.read1(1 << 16, decode_content=False):
            body += block
            if len(body) > most:
                raise CloudUnreachable(f"{self._host} sends more than {most >> 20} MiB at once")
            if time.monotonic() > deadline:
                raise CloudUnreachable(f"{self._host} sends too slowly")
        return bytes(body)


def _key(row: list[str]) -> Key | None:
    """The name of the entry in a row; None for one that cannot be an entry."""
    if len(row) < _COLUMNS:
        return None
    _, _, _, _, email, _, created, identifier = row[:8]
    if not is_identifier(identifier) or not is_email(email):
        return None
    try:
        return Key(identifier, email, moment(created, "created"))
    except InvalidMetadata:
        return None


def _why(error: Exception) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "has a certificate that is not trusted"
    if isinstance(error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError):
        return "does not answer in time"
    if isinstance(error, requests.exceptions.TooManyRedirects):
        return "redirects in a circle"
    if isinstance(error, requests.exceptions.ChunkedEncodingError | urllib3.exceptions.ProtocolError):
        return "broke off its answer"
    return "cannot be reached"
