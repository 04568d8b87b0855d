"""The jobs that bring appliances in: `import` for users' images, `build` for the bundled ones."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from slshell.backend.appliances import builder, static
from slshell.backend.appliances import folder as appliances_folder
from slshell.backend.images import fetch, intake
from slshell.backend.images.cloud_images import known
from slshell.backend.images.inspection import Content
from slshell.backend.images.intake import TakenImage
from slshell.backend.images.stopping import Stopped
from slshell.backend.images.sums import Checksum
from slshell.backend.services import entry_import, published, records, waiting_runs
from slshell.backend.services.arrivals import Arrivals
from slshell.backend.services.catalogue import Catalogue
from slshell.backend.services.jobs import JobKind, Step, Work
from slshell.backend.services.settings import Settings
from slshell.backend.services.volume_rules import remove_path
from slshell.backend.store.database import Write
from slshell.backend.store.tables.activity import jobs
from slshell.backend.store.tables.appliances import appliances
from slshell.backend.store.tables.instances import instances
from slshell.model.appliance import ApplianceKind, ApplianceState, ContextMethod
from slshell.model.errors import CloudUnreachable, Conflict, SlshellError
from slshell.model.event import JobState, Severity

_GIB = 1024**3
IMAGE_PROGRESS_S = 2.0
DISC_DISK_GIB = 10
"""The empty disk beside a disc: what installers of today's distributions ask for at least."""
_FACT = 63
"""Characters that the table keeps of a system's name."""
_CONTENT = {ApplianceKind.MACHINE: Content.MACHINE, ApplianceKind.DISK: Content.STATIC}


@dataclass(frozen=True, kw_only=True)
class CatalogueJobs:
    """Makes the job kinds `import` and `build`; `uploads` is where downloads are kept until taken in."""

    catalogue: Catalogue
    settings: Settings
    uploads: Path
    arrivals: Arrivals

    def kinds(self) -> tuple[JobKind, ...]:
        """Both of them."""
        stoppable = self.arrivals.stoppable
        return (
            JobKind(
                name="import",
                steps=(
                    Step(name="fetch", run=stoppable(self._fetch), done=self._fetched),
                    Step(name="check", run=stoppable(self._check), done=self._ready),
                    Step(name="tidy", run=self._tidy),
                ),
                failed=self._failed,
                attempts=1,
            ),
            JobKind(
                name="build",
                steps=(Step(name="build", run=stoppable(self._build), done=self._ready),),
                failed=self._failed,
                attempts=1,
            ),
        )

    @property
    def _limit(self) -> int:
        return int(self.settings.cloud.max_image_gib * _GIB)

    def _source(self, work: Work) -> Path:
        if work.payload["is_url"]:
            return self.uploads / f"{work.appliance_id}.download"
        return Path(work.payload["source"])

    def drop_strays(self) -> None:
        """Remove what an interrupted upload or import left behind; what a job still needs stays."""
        under_way = select(jobs.c.appliance_id, jobs.c.payload).where(
            jobs.c.kind == "import", jobs.c.state.in_([JobState.QUEUED.value, JobState.RUNNING.value])
        )
        with self.catalogue.database.read() as connection:
            rows = connection.execute(under_way).all()
        kept = {Path(msgspec.json.decode(row.payload)["source"]).name for row in rows}
        kept |= {f"{row.appliance_id}.download{end}" for row in rows for end in ("", ".part", ".mark")}
        begun = [f"{published.identifier(name)}.download" for name in known().images]
        kept |= {f"{one}{end}" for one in begun for end in (".part", ".mark")}
        strays = [path for path in self.uploads.iterdir() if path.name not in kept]
        for path in (*strays, *self.catalogue.folder.glob(".taking-*")):
            remove_path(path)

    def _say(self, work: Work) -> Callable[[str], None]:
        """Tells the appliance how far it is, and more seldom those that wait for it: they may be many.

        What calls it is stopped by it, when the image is to come in no more.
        """
        told_at = -IMAGE_PROGRESS_S
        stopper = self.arrivals.stopper(work)

        def say(text: str) -> None:
            nonlocal told_at
            stopper.check()
            told = time.monotonic() - told_at >= IMAGE_PROGRESS_S
            self.catalogue.progress(str(work.appliance_id), text, told_to_machines=told)
            if told:
                told_at = time.monotonic()

        return say

    def _fetch(self, work: Work) -> None:
        if (entry := entry_import.entry_in(work.payload)) is not None:
            entry_import.fetch_any(entry, self._source(work), max_bytes=self._limit, progress=self._say(work))
            return
        name = work.payload.get("published")
        if name is not None:
            self._fetch_published(work, name)
        elif work.payload["is_url"]:
            self._download(work, work.payload["source"])

    def _fetch_published(self, work: Work, name: str) -> None:
        mirrors = self.settings.cloud.image_mirrors
        expected = published.checksum(name, mirrors)
        work.payload["checksum"] = [expected.algorithm, expected.digest]
        address = known().images[name].addresses(mirrors)[0]
        try:
            self._download(work, address)
        except SlshellError as error:
            raise published.unobtainable(name, address, error) from error

    def _download(self, work: Work, address: str) -> None:
        fetch.download(address, self._source(work), max_bytes=self._limit, progress=self._say(work))

    def _fetched(self, write: Write, work: Work) -> None:
        records.change_payload(write, work.id, work.payload)

    def _check(self, work: Work) -> None:
        taken = intake.take_in(
            self._source(work),
            self.catalogue.folder,
            sha256=work.payload["sha256"],
            checksum=Checksum(*work.payload["checksum"]) if "checksum" in work.payload else None,
            max_bytes=self._limit,
            progress=self._say(work),
            kind=_CONTENT[ApplianceKind(work.payload["kind"])],
        )
        asked = (work.payload.get("disk_gib") or (DISC_DISK_GIB if taken.format == "iso" else 0)) * _GIB
        work.notes["taken"] = taken
        work.notes["values"] = self._known_facts(work) | {
            "disk_bytes": asked if taken.format == "iso" else max(asked, taken.disk_bytes)
        }
        if (entry := entry_import.entry_in(work.payload)) is not None:
            work.notes["values"] |= {
                "title": entry.name, "os": entry.os[:_FACT], "os_version": entry.os_version[:_FACT],
                "arch": entry.arch[:_FACT],
            }  # fmt: skip

    def _known_facts(self, work: Work) -> dict[str, Any]:
        """What is known of the image from elsewhere; what the user said of it holds."""
        user = work.payload["user"]
        name = work.payload.get("published") or work.payload.get("like")
        if name is None or name not in known().images:
            return {"user": user or "root", "context": ContextMethod.BOTH.value}
        facts = published.facts(known().images[name])
        return facts | ({"user": user} if user else {})

    def _tidy(self, work: Work) -> None:
        fetch.forget(self._source(work))

    def _build(self, work: Work) -> None:
        if work.payload["kind"] == ApplianceKind.DISK:
            self._build_static(work)
            return
        built = builder.build(work.payload["recipe"], appliances_folder(), self._say(work))
        taken = intake.take_in(
            built.disk,
            self.catalogue.folder,
            sha256=built.sha256,
            max_bytes=self._limit,
            progress=self._say(work),
        )
        if built.starts_directly:
            _, kernel, initrd = self.catalogue.files(taken.identifier)
            _copy(built.kernel, kernel)
            _copy(built.initrd, initrd)
        work.notes["taken"] = taken
        work.notes["values"] = {
            "title": built.title, "user": built.user, "context": built.context.value, "os": built.os,
            "os_version": built.os_version, "arch": built.arch, "min_ram_mib": built.min_ram_mib,
            "cmdline": built.cmdline,
        }  # fmt: skip

    def _build_static(self, work: Work) -> None:
        with tempfile.TemporaryDirectory(prefix="static-", dir=self.uploads) as folder:
            image = static.build(Path(folder))
            work.notes["taken"] = intake.take_in(
                image, self.catalogue.folder, max_bytes=self._limit, kind=Content.STATIC
            )
        work.notes["values"] = {"title": static.TITLE}

    def _ready(self, write: Write, work: Work) -> None:
        taken: TakenImage = work.notes["taken"]
        if not taken.path.exists():
            raise Conflict("the image was purged while it came in", hint="import it again")
        self._refuse_second_entry(write, taken)
        row = write.connection.execute(
            select(appliances).where(appliances.c.id == work.appliance_id)
        ).one()  # fmt: skip
        self.catalogue.forget(write, row.id)
        values: dict[str, Any] = row._asdict() | {
            "id": taken.identifier, "state": ApplianceState.READY.value, "progress": "", "reason": "",
            "format": taken.format, "size_bytes": taken.size_bytes, "disk_bytes": taken.disk_bytes,
            "sha1": taken.sha1, "sha256": taken.sha256, "revision": write.revision,
        }  # fmt: skip
        write.connection.execute(insert(appliances).values(**(values | work.notes["values"])))
        write.connection.execute(
            update(instances)
            .where(instances.c.appliance_id == row.id)
            .values(appliance_id=taken.identifier, revision=write.revision)
        )
        waiting_runs.let_go_on(write, taken.identifier)
        records.add_event(write, "image", f"appliance {row.name} is ready ({taken.identifier})")

    def _refuse_second_entry(self, write: Write, taken: TakenImage) -> None:
        name = write.connection.execute(
            select(appliances.c.name).where(appliances.c.id == taken.identifier)
        ).scalar_one_or_none()
        if name is not None:
            raise Conflict(
                f"this image is already in the catalogue as {name} ({taken.identifier})",
                hint=f"start it with `slshell run {name}`",
            )

    def _failed(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        name = work.payload.get("published")
        # What came of a published image stays, so that the next who wants it need not begin anew.
        if work.kind == "import" and not (name and isinstance(error, CloudUnreachable)):
            self._tidy(work)
        reason = f"{error.message} ({error.hint})" if error.hint else error.message

        def record(write: Write) -> None:
            waiting_runs.let_go_on(write, str(work.appliance_id))
            if name is not None:
                published.give_up(write, str(work.appliance_id), reason)
                records.add_event(write, "image", f"fetch failed: {reason}", severity=Severity.ERROR)
                return
            if isinstance(error, Stopped):
                self.catalogue.forget(write, str(work.appliance_id))
                records.add_event(write, "image", f"the {work.kind} of an image was stopped")
                return
            write.connection.execute(
                update(appliances)
                .where(appliances.c.id == work.appliance_id)
                .values(
                    state=ApplianceState.FAILED.value, reason=reason, progress="", revision=write.revision
                )
            )
            records.add_event(write, "image", f"{work.kind} failed: {reason}", severity=Severity.ERROR)

        return record


def _copy(source: Path, target: Path) -> None:
    """Copy so that the target is whole or not there."""
    partial = target.with_suffix(target.suffix + ".part")
    shutil.copyfile(source, partial)
    partial.chmod(0o644)
    partial.replace(target)
