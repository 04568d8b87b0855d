"""Many instances, made as rows in the database of a cloud that is down."""

from __future__ import annotations

import ipaddress
import uuid
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, update

from slshell.backend.services import hostkeys, lifecycle, records, volume_rules
from slshell.backend.store.database import Database
from slshell.backend.store.tables.base import utc_now
from slshell.backend.store.tables.cloud import cloud
from slshell.backend.store.tables.instances import instances
from slshell.backend.store.tables.volumes import volumes
from slshell.model.instance import State
from slshell.model.volume import Visibility, VolumeState

_FIRST_ADDRESS = ipaddress.IPv4Address("127.86.0.1")
_BOOT = (State.PENDING, State.PROLOG, State.BOOT, State.RUNNING, State.UNKNOWN)
_REASON = "the guest powered itself off"


def add_instances(data: Path, count: int) -> None:
    """Put `count` machines that are off into the database of the cloud in `data`."""
    database = Database(f"sqlite:///{data / 'cloud.db'}")
    database.prepare()
    now = utc_now()
    phases = lifecycle.moved_on((), State.PENDING, now)
    for place, state in enumerate(_BOOT[1:], 1):
        phases = lifecycle.moved_on(phases, state, now + timedelta(seconds=place))
    key = hostkeys.make()
    with database.write() as write:
        revision = write.revision
        write.connection.execute(update(cloud).values(last_instance_id=count, revision=revision + count))
        write.connection.execute(
            insert(instances),
            [
                {
                    "id": number, "uuid": str(uuid.uuid4()), "name": f"one-{number}",
                    "state": State.UNKNOWN.value, "reachable": False, "reason": _REASON, "progress": "",
                    "appliance": "ttylinux", "appliance_id": "BtSKdXa2SvHlSVTvgFgivIYDq--",
                    "type": "m1.small", "vcpu": 1, "ram_mib": 128, "swap_mib": 1024,
                    "address": str(_FIRST_ADDRESS + number), "ssh_port": 2222, "user": "root",
                    "host_key": key.public, "host_key_private": key.private, "keys": "[]", "context": "{}",
                    "phases": records.as_text(phases), "engine_id": "", "host": "", "owner": "root",
                    "request_id": uuid.uuid4().hex, "created_at": now, "revision": revision + number,
                }
                for number in range(1, count + 1)
            ],
        )  # fmt: skip
    database.close()


def add_volumes(data: Path, count: int) -> None:
    """Put `count` volumes that nobody uses into the database of the cloud in `data`; they have no files."""
    database = Database(f"sqlite:///{data / 'cloud.db'}")
    database.prepare()
    with database.write() as write:
        write.connection.execute(
            insert(volumes),
            [
                volume_rules.new_row("root", f"disk-{number}", Visibility.PUBLIC, 10 << 30)
                | {"state": VolumeState.AVAILABLE.value, "revision": write.revision}
                for number in range(1, count + 1)
            ],
        )
    database.close()
