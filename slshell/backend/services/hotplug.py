"""Plugging volumes into running machines and out of them: who may, when, and who holds what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from slshell.backend.services import attachments, records, rights
from slshell.backend.services import volume_records as rows
from slshell.backend.services import volume_rules as rules
from slshell.backend.services.storage import Storage
from slshell.backend.store.database import Database, Write
from slshell.model.errors import Conflict, NotAllowed, UsageError
from slshell.model.instance import State
from slshell.model.volume import AttachRequest, DetachRequest, DeviceReport, Volume, VolumeState

_DEVICE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789/")
_ON = frozenset({State.RUNNING, State.SHUTDOWN, State.BOOT})


@dataclass(frozen=True, kw_only=True)
class HotPlug:
    """Attaching and detaching. `wake` tells the job runners that there is work."""

    database: Database
    storage: Storage
    wake: Callable[[], None]

    def attach(self, volume_id: str, request: AttachRequest, caller: str) -> Volume:
        """Plug a volume into a running machine.

        Raises:
            Conflict: another machine has it, and which; or this one does not run.
        """
        with self.database.write() as write:
            # Taking the revision first makes writers queue, so that the holder is named as it now is.
            _ = write.revision
            row = rows.volume_row(write.connection, rules.checked_id(volume_id))
            rights.may_see(row, caller)
            instance = records.instance_row(write.connection, request.instance_id)
            if State(instance.state) is not State.RUNNING:
                raise Conflict(
                    f"instance {instance.id} is not in running state: it is {instance.state}",
                    hint="volumes are attached to Running machines; `slshell wait` waits for one",
                    details={"state": instance.state},
                )
            attachments.refuse_unavailable(row)
            rules.refuse_busy(write, row)
            attachments.claim(write, row, instance.id, at_launch=False)
            records.add_job(write, "attach", "plug", instance_id=instance.id, volume_id=row.id)
        return self._asked(volume_id, caller)

    def detach(self, volume_id: str, request: DetachRequest, caller: str) -> Volume:
        """Take a volume out of its machine; it stays held until the guest has let go.

        Raises:
            Conflict: it came with the machine's launch, is not attached there, or nobody has made sure
            that the guest does not use it.
        """
        with self.database.write() as write:
            row = rows.volume_row(write.connection, rules.checked_id(volume_id))
            rights.may_see(row, caller)
            self._refuse_detach(write, row, request, caller)
            rows.change_volume(write, row.id, state=VolumeState.DETACHING.value, reason="")
            rules.queue_detach(write, row)
        return self._asked(volume_id, caller)

    def name_device(self, volume_id: str, report: DeviceReport, caller: str) -> Volume:
        """Keep what the guest calls a volume.

        Raises:
            UsageError: that is no device. Conflict: that instance does not hold it.
        """
        if not report.device.startswith("/dev/") or set(report.device) - _DEVICE or len(report.device) > 32:
            raise UsageError("that is not the path of a disk", hint="for example /dev/vdc")
        with self.database.write() as write:
            rights.may_see(rows.volume_row(write.connection, rules.checked_id(volume_id)), caller)
            attachments.name_device(write, volume_id, report.instance_id, report.device)
        return self.storage.get(volume_id, caller)

    def _refuse_detach(self, write: Write, row: Row[Any], request: DetachRequest, caller: str) -> None:
        if row.instance_id != request.instance_id:
            where = f"it is held by instance {row.instance_id}" if row.instance_id else "nobody holds it"
            raise Conflict(
                f"volume {row.id} is not attached to instance {request.instance_id}: {where}",
                hint="slshell volumes shows who holds what",
                details={"holder": row.instance_id},
            )
        if row.at_launch:
            raise Conflict(
                f"volume {row.id} came with the launch of instance {row.instance_id} and cannot be detached",
                hint=f"slshell kill {row.instance_id} releases it",
                details={"holder": row.instance_id},
            )
        rules.refuse_unless(row, frozenset({VolumeState.ATTACHED, VolumeState.DETACHING}), "detach")
        instance = records.instance_row(write.connection, request.instance_id)
        if caller not in (row.owner, instance.owner):
            raise NotAllowed("Not enough rights to detach disk", hint="its owner and that of the machine can")
        runs = State(instance.state) in _ON
        if runs and not (request.guest_does_not_use_it or request.force):
            raise Conflict(
                "nobody has made sure that the guest does not use the volume",
                hint="unmount it in the guest first; QEMU would pull it out at once and ruin a mounted file "
                "system. Detach with force only when what is on it may be lost",
            )

    def _asked(self, volume_id: str, caller: str) -> Volume:
        self.wake()
        return self.storage.get(volume_id, caller)
