"""Routes that carry the content of volumes, in parts that may begin where an earlier one broke off."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from litestar import Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.response import Stream

from slshell.backend.api.threads import in_thread
from slshell.backend.api.volumes import VolumeId
from slshell.backend.services.cloud import Cloud
from slshell.backend.services.space import RESERVE_BYTES
from slshell.model.errors import Conflict, NoCapacity, NotFound, TooLarge, UsageError
from slshell.model.volume import Export, ExportRequest, ExportState, UploadEnd, UploadRequest, Volume

ExportId = Annotated[str, PathParameter(max_length=36, description="The export's id.")]
Offset = Annotated[int, QueryParameter(ge=0, le=1 << 50, description="The byte to begin at.")]
_CHUNK = 1 << 20
_TELL_S = 1.0


@post("/v1/volumes/uploads", status_code=202)
@in_thread
def begin_upload(cloud: NamedDependency[Cloud], data: JSONBody[UploadRequest]) -> Volume:
    """Make a volume that waits for a file."""
    return cloud.files.begin_upload(data, cloud.owner)


@put("/v1/volumes/{volume_id:str}/content", request_max_body_size=None)
async def receive_part(
    request: Request[Any, Any, Any], cloud: NamedDependency[Cloud], volume_id: VolumeId, offset: Offset = 0
) -> Volume:
    """Take the next part of the file; what arrived stays when the connection breaks."""
    left = await asyncio.to_thread(cloud.files.receiving, volume_id, offset, cloud.owner)
    path = cloud.files.part(volume_id)
    try:
        await _append(request, cloud, path, volume_id, left)
    finally:
        await asyncio.to_thread(cloud.files.received, volume_id)
    return await asyncio.to_thread(cloud.storage.get, volume_id, cloud.owner)


@post("/v1/volumes/{volume_id:str}/content/end", status_code=202)
@in_thread
def end_upload(cloud: NamedDependency[Cloud], volume_id: VolumeId, data: JSONBody[UploadEnd]) -> Volume:
    """Say that all parts were sent, and what they sum up to."""
    return cloud.files.end_upload(volume_id, data, cloud.owner)


@post("/v1/volumes/{volume_id:str}/exports", status_code=202)
@in_thread
def begin_export(cloud: NamedDependency[Cloud], volume_id: VolumeId, data: JSONBody[ExportRequest]) -> Export:
    """Have the volume written to a file."""
    return cloud.files.begin_export(volume_id, data, cloud.owner)


@get("/v1/exports/{export_id:str}")
@in_thread
def get_export(cloud: NamedDependency[Cloud], export_id: ExportId) -> Export:
    """How far an export is."""
    return cloud.files.export(export_id, cloud.owner)


@get("/v1/exports/{export_id:str}/content")
async def send_export(
    cloud: NamedDependency[Cloud],
    export_id: ExportId,
    offset: Offset = 0,
    length: Annotated[int, QueryParameter(ge=1, le=1 << 50, description="Bytes at most.")] = 1 << 50,
) -> Stream:
    """The file of an export, or a part of it."""
    found = await asyncio.to_thread(cloud.files.export, export_id, cloud.owner)
    if found.state is not ExportState.READY:
        raise Conflict(f"the export is {found.state}", hint=found.reason or "wait until it is ready")
    if offset > found.size_bytes:
        raise UsageError(f"the file has {found.size_bytes} bytes", hint="begin at one of them")
    path = cloud.engine.volumes.file(f"{found.id}.{found.format}")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise NotFound("the file of the export is gone", hint="begin a new one") from error
    length = min(length, found.size_bytes - offset)
    return Stream(
        _read_on(descriptor, offset, length),
        media_type="application/octet-stream",
        headers={"Content-Length": str(length), "X-Content-SHA256": found.sha256},
    )


@delete("/v1/exports/{export_id:str}")
@in_thread
def drop_export(cloud: NamedDependency[Cloud], export_id: ExportId) -> None:
    """Remove an export and its file."""
    cloud.files.drop_export(export_id, cloud.owner)


async def _append(
    request: Request[Any, Any, Any], cloud: Cloud, path: Path, volume_id: str, left: int
) -> None:
    told = time.monotonic()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "ab", buffering=0) as file:
        async for chunk in request.stream():
            left -= len(chunk)
            if left < 0:
                raise TooLarge("more was sent than was announced", hint="begin again with the right size")
            free = os.statvfs(path.parent)
            if free.f_bavail * free.f_frsize < RESERVE_BYTES:
                raise NoCapacity("the disk is full", hint="make room, then go on where it broke off")
            await asyncio.to_thread(file.write, chunk)
            if time.monotonic() - told > _TELL_S:
                told = time.monotonic()
                await asyncio.to_thread(cloud.files.received, volume_id)


async def _read_on(descriptor: int, offset: int, length: int) -> AsyncIterator[bytes]:
    with os.fdopen(descriptor, "rb") as file:
        file.seek(offset)
        while length and (chunk := await asyncio.to_thread(file.read, min(_CHUNK, length))):
            length -= len(chunk)
            yield chunk
