"""Looking after the storage: sizes, warnings, machines that wait for space, and what has lain long enough."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from slshell.backend.engines.base import Engine
from slshell.backend.services import records
from slshell.backend.services import volume_records as rows
from slshell.backend.services import volume_rules as rules
from slshell.backend.services.reconcile import PAUSED_FOR_DISK
from slshell.backend.services.space import RESERVE_BYTES, SpaceService
from slshell.backend.store.database import Database
from slshell.backend.store.tables.activity import jobs
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.instances import instances
from slshell.backend.store.tables.volumes import attachments, exports, volumes
from slshell.model.errors import SlshellError
from slshell.model.event import JobState, Severity
from slshell.model.volume import ExportState, VolumeState

LOG = logging.getLogger(__name__)

CALM_S = 60.0
TENSE_S = 2.0
"""The pause while a machine waits for space or for a guest to let go."""
KEPT_EXPORTS = timedelta(hours=24)


@dataclass(kw_only=True)
class StorageWatch:
    """A thread that looks at the storage now and then. `wake` tells the job runners that there is work."""

    database: Database
    engine: Engine
    space: SpaceService
    wake: Callable[[], None]
    _told: str = ""
    _stopping: threading.Event = field(default_factory=threading.Event)
    _nudged: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _warned: set[str] = field(default_factory=set)

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._run, name="storage-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self._nudged.set()
        if self._thread is not None:
            self._thread.join(10)

    def nudge(self) -> None:
        """Look again soon: a machine was paused, or a guest keeps a volume."""
        self._nudged.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause = CALM_S
            try:
                pause = self.look()
            except SlshellError as error:
                LOG.info("the storage cannot be looked at now: %s", error.message)
            except Exception:
                # A defect in one look must not end the looking: machines would wait for space for ever.
                LOG.exception("looking after the storage broke")
            self._nudged.wait(pause)
            self._nudged.clear()
            if pause == TENSE_S:
                self._stopping.wait(TENSE_S)

    def look(self) -> float:
        """Look once at everything; answers how long to wait before the next look."""
        self._measure()
        self._warn()
        self._purge_expired()
        self._drop_old_exports()
        self._report_strays()
        waiting = self._finish_detaching()
        starved = self._feed()
        return TENSE_S if waiting or starved else CALM_S

    def _measure(self) -> None:
        """Write down what volumes take on the disk now, where that has changed."""
        with self.database.read() as connection:
            known = connection.execute(
                select(volumes.c.id, volumes.c.handle, volumes.c.allocated_bytes).where(
                    volumes.c.handle != ""
                )
            ).all()
        usage = self.engine.volumes.usage([row.handle for row in known])
        changed = [
            (row.id, usage[row.handle])
            for row in known
            if row.handle in usage and usage[row.handle] != row.allocated_bytes
        ]
        if changed:
            with self.database.write() as write:
                for volume_id, size in changed:
                    rows.change_volume(write, volume_id, allocated_bytes=size)

    def _warn(self) -> None:
        """Tell once when the disk fills up, and once when it is well again."""
        warning = self.space.status().warning
        kind = warning.partition(":")[0]
        if kind == self._told:
            return
        before, self._told = self._told, kind
        if warning:
            self._tell(f"{warning}; slshell quarantine shows what can be purged", Severity.WARNING)
        elif before:
            self._tell("there is enough disk space again", Severity.INFO)

    def _purge_expired(self) -> None:
        with self.database.write() as write:
            expired = write.connection.execute(
                select(volumes).where(
                    volumes.c.state == VolumeState.DELETED.value, volumes.c.purge_at <= utc_now()
                )
            ).all()
            for row in expired:
                rules.begin_purge(write, row)
        if expired:
            self.wake()

    def _drop_old_exports(self) -> None:
        old = (exports.c.created_at < utc_now() - KEPT_EXPORTS) & (
            exports.c.state != ExportState.WRITING.value
        )
        with self.database.read() as connection:
            found = connection.execute(select(exports.c.id, exports.c.format).where(old)).all()
        for row in found:
            self.engine.volumes.drop_file(f"{row.id}.{row.format}")
            with self.database.write() as write:
                write.connection.execute(delete(exports).where(exports.c.id == row.id))

    def _report_strays(self) -> None:
        """Root disks that were put aside and that no row knows are told of, never removed."""
        strays = set(self.engine.volumes.retired()) - self._warned
        if not strays:
            return
        with self.database.read() as connection:
            known = set(connection.execute(select(volumes.c.handle)).scalars())
            under_way = select(jobs.c.id).where(
                jobs.c.kind.in_(["kill", "undelete"]),
                jobs.c.state.in_([JobState.QUEUED.value, JobState.RUNNING.value]),
            )
            if connection.execute(under_way.limit(1)).first() is not None:
                return
        for handle in strays - known:
            self._warned.add(handle)
            self._tell(f"a root disk ({handle}) has no owner; it was left alone", Severity.WARNING)

    def _finish_detaching(self) -> bool:
        """Release volumes whose guest has let go unheard; answers whether any are still waited for.

        A guest is never asked again by itself: it may have mounted the disk since somebody made sure.
        """
        with self.database.read() as connection:
            held: Sequence[Any] = connection.execute(
                select(volumes.c.id, attachments.c.instance_id, instances.c.engine_id)
                .join(attachments, attachments.c.volume_id == volumes.c.id)
                .join(instances, instances.c.id == attachments.c.instance_id)
                .where(volumes.c.state == VolumeState.DETACHING.value)
            ).all()
        gone = [row for row in held if row.id not in (self.engine.volumes.attached(row.engine_id) or ())]
        if gone:
            with self.database.write() as write:
                for row in gone:
                    rules.queue_detach(write, row)
            self.wake()
        return bool(held)

    def _feed(self) -> bool:
        """Let machines go on that were paused for want of space, once there is some; whether any wait."""
        with self.database.read() as connection:
            starved = connection.execute(
                select(instances.c.id, instances.c.engine_id).where(instances.c.reason == PAUSED_FOR_DISK)
            ).all()
        if starved and self.engine.volumes.space().free_bytes > RESERVE_BYTES:
            for row in starved:
                self.engine.resume(row.engine_id)
        return bool(starved)

    def _tell(self, text: str, severity: Severity) -> None:
        with self.database.write() as write:
            records.add_event(write, "storage", text, severity=severity)
