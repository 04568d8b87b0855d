"""Root disks of killed machines, kept among the deleted volumes until they are purged or brought back."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Row, select

from slshell.backend.services import records
from slshell.backend.services import volume_rules as rules
from slshell.backend.store.database import Write
from slshell.backend.store.tables.volumes import volumes
from slshell.model.volume import MAX_TAG, ROOT_DISK_OF, DiskKind, Visibility


def keep(write: Write, row: Row[Any], handle: str, allocated_bytes: int, hours: float) -> None:
    """Put an instance's root disk into quarantine; once, however often it is asked."""
    number = str(uuid.uuid5(uuid.UUID(row.uuid), "root"))
    known = write.connection.execute(select(volumes.c.id).where(volumes.c.id == number)).one_or_none()
    if known is not None:
        return
    disks = records.instance_of(row).disks
    size = next((one.size_bytes for one in disks if one.kind is DiskKind.ROOT), 0)
    values = rules.new_row(row.owner, f"root of {row.name}"[:MAX_TAG], Visibility.PRIVATE, size)
    values |= {
        "id": number, "handle": handle, "allocated_bytes": allocated_bytes,
        "appliance_id": row.appliance_id, "origin": f"{ROOT_DISK_OF} {row.id} ({row.name})",
    }  # fmt: skip
    rules.insert_volume(write, values)
    rules.quarantine(write, number, hours)
