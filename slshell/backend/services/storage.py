"""Volumes: what may be asked of them, checked before anything is made."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, select

from slshell.backend.engines.base import Engine
from slshell.backend.services import attachments, records, requests, rights
from slshell.backend.services import volume_records as rows
from slshell.backend.services import volume_rules as rules
from slshell.backend.services.settings import Settings
from slshell.backend.services.space import SpaceService
from slshell.backend.store.database import Database, Write
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.volumes import snapshots, volumes
from slshell.model.errors import Conflict, UsageError
from slshell.model.names import checked_name
from slshell.model.volume import (
    GIB,
    ResizeRequest,
    SnapshotRequest,
    Volume,
    VolumeRequest,
    VolumeState,
    VolumeUpdate,
)

_IDLE = frozenset({VolumeState.AVAILABLE})
_USABLE = frozenset({VolumeState.AVAILABLE, VolumeState.ATTACHED})
_DELETABLE = frozenset({VolumeState.AVAILABLE, VolumeState.FAILED, VolumeState.RECEIVING})
_MAX_SNAPSHOTS = 32


@dataclass(frozen=True, kw_only=True)
class Storage:
    """The volume service. `wake` tells the job runners that there is work."""

    database: Database
    engine: Engine
    settings: Settings
    space: SpaceService
    wake: Callable[[], None]

    def get(self, volume_id: str, caller: str) -> Volume:
        """One volume, deleted ones too.

        Raises:
            NotFound: there is none that the caller may see.
        """
        with self.database.read() as connection:
            rights.may_see(rows.volume_row(connection, rules.checked_id(volume_id)), caller)
            return rows.read_volumes(connection, volumes.c.id == volume_id)[0]

    def create(self, request: VolumeRequest, owner: str) -> Volume:
        """Accept a volume, empty or a clone; a job makes it.

        Raises:
            UsageError, NotFound, Conflict, NotAllowed, NoCapacity: it cannot be; nothing was made.
        """
        requests.checked(request.request_id)
        print_ = requests.fingerprint("volume", request)
        with self.database.read() as connection:
            earlier = requests.served(connection, request.request_id, print_)
            source = None if earlier or request.source is None else self._source(connection, request, owner)
        if earlier is not None:
            return self.get(earlier[0], owner)
        size = self._size(request, source)
        values = rules.new_row(owner, rules.checked_tag(request.tag), request.visibility, size)
        self.space.check(size, "the volume")
        with self.database.write() as write:
            _ = write.revision
            earlier = requests.served(write.connection, request.request_id, print_)
            if earlier is None:
                self._insert(write, values, request, source)
                requests.remember(write, request.request_id, print_, [values["id"]])
        return self._asked(earlier[0] if earlier else values["id"], owner)

    def update(self, volume_id: str, change: VolumeUpdate, caller: str) -> Volume:
        """Change a volume's tag or visibility.

        Raises:
            NotFound, NotAllowed, UsageError: nothing was changed.
        """
        values: dict[str, Any] = {}
        if change.tag is not None:
            values["tag"] = rules.checked_tag(change.tag)
        if change.visibility is not None:
            values["visibility"] = change.visibility.value
        with self.database.write() as write:
            row = self._own(write, volume_id, caller, "change")
            if values:
                rows.change_volume(write, row.id, **values)
        return self.get(volume_id, caller)

    def resize(self, volume_id: str, request: ResizeRequest, caller: str) -> Volume:
        """Grow a volume, also while a machine uses it.

        Raises:
            UsageError: it would shrink, or be too large. Conflict, NoCapacity: not now.
        """
        size = self._checked_size(request.size_gib)
        with self.database.read() as connection:
            before = rows.volume_row(connection, rules.checked_id(volume_id)).size_bytes
        if size > before:
            self.space.check(size - before, "the volume")
        with self.database.write() as write:
            row = self._own(write, volume_id, caller, "resize", _USABLE)
            if size < row.size_bytes:
                raise UsageError(
                    f"the volume has {row.size_bytes / GIB:g} GiB and cannot shrink to {request.size_gib}",
                    hint="make a smaller volume and copy the data over, in a machine that has both",
                )
            progress = f"growing to {request.size_gib} GiB"
            self._work(write, row, "volume-resize", "resize", {"size": size}, progress)
        return self._asked(volume_id, caller)

    def snapshot(self, volume_id: str, request: SnapshotRequest, caller: str) -> Volume:
        """Keep a volume as it is now, also while a machine uses it.

        Raises:
            Conflict: the name is taken, there are too many, or the volume is at work.
        """
        requests.checked(request.request_id)
        print_ = requests.fingerprint("snapshot", (volume_id, request))
        name = request.name or f"snapshot-{utc_now():%Y%m%d-%H%M%S}"
        checked_name(name, "snapshot name")
        with self.database.write() as write:
            _ = write.revision
            if requests.served(write.connection, request.request_id, print_) is None:
                row = self._own(write, volume_id, caller, "snapshot", _USABLE)
                self._need_layers()
                known = write.connection.execute(
                    select(snapshots.c.name).where(snapshots.c.volume_id == row.id)
                ).scalars().all()  # fmt: skip
                if name in known:
                    raise Conflict(f"the volume has a snapshot “{name}” already", hint="choose another name")
                if len(known) >= _MAX_SNAPSHOTS:
                    raise Conflict(
                        f"the volume has {len(known)} snapshots, which is the most",
                        hint="delete some: slshell delete-snapshot",
                    )
                payload = {"snapshot": str(uuid.uuid4()), "layer": str(uuid.uuid4()), "name": name}
                self._work(write, row, "snapshot", "freeze", payload, f"keeping {name}")
                requests.remember(write, request.request_id, print_, [row.id])
        return self._asked(volume_id, caller)

    def revert(self, volume_id: str, snapshot: str, caller: str) -> Volume:
        """Take a volume back to a snapshot; what it held until now is kept as another snapshot.

        Raises:
            NotFound: no such snapshot. Conflict: a machine has it.
        """
        with self.database.write() as write:
            row = self._own(write, volume_id, caller, "revert", _IDLE)
            kept = rows.snapshot_row(write.connection, row.id, snapshot)
            payload = {"snapshot": kept.id, "layer": str(uuid.uuid4()), "before": str(uuid.uuid4())}
            self._work(write, row, "revert", "branch", payload, f"going back to {kept.name}")
        return self._asked(volume_id, caller)

    def delete_snapshot(self, volume_id: str, snapshot: str, caller: str) -> Volume:
        """Forget a snapshot; its space comes back when no machine has the volume open.

        Raises:
            NotFound: no such snapshot.
        """
        with self.database.write() as write:
            row = self._own(write, volume_id, caller, "change")
            rules.refuse_busy(write, row)
            kept = rows.snapshot_row(write.connection, row.id, snapshot)
            write.connection.execute(delete(snapshots).where(snapshots.c.id == kept.id))
            rows.change_volume(write, row.id)
            rows.tell(write, row, f"lost its snapshot {kept.name}")
            records.add_job(write, "forget", "remove", payload={"handle": kept.handle})
        return self._asked(volume_id, caller)

    def delete(self, volume_id: str, caller: str) -> Volume:
        """Put a volume into quarantine, or purge it where nothing is kept.

        Raises:
            NotAllowed: it is somebody else's. Conflict: a machine has it, or it is at work.
        """
        hours = self.settings.cloud.quarantine_hours
        with self.database.write() as write:
            row = self._own(write, volume_id, caller, "delete")
            if row.instance_id is not None:
                raise attachments.held_by(row)
            rules.refuse_unless(row, _DELETABLE, "delete")
            rules.refuse_busy(write, row)
            rules.quarantine(write, row.id, hours)
            kept = hours > 0 and bool(row.handle)
            rows.tell(write, row, f"is deleted and kept for {hours:g} h" if kept else "is deleted")
            if not kept:
                rules.begin_purge(write, row)
            # It may be gone for good as soon as this is written down.
            gone = rows.read_volumes(write.connection, volumes.c.id == row.id)[0]
        self.wake()
        return gone

    def undelete(self, volume_id: str, caller: str) -> Volume:
        """Bring a volume, or a killed machine's root disk as a volume, back out of quarantine.

        Raises:
            Conflict: it is not in quarantine any more.
        """
        with self.database.read() as connection:
            before = rows.volume_row(connection, rules.checked_id(volume_id))
        if before.appliance_id:
            self.space.check(before.size_bytes, "the volume made of the root disk")
        with self.database.write() as write:
            row = self._own(write, volume_id, caller, "undelete", frozenset({VolumeState.DELETED}))
            values: dict[str, Any] = {"deleted_at": None, "purge_at": None}
            if row.appliance_id:
                rows.change_volume(write, row.id, state=VolumeState.CREATING.value, **values)
                payload = {"retired": row.handle}
                records.add_job(write, "undelete", "copy", volume_id=row.id, payload=payload)
            else:
                rows.change_volume(write, row.id, state=VolumeState.AVAILABLE.value, **values)
            rows.tell(write, row, "is brought back")
        return self._asked(volume_id, caller)

    def purge(self, volume_id: str, caller: str) -> Volume:
        """Remove what is in quarantine for good.

        Raises:
            Conflict: it is not deleted.
        """
        with self.database.write() as write:
            row = self._own(write, volume_id, caller, "purge", frozenset({VolumeState.DELETED}))
            rules.begin_purge(write, row)
            gone = rows.read_volumes(write.connection, volumes.c.id == row.id)[0]
        self.wake()
        return gone

    def _source(self, connection: Any, request: VolumeRequest, owner: str) -> dict[str, Any]:
        """The volume to clone, and which state of it."""
        row = rows.volume_row(connection, rules.checked_id(request.source or ""))
        rights.may_see(row, owner)
        rules.refuse_unless(row, self._clonable(request), "clone")
        size, snapshot = row.size_bytes, None
        if request.snapshot is not None:
            kept = rows.snapshot_row(connection, row.id, request.snapshot)
            size, snapshot = kept.size_bytes, kept.id
        return {"row": row, "size": size, "snapshot": snapshot}

    def _clonable(self, request: VolumeRequest) -> frozenset[VolumeState]:
        """The states in which a volume is cloned; one that is copied must not change meanwhile."""
        return _USABLE if request.snapshot or self.engine.volumes.features.layers else _IDLE

    def _size(self, request: VolumeRequest, source: dict[str, Any] | None) -> int:
        if source is None and request.snapshot is not None:
            raise UsageError("a snapshot is cloned from a volume", hint="name the volume as well")
        if request.size_gib is None:
            if source is None:
                raise UsageError(
                    "a volume needs a size", hint="for example --size 5", details={"field": "size_gib"}
                )
            return int(source["size"])
        size = self._checked_size(request.size_gib)
        if source is not None and size < source["size"]:
            raise UsageError(
                f"a clone cannot be smaller than its source ({source['size'] / GIB:g} GiB)",
                hint="leave the size out, or ask for more",
            )
        return size

    def _checked_size(self, size_gib: int) -> int:
        most = self.settings.cloud.max_volume_gib
        if not 1 <= size_gib <= most:
            raise UsageError(
                f"{size_gib} GiB is not a size that a volume may have",
                hint=f"1 to {most} GiB ([cloud] max_volume_gib)",
                details={"field": "size_gib", "limit": most},
            )
        return size_gib * GIB

    def _insert(
        self, write: Write, values: dict[str, Any], request: VolumeRequest, source: dict[str, Any] | None
    ) -> None:
        if source is None:
            rules.insert_volume(write, values)
            records.add_job(write, "volume-create", "make", volume_id=values["id"])
            return
        row = rows.volume_row(write.connection, source["row"].id)
        rules.refuse_unless(row, self._clonable(request), "clone")
        what = f"a clone of {row.tag or row.id}"
        rules.insert_volume(write, {**values, "origin": what, "progress": "waiting"})
        payload = {
            "clone": values["id"], "layer": str(uuid.uuid4()), "size": values["size_bytes"],
            "snapshot": source["snapshot"],
        }  # fmt: skip
        self._work(write, row, "volume-clone", "freeze", payload, "being cloned")

    def _work(
        self, write: Write, row: Row[Any], kind: str, step: str, payload: dict[str, Any], progress: str
    ) -> None:
        """Queue a job for a volume; with its holder, so that nothing happens to that machine meanwhile."""
        rows.change_volume(write, row.id, progress=progress, reason="")
        records.add_job(write, kind, step, volume_id=row.id, instance_id=row.instance_id, payload=payload)

    def _own(
        self,
        write: Write,
        volume_id: str,
        caller: str,
        what: str,
        states: frozenset[VolumeState] | None = None,
    ) -> Row[Any]:
        row = rows.volume_row(write.connection, rules.checked_id(volume_id))
        rights.may_change(row, caller, what)
        if states is not None:
            rules.refuse_unless(row, states, what)
        return row

    def _need_layers(self) -> None:
        if not self.engine.volumes.features.layers:
            raise UsageError(
                f"volumes in {self.engine.volumes.place} have no snapshots",
                hint="a folder of volumes has: leave [cloud] volume_pool out of config.toml",
            )

    def _asked(self, volume_id: str, caller: str) -> Volume:
        self.wake()
        return self.get(volume_id, caller)
