"""The image cache: what is held, who stands on it, and purging what nobody does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select

from slshell.backend.appliances.static import FLORA_AND_FAUNA
from slshell.backend.images import fetch
from slshell.backend.images.cloud_images import known
from slshell.backend.services import published, records
from slshell.backend.services.arrivals import Arrivals
from slshell.backend.services.catalogue import BUNDLED, Catalogue
from slshell.backend.store.database import Database
from slshell.backend.store.tables.appliances import appliances
from slshell.backend.store.tables.instances import instances
from slshell.backend.store.tables.volumes import volumes
from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.errors import Conflict
from slshell.model.image_cache import CachedImage, Return
from slshell.model.instance import State
from slshell.model.volume import Disk, DiskKind

KEPT = frozenset({BUNDLED, FLORA_AND_FAUNA})
"""What the cloud makes by itself when it starts."""
_DISKS = msgspec.json.Decoder(tuple[Disk, ...])


@dataclass(frozen=True, kw_only=True)
class ImageCache:
    """Answers what the catalogue's images take; `uploads` is where fetches that broke off lie."""

    database: Database
    catalogue: Catalogue
    uploads: Path
    arrivals: Arrivals
    offers: bool
    """Whether published images are listed again once they are purged."""

    def all(self) -> list[CachedImage]:
        """Every image that takes space, by name."""
        with self.database.read() as connection:
            rows = connection.execute(select(appliances)).all()
            held = [self._held(connection, row) for row in rows]
        return sorted((one for one in held if one is not None), key=lambda one: one.name)

    def remove(self, reference: str) -> Appliance:
        """Take an appliance out of the catalogue with its image; one that is coming in is stopped.

        Raises:
            As `drop`, but for what is coming in. Conflict: it does not stop in time.
        """
        found = self.catalogue.resolve(reference)
        made_here = found.origin == "bundled" and found.name in KEPT
        if found.state is ApplianceState.IMPORTING and not made_here:
            self.arrivals.stop(self.catalogue, found)
        else:
            self.drop(found.id)
        return found

    def drop(self, reference: str) -> CachedImage:
        """Remove an image's files, and its entry unless it is a published one; answers what went.

        Raises:
            NotFound: there is no such appliance. Conflict: machines or root disks in quarantine stand on
            it, it is coming in, it comes with slshell, or nothing of it is here.
        """
        wanted = self.catalogue.resolve(reference).id
        with self.database.write() as write:
            # Taking the revision first makes starts of machines wait, so that none begins on what goes.
            _ = write.revision
            row = write.connection.execute(select(appliances).where(appliances.c.id == wanted)).one_or_none()
            if row is None:
                raise Conflict(f"{reference} has just changed", hint="look at `slshell appliances` again")
            held = self._held(write.connection, row)
            self._refuse(row, held)
            if row.state != ApplianceState.AVAILABLE.value:
                self.catalogue.forget(write, row.id)
                if self.offers and row.name in known().images:
                    published.offer(write, row.name, self.catalogue.mirrors)
                records.add_event(write, "image", f"appliance {row.name} was removed ({row.id})")
            # Within the transaction: an import of the same image waits for it, and looks at its file after.
            self._remove_files(row)
        return held or self._described(row, self._files(row), None, (), ())

    def _refuse(self, row: Row[Any], held: CachedImage | None) -> None:
        if row.state == ApplianceState.IMPORTING.value:
            raise Conflict(
                f"{row.name} is just coming in: {row.progress}",
                hint="wait until it is here, or `slshell remove-appliance` stops it",
            )
        if held is None and row.state == ApplianceState.AVAILABLE.value:
            raise published.only_listed(row.name, row.os)
        if held is None:
            return
        if held.returns is Return.BUILT:
            raise Conflict(
                f"{row.name} comes with slshell, and is made again whenever the cloud starts without it"
            )
        if held.used:
            who = [f"machine {number}" for number in held.instances]
            who += [f"root disk {one[:8]} in quarantine" for one in held.volumes]
            raise Conflict(
                f"{row.name} is in use by {_listed(who)}",
                hint="kill the machines, and `slshell quarantine purge` their root disks, first",
                details={"instances": list(held.instances), "volumes": list(held.volumes)},
            )

    def _held(self, connection: Connection, row: Row[Any]) -> CachedImage | None:
        """What is here of an appliance; None when nothing is."""
        files = self._files(row)
        if not files:
            return None
        machines = connection.execute(
            select(instances.c.id, instances.c.appliance_id, instances.c.disks).where(
                instances.c.state != State.DONE.value
            )
        ).all()
        users = tuple(one.id for one in machines if one.appliance_id == row.id or _reads(one.disks, row.id))
        kept = (
            connection.execute(select(volumes.c.id).where(volumes.c.appliance_id == row.id)).scalars().all()
        )
        last = connection.execute(
            select(func.max(instances.c.created_at)).where(instances.c.appliance_id == row.id)
        ).scalar()
        return self._described(row, files, last, users, tuple(kept))

    def _described(
        self,
        row: Row[Any],
        files: list[Path],
        used_at: datetime | None,
        users: tuple[int, ...],
        kept: tuple[str, ...],
    ) -> CachedImage:
        about = [path.stat() for path in files]
        return CachedImage(
            id=row.id, name=row.name, partial=row.state != ApplianceState.READY.value, returns=_returns(row),
            origin=row.origin, size_bytes=sum(one.st_size for one in about),
            allocated_bytes=sum(one.st_blocks * 512 for one in about), disk_bytes=row.disk_bytes,
            created_at=row.created_at, used_at=used_at, instances=tuple(sorted(users)), volumes=kept,
        )  # fmt: skip

    def _files(self, row: Row[Any]) -> list[Path]:
        if row.state == ApplianceState.READY.value:
            paths = list(self.catalogue.files(row.id))
        else:
            paths = fetch.parts_of(self._download(row))
        return [path for path in paths if path.is_file()]

    def _download(self, row: Row[Any]) -> Path:
        return self.uploads / f"{row.id}.download"

    def _remove_files(self, row: Row[Any]) -> None:
        if row.state == ApplianceState.READY.value:
            for path in self.catalogue.files(row.id):
                path.unlink(missing_ok=True)
        fetch.forget(self._download(row))


def _returns(row: Row[Any]) -> Return:
    if row.origin == "bundled":
        return Return.BUILT if row.name in KEPT else Return.ASKED
    if row.entry:
        # Entries stay, so the image is offered again.
        return Return.FETCHED
    image = known().images.get(row.name)
    return Return.FETCHED if image is not None and row.origin.endswith(f"/{image.image}") else Return.NEVER


def _reads(disks: str, appliance_id: str) -> bool:
    """Whether a machine has the image as a static disk."""
    if appliance_id not in disks:
        return False
    return any(one.kind is DiskKind.READ_ONLY and one.source == appliance_id for one in _DISKS.decode(disks))


def _listed(words: list[str]) -> str:
    shown = ", ".join(words[:8])
    return shown if len(words) <= 8 else f"{shown} and {len(words) - 8} more"
