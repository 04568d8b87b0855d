"""The jobs that change which layers volumes consist of; one at a time, for chains share layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select

from slshell.backend.services import records
from slshell.backend.services import volume_records as rows
from slshell.backend.services import volume_rules as rules
from slshell.backend.services.jobs import JobKind, Overtaken, Step, Work
from slshell.backend.services.volume_files import VolumeFiles
from slshell.backend.services.volume_jobs import ATTEMPTS, VolumeJobs, in_words, ready
from slshell.backend.store.database import Write
from slshell.backend.store.tables.activity import jobs
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.volumes import exports, snapshots, volumes
from slshell.model.errors import SlshellError
from slshell.model.event import JobState
from slshell.model.volume import ExportState, VolumeState

_AT_REST = (VolumeState.AVAILABLE.value, VolumeState.DELETED.value)


@dataclass(frozen=True, kw_only=True)
class ChainJobs:
    """Makes the kinds `volume-clone`, `snapshot`, `revert`, `purge`, `forget` and `melt`."""

    volumes: VolumeJobs
    files: VolumeFiles

    def kinds(self) -> tuple[JobKind, ...]:
        """All of them.

        Those that freeze are tried until the hypervisor answers: a machine may write to the new top already.
        """
        complained = self.volumes.complained
        return (
            JobKind(
                name="volume-clone",
                steps=(
                    Step(name="freeze", run=self._freeze, done=self._frozen_for_clone),
                    Step(name="branch", run=self._branch, done=self._cloned),
                ),
                failed=self._not_cloned,
            ),
            JobKind(
                name="snapshot",
                steps=(Step(name="freeze", run=self._freeze, done=self._kept),),
                failed=complained,
            ),
            JobKind(
                name="revert",
                steps=(Step(name="branch", run=self._go_back, done=self._went_back),),
                failed=complained,
                attempts=ATTEMPTS,
            ),
            JobKind(
                name="purge",
                steps=(Step(name="remove", run=self._remove, done=self._gone),),
                failed=self._not_purged,
                attempts=ATTEMPTS,
            ),
            JobKind(
                name="forget",
                steps=(Step(name="remove", run=self._forget, done=self._forgotten),),
                attempts=ATTEMPTS,
            ),
            JobKind(name="melt", steps=(Step(name="melt", run=self._melt, done=self._melted),), attempts=1),
        )

    @property
    def _store(self) -> Any:
        return self.volumes.engine.volumes

    def _freeze(self, work: Work) -> None:
        """Keep the source's state; a store without layers has nothing to keep before it copies."""
        row = self.volumes.row(work)
        if work.payload.get("size") and (work.payload["snapshot"] or not self._store.features.layers):
            return
        work.notes["frozen"] = self._store.freeze(row.handle, work.payload["layer"], self.volumes.holder(row))

    def _frozen_for_clone(self, write: Write, work: Work) -> None:
        """Write down at once what the source has become, and for the next step what was kept."""
        frozen = work.notes.get("frozen")
        if frozen is not None:
            rows.change_volume(write, str(work.volume_id), handle=frozen.top)
            work.payload["frozen"] = frozen.frozen
            records.change_payload(write, work.id, work.payload)

    def _branch(self, work: Work) -> None:
        row, clone = self.volumes.row(work), work.payload["clone"]
        size, say = work.payload["size"], self.volumes.sayer(clone)
        frozen = work.payload.get("frozen")
        if not work.payload["snapshot"]:
            # The source may have grown since the clone was asked for, and must not be cut off.
            size = max(size, row.size_bytes)
        else:
            with self.volumes.database.read() as connection:
                frozen = rows.snapshot_row(connection, row.id, work.payload["snapshot"]).handle
        work.notes["size"] = size
        if frozen is None:
            work.notes["handle"] = self._store.copy(row.handle, clone, size, say)
        else:
            work.notes["handle"] = self._store.branch(frozen, clone, size)

    def _cloned(self, write: Write, work: Work) -> None:
        rows.say_progress(write, str(work.volume_id), "")
        made, size = work.notes["handle"], work.notes["size"]
        ready(write, work.payload["clone"], made, self.volumes.engine, size_bytes=size)

    def _not_cloned(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        complained = self.volumes.complained(work, error)

        def record(write: Write) -> None:
            complained(write)
            reason = in_words(error)
            rows.change_volume(
                write, work.payload["clone"], state=VolumeState.FAILED.value, reason=reason, progress=""
            )

        return record

    def _kept(self, write: Write, work: Work) -> None:
        frozen, row = work.notes["frozen"], rows.volume_row(write.connection, str(work.volume_id))
        add_snapshot(write, row, work.payload["snapshot"], work.payload["name"], frozen.frozen)
        rows.change_volume(write, row.id, handle=frozen.top, progress="")
        rows.tell(write, row, f"is kept as {work.payload['name']}", instance_id=row.instance_id)

    def _go_back(self, work: Work) -> None:
        row = self.volumes.row(work)
        if row.instance_id is not None:
            raise Overtaken("a machine has the volume")
        with self.volumes.database.read() as connection:
            kept = rows.snapshot_row(connection, row.id, work.payload["snapshot"])
        work.notes["kept"] = kept
        work.notes["handle"] = self._store.branch(kept.handle, work.payload["layer"], kept.size_bytes)

    def _went_back(self, write: Write, work: Work) -> None:
        """What the volume held until now stays as a snapshot, so that going back loses nothing."""
        row, kept = rows.volume_row(write.connection, str(work.volume_id)), work.notes["kept"]
        name = f"before-{utc_now():%Y%m%d-%H%M%S}-{work.payload['before'][:4]}"
        add_snapshot(write, row, work.payload["before"], name, row.handle)
        handle = work.notes["handle"]
        rows.change_volume(write, row.id, handle=handle, size_bytes=kept.size_bytes, progress="")
        rows.tell(write, row, f"is back at {kept.name}; what it held is kept as {name}")

    def _remove(self, work: Work) -> None:
        row = self.volumes.row(work)
        with self.volumes.database.read() as connection:
            own = select(snapshots.c.handle).where(snapshots.c.volume_id == row.id)
            # What broke off while it was made may have left the first layer, which is named after the volume.
            mine = [*connection.execute(own).scalars(), row.handle or row.id]
            others = list(rows.handles(connection))
        for handle in mine:
            if handle in others:
                others.remove(handle)
        # The longest chain first, for its upper layers stand on those of the others.
        for handle in sorted(mine, key=len, reverse=True):
            self._store.remove(handle, others)
        self.files.drop_parts(row.id)

    def _gone(self, write: Write, work: Work) -> None:
        row = rows.volume_row(write.connection, str(work.volume_id))
        write.connection.execute(delete(snapshots).where(snapshots.c.volume_id == row.id))
        write.connection.execute(delete(volumes).where(volumes.c.id == row.id))
        records.bury(write, "volume", row.id)
        rows.tell(write, row, "is gone")
        rules.queue_melting(write)

    def _not_purged(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        complained = self.volumes.complained(work, error)

        def record(write: Write) -> None:
            complained(write)
            rules.quarantine(write, str(work.volume_id), 1.0)

        return record

    def _forget(self, work: Work) -> None:
        """Remove those layers of a forgotten snapshot that nothing stands on; the others melt."""
        with self.volumes.database.read() as connection:
            needed = rows.handles(connection)
        self._store.remove(work.payload["handle"], needed)

    def _forgotten(self, write: Write, work: Work) -> None:
        rules.queue_melting(write)

    def _melt(self, work: Work) -> None:
        with self.volumes.database.read() as connection:
            everything = rows.handles(connection)
            at_work = select(jobs.c.volume_id).where(
                jobs.c.volume_id.is_not(None),
                jobs.c.state.in_([JobState.QUEUED.value, JobState.RUNNING.value]),
            )
            used = select(volumes.c.handle).where(
                volumes.c.state.not_in(_AT_REST) | volumes.c.id.in_(at_work)
            )
            read = select(exports.c.handle).where(exports.c.state == ExportState.WRITING.value)
            opened = [
                handle for one in (used, read) for handle in connection.execute(one).scalars() if handle
            ]
        work.notes["moved"] = self._store.tidy(everything, opened)

    def _melted(self, write: Write, work: Work) -> None:
        if work.notes["moved"]:
            rows.replace_handles(write, dict(work.notes["moved"]))
            rules.queue_melting(write)


def add_snapshot(write: Write, row: Row[Any], snapshot_id: str, name: str, handle: str) -> None:
    """Keep a frozen state of a volume under a name."""
    write.connection.execute(
        insert(snapshots).values(
            id=snapshot_id, volume_id=row.id, name=name, handle=handle,
            size_bytes=row.size_bytes, created_at=utc_now(),
        )
    )  # fmt: skip
