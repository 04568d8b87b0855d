"""What volumes may be and when they may be touched; shared by the services that ask something of them."""

from __future__ import annotations

import shutil
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, insert, select

from slshell.backend.services import attachments, records
from slshell.backend.services import volume_records as rows
from slshell.backend.store.database import Write
from slshell.backend.store.tables.activity import jobs
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.volumes import volumes
from slshell.model.errors import Conflict, UsageError
from slshell.model.event import JobState
from slshell.model.volume import MAX_TAG, Visibility, VolumeState, is_volume_id


def new_row(owner: str, tag: str, visibility: Visibility, size_bytes: int) -> dict[str, Any]:
    """The values of a volume that does not exist yet."""
    return {
        "id": str(uuid.uuid4()), "tag": tag, "state": VolumeState.CREATING.value, "reason": "",
        "progress": "", "size_bytes": size_bytes, "allocated_bytes": 0, "visibility": visibility.value,
        "owner": owner, "origin": "", "handle": "", "appliance_id": "", "created_at": utc_now(),
        "deleted_at": None, "purge_at": None, "received_bytes": 0, "upload_bytes": 0,
    }  # fmt: skip


def insert_volume(write: Write, values: dict[str, Any]) -> None:
    """Make the row."""
    write.connection.execute(insert(volumes).values(revision=write.revision, **values))


def begin_purge(write: Write, row: Row[Any]) -> None:
    """Have a volume removed for good."""
    rows.change_volume(write, row.id, state=VolumeState.PURGING.value, progress="purging")
    records.add_job(write, "purge", "remove", volume_id=row.id)
    rows.tell(write, row, "is being purged")


def quarantine(write: Write, volume_id: str, hours: float) -> None:
    """Keep a volume for that long before it is purged."""
    gone = utc_now()
    rows.change_volume(
        write, volume_id, state=VolumeState.DELETED.value, deleted_at=gone, progress="",
        purge_at=gone + timedelta(hours=hours),
    )  # fmt: skip


def queue_detach(write: Write, row: Row[Any]) -> None:
    """Have a volume that is to leave its machine taken out, or released when it is out already."""
    queued = (jobs.c.kind == "detach") & (jobs.c.state == JobState.QUEUED.value)
    waiting = select(jobs.c.id).where(queued, jobs.c.volume_id == row.id).limit(1)
    if write.connection.execute(waiting).first() is None:
        records.add_job(write, "detach", "unplug", instance_id=row.instance_id, volume_id=row.id)


def queue_melting(write: Write) -> None:
    """Have layers that nothing names any more melted, unless that is about to be done."""
    waiting = select(jobs.c.id).where(jobs.c.kind == "melt", jobs.c.state == JobState.QUEUED.value)
    if write.connection.execute(waiting.limit(1)).first() is None:
        records.add_job(write, "melt", "melt")


def refuse_unless(row: Row[Any], states: frozenset[VolumeState], what: str) -> None:
    """Raises Conflict when a volume is in none of these states."""
    if VolumeState(row.state) in states:
        return
    if row.instance_id is not None and VolumeState.ATTACHED not in states:
        raise attachments.held_by(row)
    wanted = " or ".join(sorted(state.value for state in states))
    raise Conflict(
        f"volume {row.id} is {row.state}, and to {what} it, it must be {wanted}",
        hint=row.reason or "slshell volumes shows its state",
        details={"state": row.state},
    )


def checked_tag(tag: str) -> str:
    """The tag if it may be one.

    Raises:
        UsageError: it is too long or has control characters.
    """
    if len(tag) > MAX_TAG or not all(character.isprintable() for character in tag):
        raise UsageError(
            f"“{tag[:MAX_TAG]}” cannot be a tag",
            hint=f"at most {MAX_TAG} printable characters",
            details={"field": "tag"},
        )
    return tag


def checked_id(volume_id: str) -> str:
    if not is_volume_id(volume_id):
        raise UsageError(
            f"“{volume_id[:40]}” is not the UUID of a volume", hint="8-4-4-4-12 hex digits in lower case"
        )
    return volume_id


def refuse_busy(write: Write, row: Row[Any]) -> None:
    """Raises Conflict while a job works on the volume.

    A detach that is still queued when the volume has left its machine does nothing, and a last step `tidy`
    clears away other things.
    """
    at_work = jobs.c.state.in_([JobState.QUEUED.value, JobState.RUNNING.value])
    harmless = (jobs.c.kind == "detach") | (jobs.c.step == "tidy")
    busy = select(jobs.c.kind).where(jobs.c.volume_id == row.id, at_work, ~harmless).limit(1)
    kind = write.connection.execute(busy).scalar_one_or_none()
    if kind is not None:
        raise Conflict(
            f"volume {row.id} is at work: {row.progress or kind}", hint="try again when that is done"
        )


def remove_path(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; nothing when it is gone."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
