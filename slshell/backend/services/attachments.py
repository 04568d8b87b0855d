"""Who holds which volume: claimed, named and let go in the transactions of those who ask."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from slshell.backend.services import records
from slshell.backend.services.volume_records import change_volume, tell, volume_row
from slshell.backend.store.database import Write
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.instances import instances
from slshell.backend.store.tables.volumes import attachments, volumes
from slshell.model.errors import Conflict
from slshell.model.volume import Disk, DiskKind, VolumeState, serial_of

_DISKS = msgspec.json.Decoder(tuple[Disk, ...])


def claim(write: Write, row: Row[Any], instance_id: int, *, at_launch: bool, device: str = "") -> None:
    """Hold a volume for an instance; the table's key lets only one do so.

    Raises:
        Conflict: another instance holds it, and which; or it is not to be had now.
    """
    refuse_unavailable(row)
    try:
        with write.connection.begin_nested():
            write.connection.execute(
                insert(attachments).values(
                    volume_id=row.id, instance_id=instance_id, device=device, device_known=False,
                    at_launch=at_launch, attached_at=utc_now(),
                )
            )  # fmt: skip
    except IntegrityError as error:
        raise held_by(volume_row(write.connection, row.id)) from error
    change_volume(write, row.id, state=VolumeState.ATTACHING.value, reason="")


def refuse_unavailable(row: Row[Any]) -> None:
    """Raises Conflict when a volume cannot be attached now, with who holds it or why."""
    if row.instance_id is not None:
        raise held_by(row)
    if row.state != VolumeState.AVAILABLE.value:
        raise Conflict(
            f"volume {row.id} is {row.state}" + (f": {row.reason}" if row.reason else ""),
            hint=_WHAT_TO_DO.get(VolumeState(row.state), "wait until it is available"),
            details={"state": row.state},
        )


_WHAT_TO_DO = {
    VolumeState.DELETED: "slshell undelete-volume brings it back",
    VolumeState.FAILED: "slshell delete-volume clears it away",
}


def held_by(row: Row[Any]) -> Conflict:
    """The refusal that names the holder."""
    return Conflict(
        f"volume {row.id} is held by instance {row.instance_id}",
        hint="a volume can be in one machine at a time: detach it there first"
        if not row.at_launch
        else f"it came with that machine's launch: slshell kill {row.instance_id} releases it",
        details={"holder": row.instance_id, "state": row.state},
    )


def settle(write: Write, volume_id: str, device: str = "") -> None:
    """A claimed volume is in its machine now; `device` is where the guest is expected to show it."""
    row = volume_row(write.connection, volume_id)
    if row.instance_id is None:
        return
    if device:
        write.connection.execute(
            update(attachments)
            .where(attachments.c.volume_id == volume_id)
            .values(device=device, device_known=False)
        )
    change_volume(write, volume_id, state=VolumeState.ATTACHED.value, reason="", progress="")
    if not row.at_launch:
        disk = Disk(
            kind=DiskKind.PERSISTENT, size_bytes=row.size_bytes, serial=serial_of(row.id),
            device=device or row.device, source=row.id, name=row.tag,
        )  # fmt: skip
        _change_disks(write, row.instance_id, without=row.id, extra=disk)
    tell(write, row, f"is attached to instance {row.instance_id}", instance_id=row.instance_id)


def name_device(write: Write, volume_id: str, instance_id: int, device: str) -> None:
    """Keep what the guest itself calls a volume.

    Raises:
        Conflict: that instance does not hold it.
    """
    row = volume_row(write.connection, volume_id)
    if row.instance_id != instance_id:
        raise Conflict(f"volume {volume_id} is not attached to instance {instance_id}")
    write.connection.execute(
        update(attachments)
        .where(attachments.c.volume_id == volume_id)
        .values(device=device, device_known=True)
    )
    change_volume(write, volume_id)
    disks = _disks_of(write, instance_id)
    changed = [
        msgspec.structs.replace(one, device=device) if one.source == volume_id else one for one in disks
    ]
    records.change_instance(write, instance_id, disks=records.as_text(changed))


def resized(write: Write, volume_id: str, instance_id: int, size_bytes: int) -> None:
    """A volume that an instance holds has another size."""
    changed = [
        msgspec.structs.replace(one, size_bytes=size_bytes) if one.source == volume_id else one
        for one in _disks_of(write, instance_id)
    ]
    records.change_instance(write, instance_id, disks=records.as_text(changed))


def release(write: Write, volume_id: str, why: str = "is detached") -> None:
    """Nobody holds a volume any more; nothing happens when nobody did."""
    row = volume_row(write.connection, volume_id)
    if row.instance_id is None:
        return
    write.connection.execute(delete(attachments).where(attachments.c.volume_id == volume_id))
    change_volume(write, volume_id, state=VolumeState.AVAILABLE.value, reason="", progress="")
    _change_disks(write, row.instance_id, without=volume_id)
    tell(write, row, f"{why} from instance {row.instance_id}", instance_id=row.instance_id)


def release_all(write: Write, instance_id: int) -> int:
    """An instance has ended: what it held is free; answers how many volumes that were."""
    held = select(attachments.c.volume_id).where(attachments.c.instance_id == instance_id)
    ids = write.connection.execute(held).scalars().all()
    for volume_id in ids:
        release(write, volume_id, "is released")
    return len(ids)


def volumes_of(write_or_read: Any, instance_id: int) -> list[Row[Any]]:
    """The rows of the volumes that an instance holds, in the order in which it got them."""
    statement = (
        select(volumes, attachments.c.instance_id, attachments.c.device, attachments.c.at_launch)
        .join(attachments, attachments.c.volume_id == volumes.c.id)
        .where(attachments.c.instance_id == instance_id)
        .order_by(attachments.c.attached_at, attachments.c.device)
    )
    return list(write_or_read.execute(statement).all())


def _disks_of(write: Write, instance_id: int) -> tuple[Disk, ...]:
    text = write.connection.execute(
        select(instances.c.disks).where(instances.c.id == instance_id)
    ).scalar_one()
    return _DISKS.decode(text)


def _change_disks(write: Write, instance_id: int, *, without: str, extra: Disk | None = None) -> None:
    kept = [one for one in _disks_of(write, instance_id) if one.source != without]
    if extra is not None:
        kept.append(extra)
    records.change_instance(write, instance_id, disks=records.as_text(kept))
