"""Routes of the catalogue: listing, importing by address and by upload."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Annotated, Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from slshell.backend.api import paging
from slshell.backend.api.paging import DEFAULT_LIMIT, Cursor, Fields, Limit
from slshell.backend.api.threads import in_thread
from slshell.backend.services.catalogue import Incoming
from slshell.backend.services.cloud import Cloud
from slshell.model.appliance import Appliance, ApplianceKind, ImportRequest
from slshell.model.cloud import Page
from slshell.model.errors import NoCapacity, TooLarge, UsageError

_GIB = 1024**3
_RESERVE_BYTES = 64 * 1024 * 1024


@get("/v1/appliances")
@in_thread
def list_appliances(
    cloud: NamedDependency[Cloud],
    name: Annotated[str | None, QueryParameter(max_length=255)] = None,
    in_state: Annotated[str | None, QueryParameter(name="state", max_length=32)] = None,
    kind: Annotated[ApplianceKind | None, QueryParameter()] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    fields: Fields = None,
) -> Response[Page[Appliance]]:
    """The appliances of the catalogue."""
    found = [
        one
        for one in cloud.catalogue.all()
        if (name is None or one.name == name)
        and (in_state is None or one.state.value == in_state)
        and (kind is None or one.kind is kind)
    ]
    return paging.answered(paging.sliced(found, paging.part(limit, cursor), "id", 0), fields)


@get("/v1/appliances/{appliance:str}")
@in_thread
def get_appliance(cloud: NamedDependency[Cloud], appliance: FromPath[str]) -> Appliance:
    """One appliance by identifier or name."""
    return cloud.catalogue.resolve(appliance)


@post("/v1/appliances", status_code=202)
@in_thread
def import_by_address(cloud: NamedDependency[Cloud], data: JSONBody[ImportRequest]) -> Appliance:
    """Fetch an image by URL and make it an appliance."""
    return cloud.catalogue.take_in(
        Incoming(
            source=data.url, is_url=True, label=data.url, name=data.name, sha256=data.sha256,
            user=data.user, request_id=data.request_id, kind=data.kind, disk_gib=data.disk_gib,
        )
    )  # fmt: skip


@post("/v1/uploads", status_code=202, request_max_body_size=None)
async def upload(
    request: Request[Any, Any, Any],
    cloud: NamedDependency[Cloud],
    request_id: Annotated[str, QueryParameter(max_length=64)],
    filename: Annotated[str, QueryParameter(max_length=255)],
    name: Annotated[str | None, QueryParameter(max_length=255)] = None,
    sha256: Annotated[str | None, QueryParameter(max_length=64)] = None,
    user: Annotated[str | None, QueryParameter(max_length=64)] = None,
    kind: Annotated[ApplianceKind, QueryParameter()] = ApplianceKind.MACHINE,
    disk_gib: Annotated[int | None, QueryParameter(ge=1)] = None,
) -> Appliance:
    """Take the image in the body and make it an appliance."""
    limit = int(cloud.settings.cloud.max_image_gib * _GIB)
    path = await _received(request, cloud.uploads, limit)
    incoming = Incoming(
        source=str(path), is_url=False, label=Path(filename).name, name=name, sha256=sha256, user=user,
        request_id=request_id, kind=kind, disk_gib=disk_gib,
    )  # fmt: skip
    accepted = False
    try:
        appliance = await asyncio.to_thread(cloud.catalogue.take_in, incoming)
        accepted = True
        return appliance
    finally:
        if not accepted:
            path.unlink(missing_ok=True)


@delete("/v1/appliances/{appliance:str}", status_code=200)
@in_thread
def remove_appliance(cloud: NamedDependency[Cloud], appliance: FromPath[str]) -> Appliance:
    """Remove an appliance that nothing stands on; one that is coming in is stopped."""
    return cloud.image_cache.remove(appliance)


@post("/v1/recipes/{name:str}/build", status_code=202)
@in_thread
def build_recipe(cloud: NamedDependency[Cloud], name: FromPath[str]) -> Appliance:
    """Have the appliance of a recipe, building it unless it is here."""
    return cloud.saves.build(name)


async def _received(request: Request[Any, Any, Any], folder: Path, limit: int) -> Path:
    """The body in a file of its own, or nothing."""
    handle, name = tempfile.mkstemp(prefix="upload-", dir=folder)
    path, size, whole = Path(name), 0, False
    try:
        with os.fdopen(handle, "wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise TooLarge(
                        f"the image is larger than {limit // _GIB} GiB", hint="raise max_image_gib"
                    )
                await asyncio.to_thread(file.write, chunk)
                free = os.statvfs(folder)
                if free.f_bavail * free.f_frsize < _RESERVE_BYTES:
                    raise NoCapacity("the disk is full", hint=f"free space at {folder}")
        if not size:
            raise UsageError("the upload is empty", hint="send the image's bytes as the body")
        whole = True
        return path
    finally:
        if not whole:
            path.unlink(missing_ok=True)
