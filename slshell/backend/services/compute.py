"""Instances: what may be asked of them, checked before anything is made."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Row, insert, select, update

from slshell.backend.engines.base import Engine, Forward
from slshell.backend.services import (
    addresses,
    attachments,
    contexts,
    hostkeys,
    known_hosts,
    launch_disks,
    lifecycle,
    records,
    requests,
    rights,
    tags,
    volume_records,
    volume_rules,
)
from slshell.backend.services.catalogue import Catalogue
from slshell.backend.services.launch import Launch, checked_launch
from slshell.backend.services.lifecycle import Happening
from slshell.backend.services.offers import Offers
from slshell.backend.services.settings import Settings
from slshell.backend.services.space import SpaceService
from slshell.backend.store.database import Database, Write
from slshell.backend.store.tables.activity import jobs
from slshell.backend.store.tables.appliances import appliances
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.instances import instances
from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.errors import Conflict
from slshell.model.event import JobState
from slshell.model.instance import Instance, InstanceType, InstanceUpdate, RunRequest, State
from slshell.model.volume import GIB

_PLUGGING = ("attach", "detach")


@dataclass(frozen=True, kw_only=True)
class Compute:
    """The instance service. `wake` tells the job runner that there is work."""

    database: Database
    engine: Engine
    catalogue: Catalogue
    offers: Offers
    settings: Settings
    cloud_id: str
    known_hosts: Path
    space: SpaceService
    wake: Callable[[], None]

    def types(self) -> list[InstanceType]:
        """The machine sizes, each told whether it fits on this cloud's host."""
        room = self.engine.room()
        return [
            msgspec.structs.replace(one, fits=one.vcpu <= room.vcpu and one.ram_mib <= room.ram_mib)
            for one in self.settings.types.values()
        ]

    def get(self, instance_id: int) -> Instance:
        """One instance, ended ones too.

        Raises:
            NotFound: there is none with this number.
        """
        with self.database.read() as connection:
            return records.instance_of(records.instance_row(connection, instance_id))

    def run(self, request: RunRequest, owner: str) -> list[Instance]:
        """Accept instances: after this they exist, Pending, with their addresses; a job makes them run.

        Raises:
            UsageError, NotFound, NoCapacity, Conflict: it cannot work; nothing was made. NotAllowed: the
                policy does not let it run.
        """
        requests.checked(request.request_id)
        print_ = requests.fingerprint("run", request)
        with self.database.read() as connection:
            earlier = requests.served(connection, request.request_id, print_)
        if earlier is not None:
            return self._these(earlier)
        launch = checked_launch(
            request,
            self.offers.find(request.appliance),
            tuple(self.catalogue.resolve(one) for one in request.statics),
            self.settings,
            self.engine.room(),
        )
        if launch.volatile_gib:
            self.space.check(sum(launch.volatile_gib) * GIB * launch.count, "the volatile disks")
        for one in launch.statics:
            self.offers.check(one)
        endorser = self.offers.check(launch.appliance)
        launch = replace(launch, appliance=self.offers.bring_in(launch.appliance), endorser=endorser)
        keys = [hostkeys.make() for _ in range(launch.count)]
        with self.database.write() as write:
            # Taking the revision first makes writers queue, so the same request cannot be served twice.
            _ = write.revision
            earlier = requests.served(write.connection, request.request_id, print_)
            fetching = earlier is None and self.catalogue.want(write, launch.appliance.name)
            made = earlier or [
                str(self._insert(write, launch, owner, place, request.request_id, *where))
                for place, where in enumerate(zip(keys, self._addresses(write, launch.count), strict=True), 1)
            ]
            if earlier is None:
                requests.remember(write, request.request_id, print_, made)
        known_hosts.write(self.database, self.known_hosts)
        self.wake()
        if fetching:
            self.catalogue.wake()
        return self._these(made)

    def update(self, instance_id: int, change: InstanceUpdate) -> Instance:
        """Change the tags.

        Raises:
            NotFound, UsageError: nothing was changed.
        """
        with self.database.write() as write:
            row = records.instance_row(write.connection, instance_id)
            before = records.instance_of(row).tags
            after = tags.changed(before, change.add_tags, change.remove_tags)
            if after != before:
                write.connection.execute(
                    update(instances)
                    .where(instances.c.id == instance_id)
                    .values(tags=records.as_text(after), revision=write.revision)
                )
        return self.get(instance_id)

    def kill(self, instance_id: int) -> Instance:
        """Cut the power and give everything back; killing what is being killed changes nothing.

        Raises:
            NotFound, Conflict: there is no such instance, or it is Done.
        """
        with self.database.write() as write:
            row = records.instance_row(write.connection, instance_id)
            if State(row.state) is not State.EPILOG:
                records.move(write, instance_id, Happening.KILL_ASKED)
                self._overtake(write, instance_id)
                records.add_job(write, "kill", "stop", instance_id=instance_id)
        known_hosts.write(self.database, self.known_hosts)
        return self._asked(instance_id)

    def shutdown(self, instance_id: int) -> Instance:
        """Ask the guest to power itself off; it becomes Unknown when it has.

        Raises:
            NotFound, Conflict: there is no such instance, or it is not Running.
        """
        return self._ask(instance_id, Happening.SHUTDOWN_ASKED, "shutdown", "ask")

    def start(self, instance_id: int) -> Instance:
        """Boot an instance that is off, with the disks it had.

        Raises:
            NotFound, Conflict: there is no such instance, or it is not Unknown.
        """
        return self._ask(instance_id, Happening.START_ASKED, "start", "start")

    def reboot(self, instance_id: int) -> Instance:
        """Restart a running instance at once.

        Raises:
            NotFound, Conflict: there is no such instance, or it is not Running.
        """
        with self.database.write() as write:
            row = records.instance_row(write.connection, instance_id)
            if State(row.state) is not State.RUNNING:
                raise Conflict(
                    f"instance {instance_id} is {row.state}", hint="only a Running instance can be rebooted"
                )
            records.change_instance(write, instance_id, reachable=False)
            records.add_job(write, "reboot", "reset", instance_id=instance_id)
        return self._asked(instance_id)

    def _ask(self, instance_id: int, happening: Happening, kind: str, step: str) -> Instance:
        with self.database.write() as write:
            records.move(write, instance_id, happening)
            records.add_job(write, kind, step, instance_id=instance_id)
        return self._asked(instance_id)

    def _asked(self, instance_id: int) -> Instance:
        self.wake()
        return self.get(instance_id)

    def _these(self, ids: list[str]) -> list[Instance]:
        with self.database.read() as connection:
            return records.read_instances(connection, instances.c.id.in_([int(one) for one in ids]))

    def _overtake(self, write: Write, instance_id: int) -> None:
        """End what is queued for an instance that is being killed, but not the work on its volumes.

        A volume's layers may have been changed already, so that must be written down; and a save has to say
        itself that nothing came of its appliance.
        """
        its_own = (jobs.c.volume_id.is_(None) & (jobs.c.kind != "save")) | jobs.c.kind.in_(_PLUGGING)
        write.connection.execute(
            update(jobs)
            .where(jobs.c.instance_id == instance_id, jobs.c.state == JobState.QUEUED.value, its_own)
            .values(
                state=JobState.FAILED.value,
                error="overtaken by kill",
                updated_at=utc_now(),
                revision=write.revision,
            )
        )

    def _addresses(self, write: Write, count: int) -> list[str]:
        living = select(instances.c.address).where(instances.c.state != State.DONE.value)
        taken = set(write.connection.execute(living).scalars())
        return addresses.pick(
            self.cloud_id,
            count,
            taken,
            lambda address: self.engine.address_is_free(Forward(address=address, port=addresses.SSH_PORT)),
        )

    def _insert(
        self,
        write: Write,
        launch: Launch,
        owner: str,
        place: int,
        request_id: str,
        key: hostkeys.HostKey,
        address: str,
    ) -> int:
        number = write.next_instance_id()
        name = launch.name_of(number, place)
        self._refuse_taken_name(write, name)
        now = utc_now()
        phases = lifecycle.moved_on((), State.PENDING, now)
        held = [self._volume(write, one, owner) for one in launch.volumes]
        disks = launch_disks.placed(
            launch.appliance, launch.swap_mib, launch.volatile_gib, held, launch.statics
        )
        write.connection.execute(
            insert(instances).values(
                id=number, uuid=str(uuid.uuid4()), name=name, state=State.PENDING.value, reachable=False,
                reason="", progress="", appliance=launch.appliance.name,
                appliance_id=self._appliance_id(write, launch.appliance),
                type=launch.type, vcpu=launch.vcpu, ram_mib=launch.ram_mib, swap_mib=launch.swap_mib,
                address=address, ssh_port=addresses.SSH_PORT, user=launch.appliance.user,
                host_key=key.public, host_key_private=key.private, keys=records.as_text(launch.keys),
                context=records.as_text(launch.context), phases=records.as_text(phases), engine_id="",
                disks=records.as_text(disks), endorser=launch.endorser,
                host="", owner=owner, request_id=request_id, created_at=now, revision=write.revision,
                tags=records.as_text(launch.tags),
            )
        )  # fmt: skip
        contexts.keep(write, number, launch.context_method, launch.user_data)
        device_of = {disk.source: disk.device for disk in disks}
        for row in held:
            attachments.claim(write, row, number, at_launch=True, device=device_of[row.id])
        records.add_job(write, "run", "accept", instance_id=number)
        records.add_event(
            write, "state", f"instance {number} ({name}): {State.PENDING.value}", instance_id=number
        )
        return number

    def _volume(self, write: Write, volume_id: str, owner: str) -> Row[Any]:
        """A volume that the launch is to begin with, if it can."""
        row = volume_records.volume_row(write.connection, volume_rules.checked_id(volume_id))
        rights.may_see(row, owner)
        attachments.refuse_unavailable(row)
        volume_rules.refuse_busy(write, row)
        return row

    def _appliance_id(self, write: Write, appliance: Appliance) -> str:
        """The appliance's identifier now: an import that has ended since gave the entry its final one."""
        usable = (appliances.c.name == appliance.name) & (appliances.c.state != ApplianceState.FAILED.value)
        known = write.connection.execute(select(appliances.c.id).where(usable)).scalar_one_or_none()
        return appliance.id if known is None else str(known)

    def _refuse_taken_name(self, write: Write, name: str) -> None:
        holder = write.connection.execute(
            select(instances.c.id).where(instances.c.name == name, instances.c.state != State.DONE.value)
        ).scalar_one_or_none()
        if holder is not None:
            raise Conflict(
                f"the name “{name}” is taken by instance {holder}",
                hint=f"choose another name, or `slshell kill {holder}` first",
                details={"field": "name", "holder": holder},
            )
