"""Routes of volumes: listing, making, changing, plugging."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from sqlalchemy import ColumnElement

from slshell.backend.api import paging
from slshell.backend.api.paging import DEFAULT_LIMIT, Cursor, Fields, Limit
from slshell.backend.api.threads import in_thread
from slshell.backend.services import rights, volume_records
from slshell.backend.services.cloud import Cloud
from slshell.backend.store.tables.volumes import attachments, volumes
from slshell.model.cloud import Page
from slshell.model.volume import (
    QUARANTINED,
    AttachRequest,
    DetachRequest,
    DeviceReport,
    ResizeRequest,
    SnapshotRequest,
    StorageStatus,
    Volume,
    VolumeRequest,
    VolumeState,
    VolumeUpdate,
)

VolumeId = Annotated[str, PathParameter(max_length=36, description="The volume's UUID.")]
SnapshotName = Annotated[str, PathParameter(max_length=63, description="The snapshot's name or id.")]


@get("/v1/volumes")
@in_thread
def list_volumes(
    cloud: NamedDependency[Cloud],
    in_state: Annotated[
        str | None, QueryParameter(name="state", description="States, with commas.", max_length=255)
    ] = None,
    tag: Annotated[str | None, QueryParameter(description="`*` is any text.", max_length=255)] = None,
    instance: Annotated[int | None, QueryParameter(ge=1, le=10**15)] = None,
    with_deleted: Annotated[bool, QueryParameter(name="all", description="Deleted ones too.")] = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    fields: Fields = None,
) -> Response[Page[Volume]]:
    """List the caller's volumes, and the public ones of others, by UUID."""
    asked = paging.part(limit, cursor)
    conditions: list[ColumnElement[bool]] = [rights.visible_to(cloud.owner)]
    if in_state is not None:
        asked_for = paging.states(VolumeState, in_state, of=" of a volume")
        conditions.append(volumes.c.state.in_([one.value for one in asked_for]))
    elif not with_deleted:
        conditions.append(volumes.c.state.not_in([one.value for one in QUARANTINED]))
    if tag is not None:
        pattern = tag.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
        conditions.append(volumes.c.tag.like(pattern, escape="\\"))
    if instance is not None:
        held = attachments.c.instance_id == instance
        conditions.append(
            volumes.c.id.in_(attachments.select().with_only_columns(attachments.c.volume_id).where(held))
        )
    if asked.after is not None:
        conditions.append(volumes.c.id > asked.after)
    with cloud.database.read() as connection:
        found = volume_records.read_volumes(connection, *conditions, limit=limit + 1)
        revision = cloud.database.revision(connection)
    return paging.answered(paging.page(found, asked, "id", revision), fields)


@post("/v1/volumes", status_code=202)
@in_thread
def create_volume(cloud: NamedDependency[Cloud], data: JSONBody[VolumeRequest]) -> Volume:
    """Make an empty volume, or a clone of another."""
    return cloud.storage.create(data, cloud.owner)


@get("/v1/storage")
@in_thread
def read_storage(cloud: NamedDependency[Cloud]) -> StorageStatus:
    """The space that there is, that is promised, and that quarantine takes."""
    return cloud.space.status()


@get("/v1/volumes/{volume_id:str}")
@in_thread
def get_volume(cloud: NamedDependency[Cloud], volume_id: VolumeId) -> Volume:
    """One volume, deleted ones too."""
    return cloud.storage.get(volume_id, cloud.owner)


@patch("/v1/volumes/{volume_id:str}")
@in_thread
def update_volume(cloud: NamedDependency[Cloud], volume_id: VolumeId, data: JSONBody[VolumeUpdate]) -> Volume:
    """Change the tag or the visibility."""
    return cloud.storage.update(volume_id, data, cloud.owner)


@delete("/v1/volumes/{volume_id:str}", status_code=202)
@in_thread
def delete_volume(cloud: NamedDependency[Cloud], volume_id: VolumeId) -> Volume:
    """Put the volume into quarantine."""
    gone = cloud.storage.delete(volume_id, cloud.owner)
    cloud.files.drop_part(gone.id)
    return gone


@post("/v1/volumes/{volume_id:str}/undelete", status_code=202)
@in_thread
def undelete_volume(cloud: NamedDependency[Cloud], volume_id: VolumeId) -> Volume:
    """Bring the volume back from quarantine."""
    return cloud.storage.undelete(volume_id, cloud.owner)


@post("/v1/volumes/{volume_id:str}/purge", status_code=202)
@in_thread
def purge_volume(cloud: NamedDependency[Cloud], volume_id: VolumeId) -> Volume:
    """Remove the deleted volume for good."""
    return cloud.storage.purge(volume_id, cloud.owner)


@post("/v1/volumes/{volume_id:str}/resize", status_code=202)
@in_thread
def resize_volume(
    cloud: NamedDependency[Cloud], volume_id: VolumeId, data: JSONBody[ResizeRequest]
) -> Volume:
    """Make the volume larger."""
    return cloud.storage.resize(volume_id, data, cloud.owner)


@post("/v1/volumes/{volume_id:str}/snapshots", status_code=202)
@in_thread
def snapshot_volume(
    cloud: NamedDependency[Cloud], volume_id: VolumeId, data: JSONBody[SnapshotRequest]
) -> Volume:
    """Keep the volume as it is now."""
    return cloud.storage.snapshot(volume_id, data, cloud.owner)


@post("/v1/volumes/{volume_id:str}/snapshots/{snapshot:str}/revert", status_code=202)
@in_thread
def revert_volume(cloud: NamedDependency[Cloud], volume_id: VolumeId, snapshot: SnapshotName) -> Volume:
    """Take the volume back to a snapshot."""
    return cloud.storage.revert(volume_id, snapshot, cloud.owner)


@delete("/v1/volumes/{volume_id:str}/snapshots/{snapshot:str}", status_code=202)
@in_thread
def delete_snapshot(cloud: NamedDependency[Cloud], volume_id: VolumeId, snapshot: SnapshotName) -> Volume:
    """Forget a snapshot."""
    return cloud.storage.delete_snapshot(volume_id, snapshot, cloud.owner)


@post("/v1/volumes/{volume_id:str}/attach", status_code=202)
@in_thread
def attach_volume(
    cloud: NamedDependency[Cloud], volume_id: VolumeId, data: JSONBody[AttachRequest]
) -> Volume:
    """Plug the volume into a running machine."""
    return cloud.hotplug.attach(volume_id, data, cloud.owner)


@post("/v1/volumes/{volume_id:str}/detach", status_code=202)
@in_thread
def detach_volume(
    cloud: NamedDependency[Cloud], volume_id: VolumeId, data: JSONBody[DetachRequest]
) -> Volume:
    """Take the volume out of its machine."""
    return cloud.hotplug.detach(volume_id, data, cloud.owner)


@put("/v1/volumes/{volume_id:str}/device")
@in_thread
def name_device(cloud: NamedDependency[Cloud], volume_id: VolumeId, data: JSONBody[DeviceReport]) -> Volume:
    """Tell what the guest calls the volume's disk."""
    return cloud.hotplug.name_device(volume_id, data, cloud.owner)
