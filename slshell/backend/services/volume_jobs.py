"""The jobs of single volumes: making, growing, plugging, and bringing root disks back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from slshell.backend.engines.base import Engine
from slshell.backend.engines.volumes import DataDisk, Holder, Plug
from slshell.backend.services import attachments, records
from slshell.backend.services import volume_records as rows
from slshell.backend.services import volume_rules as rules
from slshell.backend.services.catalogue import Catalogue
from slshell.backend.services.jobs import JobKind, Overtaken, Step, Work
from slshell.backend.store.database import Database, Write
from slshell.model.errors import SlshellError
from slshell.model.event import Severity
from slshell.model.volume import VolumeState, serial_of

ATTEMPTS = 6
_WAITS = "the guest has not let go yet; detach it again if it does not"


@dataclass(frozen=True, kw_only=True)
class VolumeJobs:
    """Makes the kinds `volume-create`, `volume-resize`, `attach`, `detach` and `undelete`."""

    database: Database
    engine: Engine
    catalogue: Catalogue
    quarantine_hours: float

    def kinds(self) -> tuple[JobKind, ...]:
        """All of them."""
        return (
            JobKind(
                name="volume-create",
                steps=(Step(name="make", run=self._make, done=self._made),),
                failed=self.spoiled,
                attempts=ATTEMPTS,
            ),
            JobKind(
                name="volume-resize",
                steps=(Step(name="resize", run=self._resize, done=self._resized),),
                failed=self.complained,
                attempts=ATTEMPTS,
            ),
            JobKind(
                name="attach",
                steps=(Step(name="plug", run=self._plug, done=self._plugged),),
                failed=self._not_plugged,
            ),
            JobKind(
                name="detach",
                steps=(Step(name="unplug", run=self._unplug, done=self._unplugged),),
                failed=self._not_unplugged,
                attempts=ATTEMPTS,
            ),
            JobKind(
                name="undelete",
                steps=(
                    Step(name="copy", run=self._restore, done=self._restored),
                    Step(name="tidy", run=self._drop_retired),
                ),
                failed=self._not_restored,
                attempts=ATTEMPTS,
            ),
        )

    def row(self, work: Work) -> Row[Any]:
        """The volume that a job is for, as it now is."""
        with self.database.read() as connection:
            return rows.volume_row(connection, str(work.volume_id))

    def holder(self, row: Row[Any]) -> Holder | None:
        """The machine that has the volume plugged in."""
        if row.instance_id is None:
            return None
        with self.database.read() as connection:
            engine_id = records.instance_row(connection, row.instance_id).engine_id
        return Holder(engine_id=engine_id, volume_id=row.id)

    def sayer(self, volume_id: str) -> Callable[[str], None]:
        """Tells how far the work on a volume is."""

        def say(text: str) -> None:
            with self.database.write() as write:
                rows.say_progress(write, volume_id, text)

        return say

    def spoiled(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        """A volume could not be made: it stays to tell why."""
        reason = in_words(error)

        def record(write: Write) -> None:
            row = rows.volume_row(write.connection, str(work.volume_id))
            rows.change_volume(write, row.id, state=VolumeState.FAILED.value, reason=reason, progress="")
            rows.tell(write, row, f"failed: {reason}", severity=Severity.ERROR)

        return record

    def complained(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        """Something was not done to a volume, which is as it was."""
        reason = in_words(error)

        def record(write: Write) -> None:
            row = rows.volume_row(write.connection, str(work.volume_id))
            rows.change_volume(write, row.id, progress="", reason=reason)
            rows.tell(write, row, f"{work.kind} failed: {reason}", severity=Severity.ERROR)

        return record

    def _make(self, work: Work) -> None:
        row = self.row(work)
        work.notes["handle"] = self.engine.volumes.create(row.id, row.size_bytes)

    def _made(self, write: Write, work: Work) -> None:
        ready(write, str(work.volume_id), work.notes["handle"], self.engine)

    def _resize(self, work: Work) -> None:
        row = self.row(work)
        self.engine.volumes.resize(row.handle, work.payload["size"], self.holder(row))

    def _resized(self, write: Write, work: Work) -> None:
        row = rows.volume_row(write.connection, str(work.volume_id))
        # One that was asked for earlier may have made it larger than this one was to.
        size = max(row.size_bytes, work.payload["size"])
        rows.change_volume(write, row.id, size_bytes=size, progress="")
        rows.tell(write, row, f"has grown to {size >> 30} GiB")
        if row.instance_id is not None:
            attachments.resized(write, row.id, row.instance_id, size)

    def _plug(self, work: Work) -> None:
        row = self.row(work)
        holder = self.holder(row)
        if holder is None or row.state != VolumeState.ATTACHING.value:
            raise Overtaken(f"the volume is {row.state}")
        disk = DataDisk(volume_id=row.id, handle=row.handle, serial=serial_of(row.id))
        work.notes["device"] = self.engine.volumes.attach(holder.engine_id, disk)

    def _plugged(self, write: Write, work: Work) -> None:
        attachments.settle(write, str(work.volume_id), work.notes["device"])

    def _not_plugged(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        def record(write: Write) -> None:
            row = rows.volume_row(write.connection, str(work.volume_id))
            attachments.release(write, row.id, "was not attached and is released")
            reason = in_words(error)
            rows.change_volume(write, row.id, reason=reason)
            rows.tell(write, row, f"cannot be attached: {reason}", severity=Severity.ERROR)

        return record

    def _unplug(self, work: Work) -> None:
        row = self.row(work)
        holder = self.holder(row)
        if holder is None or row.instance_id != work.instance_id or row.state != VolumeState.DETACHING.value:
            raise Overtaken(f"the volume is {row.state}")
        work.notes["plug"] = self.engine.volumes.detach(holder.engine_id, row.id)

    def _unplugged(self, write: Write, work: Work) -> None:
        volume_id = str(work.volume_id)
        if work.notes["plug"] is Plug.OUT:
            attachments.release(write, volume_id)
            rules.queue_melting(write)
            return
        row = rows.volume_row(write.connection, volume_id)
        if row.reason != _WAITS:
            rows.change_volume(write, volume_id, reason=_WAITS)
            rows.tell(
                write, row, f"is still held: {_WAITS}", severity=Severity.WARNING,
                instance_id=row.instance_id,
            )  # fmt: skip

    def _not_unplugged(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        def record(write: Write) -> None:
            kept(write, str(work.volume_id), in_words(error))

        return record

    def _restore(self, work: Work) -> None:
        row = self.row(work)
        _, image = self.catalogue.boot_image(row.appliance_id)
        work.notes["handle"] = self.engine.volumes.restore(
            work.payload["retired"], row.id, row.size_bytes, image.path, image.format, self.sayer(row.id)
        )

    def _restored(self, write: Write, work: Work) -> None:
        ready(write, str(work.volume_id), work.notes["handle"], self.engine, appliance_id="")

    def _drop_retired(self, work: Work) -> None:
        self.engine.volumes.remove(work.payload["retired"], [])

    def _not_restored(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        """It stays in quarantine, for the next try."""
        record = self.complained(work, error)

        def back(write: Write) -> None:
            record(write)
            rules.quarantine(write, str(work.volume_id), self.quarantine_hours)

        return back


def ready(write: Write, volume_id: str, handle: str, engine: Engine, **values: Any) -> None:
    """A volume is made and can be used."""
    row = rows.volume_row(write.connection, volume_id)
    allocated = engine.volumes.usage([handle]).get(handle, 0)
    rows.change_volume(
        write, volume_id, state=VolumeState.AVAILABLE.value, handle=handle, allocated_bytes=allocated,
        progress="", reason="", **values,
    )  # fmt: skip
    rows.tell(write, row, "is available")


def kept(write: Write, volume_id: str, reason: str) -> None:
    """A guest would not let go of a volume: it has it as before."""
    row = rows.volume_row(write.connection, volume_id)
    if row.state == VolumeState.DETACHING.value:
        rows.change_volume(
            write, volume_id, state=VolumeState.ATTACHED.value, reason=f"not detached: {reason}"
        )
        rows.tell(
            write, row, f"was not detached: {reason}", severity=Severity.ERROR, instance_id=row.instance_id
        )


def in_words(error: SlshellError) -> str:
    """An error on one line, its hint in brackets."""
    return f"{error.message} ({error.hint})" if error.hint else error.message
