"""The protocol of StratusLab's marketplace, for its clients and for other clouds: `/metadata` and `/tag`."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from slshell.backend.services import marketplace_listing as listing
from slshell.backend.services.cloud import Cloud
from slshell.backend.services.marketplace_listing import Wanted
from slshell.metadata.document import moment_text
from slshell.metadata.xml import LARGEST_BYTES, InvalidMetadata
from slshell.model.entry import CatalogueEntry, Standing
from slshell.model.errors import Conflict, NotFound, SlshellError, UsageError

XML, RDF, JSON = "application/xml", "application/rdf+xml", "application/json"
_CREATED = "6"
"""The column of dates, by which the table is sorted unless another is asked for."""
_SEARCHED = ("sSearch", *(f"sSearch_{number}" for number in range(1, 6)))
_DECLARATION = re.compile(rb"\A\s*(?:<\?xml[^>]*\?>)?\s*")
_NONE = "no metadata matching query found"

Answer = Response[bytes]
Asked = Request[Any, Any, Any]


@get("/metadata", include_in_schema=False)
async def list_metadata(request: Asked, cloud: NamedDependency[Cloud]) -> Answer:
    """All current entries, or those that the query wants."""
    return await _answered(request, lambda: _listed(request, cloud, ()))


@get("/metadata/{one:str}", include_in_schema=False)
async def list_by_one(request: Asked, cloud: NamedDependency[Cloud], one: FromPath[str]) -> Answer:
    """The entries of an image, of an endorser, or of a date."""
    return await _answered(request, lambda: _listed(request, cloud, (one,)))


@get("/metadata/{one:str}/{other:str}", include_in_schema=False)
async def list_by_two(
    request: Asked, cloud: NamedDependency[Cloud], one: FromPath[str], other: FromPath[str]
) -> Answer:
    """The entries for which both hold."""
    return await _answered(request, lambda: _listed(request, cloud, (one, other)))


@get("/metadata/{identifier:str}/{email:str}/{date:str}", include_in_schema=False)
async def read_metadata(
    request: Asked,
    cloud: NamedDependency[Cloud],
    identifier: FromPath[str],
    email: FromPath[str],
    date: FromPath[str],
) -> Answer:
    """One entry: the signed file as it was uploaded."""

    def read() -> Answer:
        entry = cloud.marketplace.entry(identifier, email, listing.date_of(date))
        return _single(cloud, entry)

    return await _answered(request, read)


@get("/tag/{email:str}/{tag:str}", include_in_schema=False)
async def read_tag(
    request: Asked, cloud: NamedDependency[Cloud], email: FromPath[str], tag: FromPath[str]
) -> Answer:
    """The newest entry of an endorser with this tag that is not deprecated."""
    return await _answered(request, lambda: _tagged(cloud, email, tag))


@post("/metadata", include_in_schema=False, request_max_body_size=LARGEST_BYTES + 65536)
async def upload_metadata(request: Asked, cloud: NamedDependency[Cloud]) -> Answer:
    """Take a signed entry, as the body or as a file of a form."""
    document = await _document(request)

    def publish() -> Answer:
        try:
            entry, _ = cloud.marketplace.publish(document)
        except (InvalidMetadata, Conflict) as error:
            raise UsageError(f"invalid metadata: {error.message}") from error
        where = f"/metadata/{entry.identifier}/{quote(entry.endorser)}/{moment_text(entry.endorsed_at)}"
        return _said(request, 201, "metadata entry created", "message", {"Location": where})

    return await _answered(request, publish)


ROUTES = [list_metadata, list_by_one, list_by_two, read_metadata, read_tag, upload_metadata]


async def _document(request: Asked) -> bytes:
    if request.content_type[0] != "multipart/form-data":
        return await request.body()
    for value in (await request.form()).values():
        if isinstance(value, UploadFile):
            return await value.read()
    return b""


async def _answered(request: Asked, work: Callable[[], Answer]) -> Answer:
    """What `work` answers; an error in the marketplace's form."""
    try:
        return await asyncio.to_thread(work)
    except SlshellError as error:
        return _said(request, error.status, error.message, str(error.status), {})


def _said(request: Asked, status: int, text: str, name: str, headers: Mapping[str, str]) -> Answer:
    if _wants_json(request):
        return Response(
            json.dumps({name: text}).encode(), status_code=status, media_type=JSON, headers=headers
        )
    element = b"message" if status < 400 else b"error"
    body = b"<%s>%s</%s>" % (element, _escaped(text), element)
    return Response(body, status_code=status, media_type=XML, headers=headers)


def _listed(request: Asked, cloud: Cloud, parts: tuple[str, ...]) -> Answer:
    query = request.query_params
    if (tag := query.get("tag")) and parts:
        return _tagged(cloud, parts[0], str(tag))
    mark = listing.version(cloud.database, str(request.url))
    wanted = _wanted(query, parts)
    if wanted.standing is Standing.ALL and request.headers.get("if-none-match") == mark:
        return Response(b"", status_code=304, headers={"ETag": mark}, media_type=JSON)
    found = listing.listed(cloud.database, wanted)
    headers = {"ETag": mark} if wanted.standing is Standing.ALL else {}
    if _wants_json(request):
        table = {
            "sEcho": _number(query, "sEcho", 0), "iTotalRecords": found.total,
            "iTotalDisplayRecords": found.matching, "rMsg": "" if found.entries else _NONE,
            "aaData": [listing.row_of(each) for each in found.entries],
        }  # fmt: skip
        return Response(json.dumps(table).encode(), media_type=JSON, headers=headers)
    if not found.entries:
        raise NotFound(_NONE)
    if len(found.entries) == 1 and parts:
        return _single(cloud, found.entries[0])
    documents = (_DECLARATION.sub(b"", cloud.marketplace.document(each)) for each in found.entries)
    return Response(
        b"<metadata>\n" + b"\n".join(documents) + b"</metadata>\n", media_type=XML, headers=headers
    )


def _wanted(query: Any, parts: tuple[str, ...]) -> Wanted:
    named = {name: str(query.get(name, "")) for name in ("identifier", "email", "created")}
    status = str(query.get("status", Standing.VALID)).lower()
    try:
        standing = Standing(status)
    except ValueError as error:
        raise UsageError(f"“{status[:40]}” is not valid, expired, deprecated or all") from error
    named |= listing.classified(parts)
    by_date = str(query.get("iSortCol_0", _CREATED)) == _CREATED
    return Wanted(
        identifier=named["identifier"],
        email=named["email"],
        created=named["created"],
        words=" ".join(str(query.get(name, "")) for name in _SEARCHED),
        standing=standing,
        start=_number(query, "iDisplayStart", 0),
        length=_number(query, "iDisplayLength", listing.MOST),
        ascending=by_date and query.get("sSortDir_0") == "asc",
    )


def _tagged(cloud: Cloud, email: str, tag: str) -> Answer:
    wanted = Wanted(email=email, fields={"tag": tag}, standing=Standing.ALL)
    for entry in listing.listed(cloud.database, wanted).entries:
        if entry.deprecated is None:
            return _single(cloud, entry)
    raise NotFound(_NONE)


def _single(cloud: Cloud, entry: CatalogueEntry) -> Answer:
    disposition = f'attachment; filename="{entry.identifier}.xml"'
    return Response(
        cloud.marketplace.document(entry), media_type=RDF, headers={"Content-Disposition": disposition}
    )


def _number(query: Any, name: str, default: int) -> int:
    text = str(query.get(name, default))
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise UsageError(f"{name} is not a number")
    return int(text)


def _wants_json(request: Asked) -> bool:
    media = str(request.query_params.get("media", ""))
    return media == "json" or (not media and "json" in request.headers.get("accept", ""))


def _escaped(text: str) -> bytes:
    printable = "".join(each if each.isprintable() else " " for each in text)
    return (
        printable.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode("utf-8", "replace")
    )
