"""The jobs that make volumes of files that were sent, and files of volumes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, update

from slshell.backend.images import intake
from slshell.backend.images.inspection import Content
from slshell.backend.services import records
from slshell.backend.services import volume_records as rows
from slshell.backend.services.jobs import JobKind, Step, Work
from slshell.backend.services.volume_files import VolumeFiles
from slshell.backend.services.volume_jobs import VolumeJobs, in_words, ready
from slshell.backend.store.database import Write
from slshell.backend.store.tables.volumes import exports
from slshell.model.errors import EngineFailed, SlshellError, TooLarge
from slshell.model.volume import GIB, ExportState


@dataclass(frozen=True, kw_only=True)
class VolumeFileJobs:
    """Makes the kinds `volume-import` and `volume-export`."""

    files: VolumeFiles
    volumes: VolumeJobs

    def kinds(self) -> tuple[JobKind, ...]:
        """Both of them."""
        return (
            JobKind(
                name="volume-import",
                steps=(
                    Step(name="check", run=self._check, done=self._checked),
                    Step(name="take", run=self._take, done=self._taken),
                    Step(name="tidy", run=self._tidy),
                ),
                failed=self._not_imported,
                attempts=1,
            ),
            JobKind(
                name="volume-export",
                steps=(Step(name="write", run=self._write, done=self._written),),
                failed=self._not_exported,
                attempts=1,
            ),
        )

    def _check(self, work: Work) -> None:
        """Verify what was sent, unpack it, and look into it before anything else opens it."""
        limit = self.files.settings.cloud.max_volume_gib * GIB
        taken = intake.take_in(
            self.files.part(str(work.volume_id)),
            self.files.taken(str(work.volume_id)),
            sha256=work.payload["sha256"],
            max_bytes=limit,
            progress=self.volumes.sayer(str(work.volume_id)),
            kind=Content.DATA,
        )
        if taken.disk_bytes > limit:
            raise TooLarge(
                f"the image says that its disk has {taken.disk_bytes / GIB:.0f} GiB",
                hint=f"volumes have at most {limit // GIB} GiB ([cloud] max_volume_gib)",
            )
        self.files.space.check(max(0, taken.disk_bytes - self.volumes.row(work).size_bytes), "the volume")
        work.payload |= {"path": str(taken.path), "format": taken.format, "size": taken.disk_bytes}

    def _checked(self, write: Write, work: Work) -> None:
        rows.change_volume(write, str(work.volume_id), size_bytes=work.payload["size"])
        records.change_payload(write, work.id, work.payload)

    def _take(self, work: Work) -> None:
        volume_id, payload = str(work.volume_id), work.payload
        work.notes["handle"] = self.volumes.engine.volumes.take_in(
            volume_id, Path(payload["path"]), payload["format"], payload["size"],
            self.volumes.sayer(volume_id),
        )  # fmt: skip

    def _taken(self, write: Write, work: Work) -> None:
        ready(write, str(work.volume_id), work.notes["handle"], self.volumes.engine)

    def _tidy(self, work: Work) -> None:
        self.files.drop_parts(str(work.volume_id))

    def _not_imported(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        self._tidy(work)
        return self.volumes.spoiled(work, error)

    def _write(self, work: Work) -> None:
        with self.files.database.read() as connection:
            row = connection.execute(select(exports).where(exports.c.id == work.payload["export"])).one()
        store, say = self.volumes.engine.volumes, self._sayer(row.id)
        path = store.write_out(row.handle, f"{row.id}.{row.format}", row.format, row.compress, say)
        say("summing up")
        work.notes["size"], work.notes["sha256"] = _summed(path)

    def _written(self, write: Write, work: Work) -> None:
        _change(
            write, work.payload["export"], state=ExportState.READY.value, progress="",
            size_bytes=work.notes["size"], sha256=work.notes["sha256"],
        )  # fmt: skip
        rows.say_progress(write, str(work.volume_id), "")

    def _not_exported(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        def record(write: Write) -> None:
            _change(
                write, work.payload["export"], state=ExportState.FAILED.value, progress="",
                reason=in_words(error),
            )  # fmt: skip
            rows.say_progress(write, str(work.volume_id), "")

        return record

    def _sayer(self, export_id: str) -> Callable[[str], None]:
        def say(text: str) -> None:
            with self.files.database.write() as write:
                row = write.connection.execute(select(exports).where(exports.c.id == export_id)).one()
                _change(write, export_id, progress=text)
                rows.say_progress(write, row.volume_id, f"export: {text}")

        return say


def _change(write: Write, export_id: str, **values: object) -> None:
    write.connection.execute(update(exports).where(exports.c.id == export_id).values(**values))


def _summed(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file that the machines' account made; a symlink of its is not followed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise EngineFailed(f"the written file cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        return os.fstat(descriptor).st_size, hashlib.file_digest(file, "sha256").hexdigest()
