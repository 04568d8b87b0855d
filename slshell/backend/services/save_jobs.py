"""The job that makes an appliance of a machine: write its disk out, check it like any image, register it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from slshell.backend.engines.base import Engine, Power
from slshell.backend.images import intake
from slshell.backend.services import records
from slshell.backend.services.catalogue_jobs import CatalogueJobs
from slshell.backend.services.jobs import JobKind, Step, Work
from slshell.backend.store.database import Write
from slshell.model.errors import Conflict, NotFound, SlshellError

_OFF = (Power.STOPPED, Power.CRASHED)


@dataclass(frozen=True, kw_only=True)
class SaveJobs(CatalogueJobs):
    """Makes the job kind `save`.

    The entry stays `importing` until the file in the catalogue is whole, so a daemon that dies leaves nothing
    that could be started half. The file that is written out has a name made beforehand.
    """

    engine: Engine

    def kinds(self) -> tuple[JobKind, ...]:
        """The one."""
        stoppable = self.arrivals.stoppable
        return (
            JobKind(
                name="save",
                steps=(
                    Step(name="write", run=stoppable(self._write)),
                    Step(name="check", run=stoppable(self._check_saved), done=self._ready),
                    Step(name="tidy", run=self._drop),
                ),
                failed=self._not_saved,
                attempts=6,
            ),
        )

    def _row(self, work: Work) -> Row[Any]:
        with self.catalogue.database.read() as connection:
            return records.instance_row(connection, work.instance_id or 0)

    def _write(self, work: Work) -> None:
        self._written(work)

    def _written(self, work: Work) -> Path:
        """The machine's disk as a file of its own, over no other."""
        row = self._row(work)
        power = self.engine.get(row.engine_id).power
        if power not in _OFF:
            raise Conflict(
                f"machine {row.id} is not off any more ({power})", hint="shut it down and save it again"
            )
        _, image = self.catalogue.boot_image(row.appliance_id)
        return self.engine.volumes.write_root(
            row.id, row.uuid, work.payload["export"], image.path, image.format, self._say(work)
        )

    def _check_saved(self, work: Work) -> None:
        # A daemon that starts removes files that it does not know, so it may have to be written again.
        path = self._written(work)
        work.notes["taken"] = intake.take_in(
            path, self.catalogue.folder, max_bytes=self._limit, progress=self._say(work)
        )
        row = self._row(work)
        try:
            base = self.catalogue.resolve(row.appliance_id)
        except NotFound as error:
            raise Conflict(f"the appliance of machine {row.id} is gone", hint="import it again") from error
        work.notes["values"] = {
            "title": work.payload["title"], "user": row.user, "context": base.context.value, "os": base.os,
            "os_version": base.os_version, "arch": base.arch, "min_ram_mib": base.min_ram_mib,
        }  # fmt: skip

    def _drop(self, work: Work) -> None:
        self.engine.volumes.drop_file(work.payload["export"])

    def _not_saved(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        self._drop(work)
        return self._failed(work, error)
