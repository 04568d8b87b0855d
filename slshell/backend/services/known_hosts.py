"""The file with all machines' public host keys, for OpenSSH's `UserKnownHostsFile`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sqlalchemy import select

from slshell.backend.store.database import Database
from slshell.backend.store.tables.instances import instances
from slshell.model.instance import State

_LEAVING = (State.EPILOG.value, State.DONE.value)


def write(database: Database, path: Path) -> None:
    """Replace the file at once, so that no reader sees half of it."""
    columns = (instances.c.address, instances.c.ssh_port, instances.c.host_key)
    with database.read() as connection:
        rows = connection.execute(
            select(*columns).where(instances.c.state.not_in(_LEAVING)).order_by(instances.c.id)
        ).all()
    text = "".join(f"[{row.address}]:{row.ssh_port} {row.host_key}\n" for row in rows)
    handle, name = tempfile.mkstemp(prefix=".known_hosts-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
