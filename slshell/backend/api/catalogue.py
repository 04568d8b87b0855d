"""Routes of the catalogue's entries: searching, publishing, and all that is known of one image."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from slshell.backend.api import paging
from slshell.backend.api.paging import Cursor
from slshell.backend.api.threads import in_thread
from slshell.backend.services import entry_records
from slshell.backend.services.cloud import Cloud
from slshell.backend.services.entry_index import Search
from slshell.backend.services.marketplace_listing import date_of
from slshell.metadata.xml import LARGEST_BYTES
from slshell.model.appliance import Appliance
from slshell.model.cloud import Page
from slshell.model.entry import ApplianceFacts, CatalogueEntry, Source, Standing
from slshell.model.errors import NotFound
from slshell.model.ids import is_identifier

MAX_LIMIT = 1000

Text = Annotated[str | None, QueryParameter(max_length=255)]
Bytes = Annotated[int | None, QueryParameter(ge=0, le=1 << 62)]


@get("/v1/catalogue")
@in_thread
def search_catalogue(
    cloud: NamedDependency[Cloud],
    words: Annotated[
        str, QueryParameter(max_length=1000, description="Words, or beginnings of words; all must be there.")
    ] = "",
    os: Text = None,
    os_version: Text = None,
    version: Text = None,
    arch: Text = None,
    endorser: Text = None,
    kind: Text = None,
    tag: Text = None,
    title: Text = None,
    source: Text = None,
    status: Annotated[Standing, QueryParameter()] = Standing.VALID,
    min_bytes: Bytes = None,
    max_bytes: Bytes = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT)] = 100,
    cursor: Cursor = None,
) -> Page[Appliance]:
    """What entries offer, newest first; an image that is held is told as the appliance that it is here.

    An image that several people endorse appears once in a part of the list.
    """
    asked = paging.part(limit, cursor)
    fields = {
        "os": os, "os_version": os_version, "version": version, "arch": arch, "endorser": endorser,
        "kind": kind, "tag": tag, "title": title, "source": source,
    }  # fmt: skip
    found = cloud.marketplace.search(
        Search(
            words=words,
            fields={name: value for name, value in fields.items() if value},
            standing=status,
            least_bytes=min_bytes,
            most_bytes=max_bytes,
            before=paging.number_after(asked),
            limit=limit + 1,
        )
    )
    held = cloud.catalogue.by_entry()
    offered: dict[str, Appliance] = {}
    for _, entry in found[:limit]:
        one = held.get(entry.identifier) or entry_records.as_appliance(entry)
        offered.setdefault(one.id, one)
    after = paging.cursor_at(str(found[limit - 1][0])) if len(found) > limit else None
    return Page(items=list(offered.values()), next=after)


@post("/v1/catalogue", status_code=201, request_max_body_size=LARGEST_BYTES + 1)
async def publish_entry(
    request: Request[Any, Any, Any], cloud: NamedDependency[Cloud]
) -> Response[CatalogueEntry]:
    """Take the signed entry in the body, RDF/XML; one that is here already is answered with 200."""
    entry, made = await asyncio.to_thread(cloud.marketplace.publish, await request.body())
    return Response(entry, status_code=201 if made else 200)


@get("/v1/marketplaces")
@in_thread
def list_marketplaces(cloud: NamedDependency[Cloud]) -> Page[Source]:
    """The other marketplaces whose entries are shown, and how old our copy of each is."""
    return Page(items=cloud.sources.all())


@post("/v1/marketplaces/refresh", status_code=202)
@in_thread
def refresh_marketplaces(cloud: NamedDependency[Cloud]) -> Page[Source]:
    """Ask all of them for news; the answer does not wait for it."""
    cloud.sources.refresh()
    return Page(items=cloud.sources.all())


@get("/v1/catalogue/{appliance:str}")
@in_thread
def read_facts(cloud: NamedDependency[Cloud], appliance: FromPath[str]) -> ApplianceFacts:
    """All that is known of an image, by identifier or by the name of a held one."""
    try:
        known = cloud.catalogue.resolve(appliance)
    except NotFound:
        known = None
        if not is_identifier(appliance):
            raise
    behind = "" if known is None else cloud.marketplace.entry_behind(known.id) or known.id
    entries = cloud.marketplace.of_image(behind or appliance)
    if known is None and not entries:
        # The same words and nearest names as for any other.
        known = cloud.catalogue.resolve(appliance)
    offered = known or entry_records.as_appliance(next(one for one in entries if one.latest))
    return ApplianceFacts(appliance=offered, entries=cloud.trust.judged(entries))


@get("/v1/catalogue/{identifier:str}/{endorser:str}/{date:str}", media_type="application/rdf+xml")
@in_thread
def read_document(
    cloud: NamedDependency[Cloud],
    identifier: FromPath[str],
    endorser: FromPath[str],
    date: FromPath[str],
) -> bytes:
    """The signed document of one entry."""
    return cloud.marketplace.document(cloud.marketplace.entry(identifier, endorser, date_of(date)))
