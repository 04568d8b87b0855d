"""The jobs of an instance, step by step."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from slshell.backend.engines.base import Engine, Forward, MachineSpec, Power
from slshell.backend.engines.volumes import DataDisk
from slshell.backend.services import (
    attachments,
    contexts,
    launch_disks,
    records,
    retired,
    volume_rules,
    waiting_runs,
)
from slshell.backend.services.catalogue import Catalogue
from slshell.backend.services.consoles import Consoles
from slshell.backend.services.jobs import JobKind, Overtaken, Parked, Step, Work
from slshell.backend.services.lifecycle import Happening, allows
from slshell.backend.services.settings import Settings
from slshell.backend.services.trust import Trust
from slshell.backend.store.database import Database, Write
from slshell.backend.store.tables.base import utc_now
from slshell.model.errors import EngineFailed, SlshellError, TimedOut
from slshell.model.event import Severity
from slshell.model.instance import State
from slshell.model.volume import DiskKind, serial_of

LOG = logging.getLogger(__name__)
# With doubling pauses this is two minutes without a hypervisor.
ATTEMPTS = 6
_COMING_UP = (State.PENDING, State.PROLOG, State.BOOT)


@dataclass(frozen=True, kw_only=True)
class MachineJobs:
    """Makes the job kinds `run`, `start`, `shutdown`, `watch`, `reboot` and `kill`."""

    database: Database
    engine: Engine
    catalogue: Catalogue
    trust: Trust
    settings: Settings
    consoles: Consoles
    _began: datetime = field(default_factory=utc_now)

    def kinds(self) -> tuple[JobKind, ...]:
        """All of them."""
        start = Step(name="start", run=self._start)
        expose = Step(name="expose", run=self._expose, done=self._up)
        return (
            JobKind(
                name="run",
                steps=(
                    Step(name="accept", run=self._accept, done=self._claimed),
                    Step(name=waiting_runs.STEP, run=self._image, done=self._image_here),
                    Step(name="disks", run=self._disks),
                    Step(name="define", run=self._define, done=self._prepared),
                    start,
                    expose,
                ),
                failed=self._run_failed,
                attempts=ATTEMPTS,
            ),
            JobKind(name="start", steps=(start, expose), failed=self._start_failed, attempts=ATTEMPTS),
            JobKind(name="shutdown", steps=(Step(name="ask", run=self._shut_down, done=self._watch),)),
            JobKind(name="watch", steps=(Step(name="look", run=lambda _work: None, done=self._ignored),)),
            JobKind(name="reboot", steps=(Step(name="reset", run=self._reboot),), failed=self._complain),
            JobKind(
                name="kill",
                steps=(
                    Step(name="stop", run=self._stop),
                    Step(name="retire", run=self._retire, done=self._retired),
                    Step(name="remove", run=self._remove),
                    Step(name="release", run=lambda _work: None, done=self._released),
                ),
                failed=self._kill_failed,
                urgent=True,
            ),
        )

    def row(self, work: Work) -> Row[Any]:
        """The instance that a job is for, as it now is."""
        if work.instance_id is None:
            raise SlshellError(f"job {work.id} ({work.kind}) names no instance")
        with self.database.read() as connection:
            return records.instance_row(connection, work.instance_id)

    def _check_coming_up(self, work: Work) -> Row[Any]:
        row = self.row(work)
        if State(row.state) not in _COMING_UP:
            raise Overtaken(f"the instance is {row.state}")
        return row

    def _accept(self, work: Work) -> None:
        self._check_coming_up(work)

    def _claimed(self, write: Write, work: Work) -> None:
        self._move(write, work, Happening.CLAIMED)

    def _prepared(self, write: Write, work: Work) -> None:
        row = records.instance_row(write.connection, work.instance_id or 0)
        disks = launch_disks.with_root_size(records.instance_of(row).disks, work.notes["root_bytes"])
        records.change_instance(write, row.id, disks=records.as_text(disks))
        for one in attachments.volumes_of(write.connection, work.instance_id or 0):
            attachments.settle(write, one.id)
        self._move(
            write, work, Happening.PREPARED, engine_id=work.notes["engine_id"], host=work.notes["host"]
        )

    def _move(self, write: Write, work: Work, happening: Happening, **values: Any) -> None:
        """One transition, or nothing when the instance has moved on: the next step will notice."""
        row = records.instance_row(write.connection, work.instance_id or 0)
        if allows(State(row.state), happening):
            records.move(write, row.id, happening, **values)

    def _image(self, work: Work) -> None:
        row = self._check_coming_up(work)
        if not waiting_runs.is_here(self.database, row.id):
            self._wait_for_image(row)
        row = self._check_coming_up(work)
        self._trusted(row)
        self.catalogue.verify(row.appliance_id)

    def _wait_for_image(self, row: Row[Any]) -> None:
        """Give the worker back until the image is here; the time that no daemon ran does not count."""
        since = max(self._began, records.phases_of(row.phases)[-1].started_at)
        deadline = since + timedelta(seconds=self.settings.cloud.image_timeout_s)
        if utc_now() >= deadline:
            raise TimedOut(f"the appliance is still not ready ({row.progress})", hint="try again later")
        raise Parked(lambda write: waiting_runs.until(write, row.id, deadline))

    def _trusted(self, row: Row[Any]) -> None:
        """Ask the policy about every image that the machine is to have, also those that were here already."""
        statics = [one.source for one in records.instance_of(row).disks if one.kind is DiskKind.READ_ONLY]
        for identifier in (row.appliance_id, *statics):
            self.trust.check(self.catalogue.resolve(identifier))

    def _image_here(self, write: Write, work: Work) -> None:
        records.change_instance(write, work.instance_id or 0, progress="")

    def _spec(self, row: Row[Any]) -> MachineSpec:
        appliance, image = self.catalogue.boot_image(row.appliance_id)
        with self.database.read() as connection:
            method, parts = contexts.told(connection, row.id, appliance.context)
        disks = records.instance_of(row).disks
        images = {
            one.source: self.catalogue.boot_image(one.source)[1]
            for one in disks
            if one.kind is DiskKind.READ_ONLY
        }
        return MachineSpec(
            instance_id=row.id,
            name=row.name,
            uuid=row.uuid,
            vcpu=row.vcpu,
            ram_mib=row.ram_mib,
            swap_mib=row.swap_mib,
            image=image,
            discs=contexts.discs(row, method, parts),
            volatile=launch_disks.volatile_of(disks),
            volumes=self._volumes(row.id),
            statics=launch_disks.statics_of(disks, images),
        )

    def _volumes(self, instance_id: int) -> tuple[DataDisk, ...]:
        with self.database.read() as connection:
            held = attachments.volumes_of(connection, instance_id)
        return tuple(DataDisk(volume_id=one.id, handle=one.handle, serial=serial_of(one.id)) for one in held)

    def _disks(self, work: Work) -> None:
        self.engine.prepare_disks(self._spec(self._check_coming_up(work)))

    def _define(self, work: Work) -> None:
        spec = self._spec(self._check_coming_up(work))
        work.notes["engine_id"] = self.engine.define(spec)
        work.notes["root_bytes"] = spec.image.disk_bytes
        hosts = self.engine.hosts()
        work.notes["host"] = hosts[0].name if len(hosts) == 1 else ""

    def _start(self, work: Work) -> None:
        self.engine.start(self._check_coming_up(work).engine_id)

    def _expose(self, work: Work) -> None:
        row = self._check_coming_up(work)
        machine = self.engine.get(row.engine_id)
        if machine.power is Power.RUNNING:
            self.engine.expose(row.engine_id, [Forward(address=row.address, port=row.ssh_port)])
        work.notes["machine"] = machine

    def _up(self, write: Write, work: Work) -> None:
        machine = work.notes["machine"]
        if machine.power is Power.RUNNING:
            self._move(write, work, Happening.STARTED)
        else:
            reason = machine.reason or f"it went off at once ({machine.raw})"
            row = records.instance_row(write.connection, work.instance_id or 0)
            if allows(State(row.state), Happening.STOPPED):
                records.move(write, row.id, Happening.STOPPED, reason=reason)

    def _run_failed(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        row = self.row(work)
        reason, gone = _in_words(error), True
        try:
            self.consoles.keep(row)
            self.engine.delete(row.id, row.uuid)
        except SlshellError as second:
            gone = False
            LOG.warning("instance %s: clean-up failed: %s", row.id, second.message)
            reason += f" Clean-up failed as well: {second.message}"

        def record(write: Write) -> None:
            self._failed_move(write, work, Happening.FAILED, reason)
            # A machine that may still run has its volumes open; `kill` releases them.
            if gone:
                attachments.release_all(write, row.id)

        return record

    def _start_failed(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        row = self.row(work)
        reason = _in_words(error)
        try:
            self.engine.stop(row.engine_id)
        except SlshellError as second:
            LOG.warning("instance %s: stopping failed: %s", row.id, second.message)
            reason += f" Stopping it failed as well: {second.message}"
        return lambda write: self._failed_move(write, work, Happening.STOPPED, reason)

    def _kill_failed(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        return lambda write: self._failed_move(write, work, Happening.FAILED, _in_words(error))

    def _failed_move(self, write: Write, work: Work, happening: Happening, reason: str) -> None:
        row = records.instance_row(write.connection, work.instance_id or 0)
        if allows(State(row.state), happening):
            records.move(write, row.id, happening, reason=reason)

    def _complain(self, work: Work, error: SlshellError) -> Callable[[Write], None]:
        return lambda write: records.add_event(
            write, work.kind, f"{work.kind} failed: {_in_words(error)}",
            instance_id=work.instance_id, severity=Severity.ERROR,
        )  # fmt: skip

    def _shut_down(self, work: Work) -> None:
        row = self.row(work)
        if State(row.state) is not State.SHUTDOWN:
            raise Overtaken(f"the instance is {row.state}")
        self.engine.shutdown(row.engine_id)

    def _watch(self, write: Write, work: Work) -> None:
        patience = timedelta(seconds=self.settings.cloud.shutdown_timeout_s)
        records.add_job(write, "watch", "look", instance_id=work.instance_id, not_before=utc_now() + patience)

    def _ignored(self, write: Write, work: Work) -> None:
        row = records.instance_row(write.connection, work.instance_id or 0)
        if allows(State(row.state), Happening.SHUTDOWN_IGNORED):
            patience = int(self.settings.cloud.shutdown_timeout_s)
            reason = f"the guest did not power itself off within {patience} s; log in and do it, or kill it"
            records.move(write, row.id, Happening.SHUTDOWN_IGNORED, reason=reason)

    def _reboot(self, work: Work) -> None:
        self.engine.reboot(self.row(work).engine_id)

    def _stop(self, work: Work) -> None:
        row = self.row(work)
        if State(row.state) is not State.EPILOG:
            raise Overtaken(f"the instance is {row.state}")
        if row.engine_id:
            self.engine.stop(row.engine_id)

    def _remove(self, work: Work) -> None:
        row = self.row(work)
        self.engine.delete(row.id, row.uuid)

    def _retire(self, work: Work) -> None:
        """Put the root disk aside, if the machine ever ran and anything is kept at all."""
        row = self.row(work)
        ran = any(phase.name == State.RUNNING for phase in records.phases_of(row.phases))
        if ran and self.settings.cloud.quarantine_hours > 0:
            work.notes["retired"] = self.engine.volumes.retire(row.id, row.uuid)

    def _retired(self, write: Write, work: Work) -> None:
        handle = work.notes.get("retired")
        if handle is not None:
            row = records.instance_row(write.connection, work.instance_id or 0)
            size = self.engine.volumes.usage([handle]).get(handle, 0)
            retired.keep(write, row, handle, size, self.settings.cloud.quarantine_hours)

    def _released(self, write: Write, work: Work) -> None:
        if attachments.release_all(write, work.instance_id or 0):
            volume_rules.queue_melting(write)
        contexts.drop(write, work.instance_id or 0)
        self._move(write, work, Happening.RELEASED, host_key_private="")


def _in_words(error: SlshellError) -> str:
    if isinstance(error, EngineFailed) and not error.message:
        return "the hypervisor refused without a reason"
    return f"{error.message} ({error.hint})" if error.hint else error.message
