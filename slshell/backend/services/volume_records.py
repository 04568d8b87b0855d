"""Rows of volumes, their snapshots and attachments as resources, and the ways to change them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from slshell.backend.services import records
from slshell.backend.store.database import Write
from slshell.backend.store.tables.volumes import attachments, exports, snapshots, volumes
from slshell.model.errors import NotFound
from slshell.model.event import Severity
from slshell.model.volume import (
    Export,
    ExportFormat,
    ExportState,
    Snapshot,
    Visibility,
    Volume,
    VolumeState,
    by_id_of,
    serial_of,
)

_SELECT = select(
    volumes,
    attachments.c.instance_id,
    attachments.c.device,
    attachments.c.device_known,
    attachments.c.at_launch,
).select_from(volumes.outerjoin(attachments, attachments.c.volume_id == volumes.c.id))


def snapshot_of(row: Row[Any]) -> Snapshot:
    """A row of `snapshots` as the resource."""
    return Snapshot(id=row.id, name=row.name, size_bytes=row.size_bytes, created_at=row.created_at)


def volume_of(row: Row[Any], kept: tuple[Snapshot, ...]) -> Volume:
    """A row of `volumes` with its attachment as the resource."""
    return Volume(
        id=row.id, tag=row.tag, state=VolumeState(row.state), reason=row.reason, progress=row.progress,
        size_bytes=row.size_bytes, allocated_bytes=row.allocated_bytes,
        visibility=Visibility(row.visibility), owner=row.owner, origin=row.origin,
        created_at=row.created_at, instance_id=row.instance_id, device=row.device or "",
        device_known=bool(row.device_known), at_launch=bool(row.at_launch),
        by_id=by_id_of(serial_of(row.id)) if row.instance_id is not None else "", snapshots=kept,
        deleted_at=row.deleted_at, purge_at=row.purge_at, received_bytes=row.received_bytes,
        revision=row.revision,
    )  # fmt: skip


def export_of(row: Row[Any]) -> Export:
    """A row of `exports` as the resource."""
    return Export(
        id=row.id, volume_id=row.volume_id, state=ExportState(row.state), reason=row.reason,
        progress=row.progress, format=ExportFormat(row.format), size_bytes=row.size_bytes,
        sha256=row.sha256, created_at=row.created_at,
    )  # fmt: skip


def read_volumes(
    connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[Volume]:
    """The volumes that meet the conditions, by UUID."""
    statement = _SELECT.where(*conditions).order_by(volumes.c.id)
    rows = connection.execute(statement if limit is None else statement.limit(limit)).all()
    kept: dict[str, list[Snapshot]] = defaultdict(list)
    wanted = select(volumes.c.id).where(*conditions)
    of_these = select(snapshots).where(snapshots.c.volume_id.in_(wanted)).order_by(snapshots.c.created_at)
    if rows:
        for row in connection.execute(of_these):
            kept[row.volume_id].append(snapshot_of(row))
    return [volume_of(row, tuple(kept.get(row.id, ()))) for row in rows]


def volume_row(connection: Connection, volume_id: str) -> Row[Any]:
    """The whole row of one volume with its attachment.

    Raises:
        NotFound: there is no such volume.
    """
    row = connection.execute(_SELECT.where(volumes.c.id == volume_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no volume {volume_id}", hint="slshell volumes lists them")
    return row


def change_volume(write: Write, volume_id: str, **values: Any) -> None:
    """Set columns of a volume; it gets the transaction's revision."""
    write.connection.execute(
        update(volumes).where(volumes.c.id == volume_id).values(revision=write.revision, **values)
    )


def say_progress(write: Write, volume_id: str, text: str) -> None:
    """How far the work on a volume is."""
    change_volume(write, volume_id, progress=text)


def tell(
    write: Write,
    row: Row[Any],
    text: str,
    *,
    severity: Severity = Severity.INFO,
    instance_id: int | None = None,
) -> None:
    """Record what happened to a volume; `text` follows its name."""
    name = f"volume {row.id[:8]} ({row.tag})" if row.tag else f"volume {row.id[:8]}"
    records.add_event(
        write, "volume", f"{name} {text}", volume_id=row.id, instance_id=instance_id, severity=severity
    )


def snapshot_row(connection: Connection, volume_id: str, name_or_id: str) -> Row[Any]:
    """One snapshot of a volume by name or id.

    Raises:
        NotFound: it has none of that name.
    """
    mine = snapshots.c.volume_id == volume_id
    same = (snapshots.c.name == name_or_id) | (snapshots.c.id == name_or_id)
    row = connection.execute(select(snapshots).where(mine, same)).one_or_none()
    if row is None:
        names = connection.execute(select(snapshots.c.name).where(mine)).scalars().all()
        known = f"it has {', '.join(names)}" if names else "it has none; slshell create-snapshot takes one"
        raise NotFound(f"the volume has no snapshot “{name_or_id[:63]}”", hint=known)
    return row


def handles(connection: Connection) -> list[str]:
    """Every handle that something still needs."""
    statements = (
        select(volumes.c.handle).where(volumes.c.handle != ""),
        select(snapshots.c.handle),
        select(exports.c.handle).where(exports.c.state == ExportState.WRITING.value),
    )
    return [handle for one in statements for handle in connection.execute(one).scalars()]


def replace_handles(write: Write, moved: dict[str, str]) -> None:
    """Put new handles where the old ones stood, after the engine has moved layers."""
    for old, new in moved.items():
        for table in (volumes, snapshots, exports):
            write.connection.execute(update(table).where(table.c.handle == old).values(handle=new))
