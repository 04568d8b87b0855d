"""How much of the disk is left to be promised, and when to warn."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import func, select

from slshell.backend.engines.base import Engine
from slshell.backend.services.settings import Settings
from slshell.backend.store.database import Database
from slshell.backend.store.tables.instances import instances
from slshell.backend.store.tables.volumes import volumes
from slshell.model.errors import NoCapacity
from slshell.model.instance import State
from slshell.model.volume import QUARANTINED, Disk, DiskKind, StorageStatus

RESERVE_BYTES = 256 << 20
"""What stays free for the database, logs and images beside the disks."""
_GROWING = frozenset({DiskKind.VOLATILE})
_QUARANTINED = tuple(state.value for state in QUARANTINED)
_DISKS = msgspec.json.Decoder(tuple[Disk, ...])


@dataclass(frozen=True, kw_only=True)
class SpaceService:
    """Answers what may still be promised: free space less what given disks may still grow by."""

    database: Database
    engine: Engine
    settings: Settings

    def promised(self) -> int:
        """Bytes that volumes and volatile disks may still grow by."""
        growth = func.sum(volumes.c.size_bytes - volumes.c.allocated_bytes)
        growing = volumes.c.state.not_in(_QUARANTINED) & (volumes.c.size_bytes > volumes.c.allocated_bytes)
        living = instances.c.state.not_in([State.DONE.value, State.FAILED.value])
        with self.database.read() as connection:
            total = int(connection.execute(select(growth).where(growing)).scalar() or 0)
            texts = connection.execute(
                select(instances.c.disks).where(living, instances.c.disks.contains(DiskKind.VOLATILE.value))
            ).scalars()
            disks = [disk for text in texts for disk in _DISKS.decode(text)]
        return total + sum(disk.size_bytes for disk in disks if disk.kind in _GROWING)

    def check(self, wanted: int, what: str) -> None:
        """Return when `wanted` further bytes can be promised.

        Raises:
            NoCapacity: they cannot; the text has the figures.
        """
        space = self.engine.volumes.space()
        promised = self.promised()
        left = int(space.free_bytes * self.settings.cloud.disk_overcommit) - promised - RESERVE_BYTES
        if wanted > left:
            raise NoCapacity(
                f"{what} may grow to {_text(wanted)}, and {_text(max(left, 0))} can still be promised: "
                f"{_text(space.free_bytes)} are free, {_text(promised)} of that promised already, "
                f"{_text(RESERVE_BYTES)} kept back",
                hint="ask for less, delete what is not needed and purge the quarantine, or raise "
                "[cloud] disk_overcommit in config.toml",
                details={"field": "size", "limit": max(left, 0)},
            )

    def status(self) -> StorageStatus:
        """The figures that users see."""
        store = self.engine.volumes
        space, promised = store.space(), self.promised()
        with self.database.read() as connection:
            kept = connection.execute(
                select(func.sum(volumes.c.allocated_bytes)).where(volumes.c.state.in_(_QUARANTINED))
            ).scalar()
        section = self.settings.cloud
        return StorageStatus(
            pool=store.place,
            total_bytes=space.total_bytes,
            free_bytes=space.free_bytes,
            promised_bytes=promised,
            quarantined_bytes=int(kept or 0),
            quarantine_s=section.quarantine_hours * 3600,
            max_volume_gib=section.max_volume_gib,
            warning=self._warning(space.total_bytes, space.free_bytes, promised),
        )

    def _warning(self, total: int, free: int, promised: int) -> str:
        if free <= RESERVE_BYTES:
            return (
                f"the disk is full: {_text(free)} of {_text(total)} are free, machines that write are paused"
            )
        if free * 100 < total * self.settings.cloud.disk_warning_percent:
            return f"the disk fills up: {_text(free)} of {_text(total)} are free"
        if promised > free * self.settings.cloud.disk_overcommit:
            return f"volumes may still grow by {_text(promised)}, and {_text(free)} are free"
        return ""


def _text(size: int) -> str:
    """A size in words, MiB below one GiB."""
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):.0f} MiB"
