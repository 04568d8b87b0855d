"""Comparing what the database believes with what the engine says, and repairing the difference."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select

from slshell.backend.engines.base import Engine, EngineEvent, EngineEventKind, Forward, Machine, Power
from slshell.backend.services import housekeeping, records, volume_jobs, volume_records, volume_rules
from slshell.backend.services.jobs import Work
from slshell.backend.services.lifecycle import Happening, allows
from slshell.backend.store.database import Database, Write
from slshell.backend.store.tables.activity import jobs
from slshell.backend.store.tables.instances import instances
from slshell.model.errors import NotFound, SlshellError
from slshell.model.event import JobState, Severity
from slshell.model.instance import State
from slshell.model.volume import VolumeState

LOG = logging.getLogger(__name__)

_OFF = frozenset({Power.STOPPED, Power.CRASHED, Power.GONE})
_SHOULD_EXIST = (State.BOOT, State.RUNNING, State.SHUTDOWN, State.UNKNOWN)
COMPARE_EVERY_S = 60.0
_PAUSED = "paused: "
PAUSED_FOR_DISK = _PAUSED + "the host's disk is full or failing; it goes on when there is space again"
_SILENT = "it is off, and the hypervisor does not say why; perhaps the host was restarted"
_DECIDED_BY_JOBS = ("run", "start", "kill")


@dataclass(frozen=True, kw_only=True)
class Reconcile:
    """Follows the engine's events on a thread of its own. `up` is told of instances that run now."""

    database: Database
    engine: Engine
    up: Callable[[int], None]
    nudge: Callable[[], None] = lambda: None
    """Told when something about the storage needs looking after."""
    wake: Callable[[], None] = lambda: None
    """Told when there is a new job."""
    _events: queue.Queue[EngineEvent | None] = field(default_factory=queue.Queue)
    _thread: list[threading.Thread] = field(default_factory=list)
    _warned: set[str] = field(default_factory=set)

    def hear(self, event: EngineEvent) -> None:
        """Take an event from the engine's thread."""
        self._events.put(event)

    def start(self) -> None:
        """Begin to follow events, after one comparison of everything."""
        self.everything()
        thread = threading.Thread(target=self._follow, name="reconcile", daemon=True)
        self._thread.append(thread)
        thread.start()

    def stop(self) -> None:
        """Stop following."""
        self._events.put(None)
        for thread in self._thread:
            thread.join(10)

    def finished(self, work: Work) -> None:
        """Look at an instance after its job, for events were left to the job until now."""
        if work.instance_id is None:
            return
        with self.database.read() as connection:
            row = records.instance_row(connection, work.instance_id)
        if State(row.state) not in _SHOULD_EXIST or not row.engine_id:
            return
        try:
            self._compare(row.id, self.engine.get(row.engine_id))
        except SlshellError as error:
            LOG.warning("instance %s cannot be looked at: %s", row.id, error.message)

    def everything(self) -> None:
        """Compare all instances with all machines, repair, and report machines that nobody owns."""
        machines = {one.instance_id: one for one in self.engine.machines() if one.instance_id is not None}
        with self.database.read() as connection:
            rows = connection.execute(
                select(instances).where(instances.c.state.in_([state.value for state in _SHOULD_EXIST]))
            ).all()
        for row in rows:
            gone = Machine(
                engine_id=row.engine_id,
                instance_id=row.id,
                power=Power.GONE,
                raw="gone",
                reason="the hypervisor does not know it any more; its disks may be lost",
            )
            machine = machines.get(row.id, gone)
            if not _agree(row, machine):
                # A job may have made or started it since all were listed.
                now = self._now(machine) if machine.engine_id else machine
                self._compare(row.id, gone if now.power is Power.GONE else now)
        self._clear_leftovers()

    def _follow(self) -> None:
        while True:
            try:
                event = self._events.get(timeout=COMPARE_EVERY_S)
                if event is None:
                    return
                self._react(event)
            except queue.Empty:
                self._compare_again()
            except SlshellError as error:
                LOG.warning("an event could not be followed: %s", error.message)
            except Exception:
                # A defect in following one event must not end the following of all others.
                LOG.exception("following an event broke")

    def _compare_again(self) -> None:
        """Make up for events that were lost while the database or the hypervisor was away."""
        try:
            housekeeping.tidy(self.database)
            self.everything()
        except SlshellError as error:
            LOG.info("machines and instances cannot be compared now: %s", error.message)

    def _react(self, event: EngineEvent) -> None:
        if event.kind is EngineEventKind.RESTORED:
            self._tell("engine", "the hypervisor answers again", Severity.INFO)
            self.everything()
        elif event.kind is EngineEventKind.LOST:
            self._tell("engine", f"the hypervisor does not answer: {event.text}", Severity.WARNING)
        elif event.machine is None or event.machine.instance_id is None:
            LOG.info("an event of a machine that is not ours: %s", event)
        elif event.kind is EngineEventKind.REBOOTED:
            self._rebooted(event.machine.instance_id)
        elif event.kind in {EngineEventKind.DISK_GONE, EngineEventKind.DISK_KEPT}:
            self._unplugged(event.volume_id, gone=event.kind is EngineEventKind.DISK_GONE)
        else:
            self._compare(event.machine.instance_id, self._still(event.machine))

    def _still(self, machine: Machine) -> Machine:
        """The machine of an event, or as it is now if it went on or off since: it may be heard of late."""
        now = self._now(machine)
        return machine if (now.power in _OFF) == (machine.power in _OFF) else now

    def _now(self, machine: Machine) -> Machine:
        """A machine as it is now; as it was heard of where the hypervisor does not say."""
        try:
            return self.engine.get(machine.engine_id)
        except SlshellError as error:
            LOG.info("machine %s cannot be looked at again: %s", machine.engine_id, error.message)
            return machine

    def _compare(self, instance_id: int, machine: Machine) -> None:
        with self.database.write() as write:
            try:
                row = records.instance_row(write.connection, instance_id)
            except NotFound:
                LOG.warning("machine %s carries the number of an unknown instance", machine.engine_id)
                return
            if _job_decides(write, instance_id):
                return
            running = self._settle(write, row, machine)
        if running:
            try:
                self.engine.expose(machine.engine_id, [Forward(address=row.address, port=row.ssh_port)])
            except SlshellError as error:
                self._tell("network", f"instance {row.id}: {error.message}", Severity.ERROR, row.id)
            self.up(instance_id)

    def _settle(self, write: Write, row: Row[Any], machine: Machine) -> bool:
        """Bring one row in line; answers whether the machine runs."""
        state = State(row.state)
        if machine.power in _OFF:
            if state is not State.UNKNOWN and allows(state, Happening.STOPPED):
                records.move(write, row.id, Happening.STOPPED, reason=machine.reason or _SILENT)
            return False
        if machine.power is Power.PAUSED:
            self._note_pause(write, row, machine)
        if machine.power is not Power.RUNNING:
            return False
        if row.reason.startswith(_PAUSED):
            records.change_instance(write, row.id, reason="")
            records.add_event(write, "state", f"instance {row.id} ({row.name}) goes on", instance_id=row.id)
        if state in {State.BOOT, State.UNKNOWN}:
            records.move(write, row.id, Happening.STARTED)
        return state in _SHOULD_EXIST

    def _note_pause(self, write: Write, row: Row[Any], machine: Machine) -> None:
        """Tell that the hypervisor holds a machine still, which no state of the tutorial says."""
        reason = PAUSED_FOR_DISK if machine.starved else _PAUSED + (machine.reason or machine.raw)
        if State(row.state) in {State.RUNNING, State.SHUTDOWN} and row.reason != reason:
            records.change_instance(write, row.id, reason=reason)
            records.add_event(
                write, "state", f"instance {row.id} ({row.name}) is {reason}",
                instance_id=row.id, severity=Severity.WARNING,
            )  # fmt: skip
            self.nudge()

    def _unplugged(self, volume_id: str, *, gone: bool) -> None:
        """A guest has let go of a volume, so a job releases it; or it would not, so it is held as before."""
        with self.database.write() as write:
            try:
                row = volume_records.volume_row(write.connection, volume_id)
            except NotFound:
                return
            if row.state != VolumeState.DETACHING.value:
                return
            if gone:
                volume_rules.queue_detach(write, row)
            else:
                volume_jobs.kept(write, volume_id, "the guest would not let go")
        self.wake()

    def _rebooted(self, instance_id: int) -> None:
        with self.database.write() as write:
            row = records.instance_row(write.connection, instance_id)
            records.change_instance(write, instance_id, reachable=False)
            records.add_event(
                write, "reboot", f"instance {row.id} ({row.name}) restarted", instance_id=instance_id
            )
        self.up(instance_id)

    def _clear_leftovers(self) -> None:
        """Finish the removal of what is Done or Failed; report what no row knows."""
        # Asked before the table is read, for a row is always there before anything of its machine.
        held = list(self.engine.leftovers())
        with self.database.read() as connection:
            theirs = instances.c.uuid.in_([uuid for _, uuid in held])
            known = {
                row.uuid: row
                for row in connection.execute(
                    select(instances.c.uuid, instances.c.state, instances.c.phases).where(theirs)
                )
            }
            busy = set(
                connection.execute(
                    select(jobs.c.instance_id).where(
                        jobs.c.state.in_([JobState.QUEUED.value, JobState.RUNNING.value])
                    )
                ).scalars()
            )
        for instance_id, uuid in held:
            if uuid not in known:
                self._warn_once(
                    f"a machine or folder of instance {instance_id} ({uuid}) has no owner; it was left alone"
                )
            elif _nobody_wants(known[uuid]) and instance_id not in busy:
                self._clear(instance_id, uuid)

    def _clear(self, instance_id: int, uuid: str) -> None:
        """Remove one leftover; what cannot be removed must not keep the cloud from starting."""
        try:
            self.engine.delete(instance_id, uuid)
        except SlshellError as error:
            self._warn_once(f"what is left of instance {instance_id} cannot be removed: {error.message}")
        else:
            self._tell("engine", f"what was left of instance {instance_id} was removed", Severity.INFO)

    def _warn_once(self, text: str) -> None:
        """Say something that stays true, but not at every comparison."""
        if text not in self._warned:
            self._warned.add(text)
            self._tell("engine", text, Severity.WARNING)

    def _tell(self, kind: str, text: str, severity: Severity, instance_id: int | None = None) -> None:
        with self.database.write() as write:
            records.add_event(write, kind, text, severity=severity, instance_id=instance_id)


def _agree(row: Row[Any], machine: Machine) -> bool:
    """Whether an instance is off in the table and on the engine; that needs no transaction of its own."""
    return State(row.state) is State.UNKNOWN and machine.power in _OFF


def _nobody_wants(row: Any) -> bool:
    """Whether what is left of an instance can go; of one that ran only `kill` keeps the root disk."""
    if State(row.state) is State.FAILED:
        return all(phase.name != State.RUNNING for phase in records.phases_of(row.phases))
    return State(row.state) is State.DONE


def _job_decides(write: Write, instance_id: int) -> bool:
    """Whether a job that ends in a known state is under way for the instance."""
    return (
        write.connection.execute(
            select(jobs.c.id)
            .where(
                jobs.c.instance_id == instance_id,
                jobs.c.kind.in_(_DECIDED_BY_JOBS),
                jobs.c.state.in_([JobState.QUEUED.value, JobState.RUNNING.value]),
            )
            .limit(1)
        ).first()
        is not None
    )
