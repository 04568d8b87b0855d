"""Files of images that no appliance has: a daemon that died, or a removal that was cut short, left them."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
from sqlalchemy import select

from slshell.backend.engines.base import Engine
from slshell.backend.services import records
from slshell.backend.store.database import Database
from slshell.backend.store.tables.appliances import appliances
from slshell.backend.store.tables.instances import instances
from slshell.backend.store.tables.volumes import volumes
from slshell.model.ids import is_identifier
from slshell.model.instance import State
from slshell.model.volume import Disk

LOG = logging.getLogger(__name__)
_DISKS = msgspec.json.Decoder(tuple[Disk, ...])
_ENDINGS = frozenset({".img", ".vmlinuz", ".initrd"})


def sweep(database: Database, engine: Engine) -> None:
    """Remove them, before any job runs; what a machine or a disk may stand on stays."""
    strays = _strays(database, engine.image_folder)
    if not strays:
        return
    if _has_foundlings(database, engine):
        LOG.warning("%d files of images have no owner and stay: disks without one may need them", len(strays))
        return
    for path in strays:
        path.unlink(missing_ok=True)
    with database.write() as write:
        records.add_event(write, "image", f"{len(strays)} files of images that no appliance has were removed")


def _strays(database: Database, folder: Path) -> list[Path]:
    with database.read() as connection:
        known = set(connection.execute(select(appliances.c.id)).scalars())
        known |= set(connection.execute(select(volumes.c.appliance_id)).scalars())
        living = select(instances.c.appliance_id, instances.c.disks).where(
            instances.c.state != State.DONE.value
        )
        for row in connection.execute(living):
            known.add(row.appliance_id)
            known |= {disk.source for disk in _DISKS.decode(row.disks)}
    if not folder.is_dir():
        return []
    names = ((path, path.name.removesuffix(".part")) for path in sorted(folder.iterdir()))
    return [
        path
        for path, name in names
        if Path(name).suffix in _ENDINGS and is_identifier(Path(name).stem) and Path(name).stem not in known
    ]


def _has_foundlings(database: Database, engine: Engine) -> bool:
    """Whether the engine holds disks that no row knows, as it does under a database that was put back."""
    machines = {uuid for _, uuid in engine.leftovers()}
    disks = set(engine.volumes.retired())
    with database.read() as connection:
        rows = select(instances.c.uuid).where(instances.c.uuid.in_(machines))
        handles = select(volumes.c.handle).where(volumes.c.handle.in_(disks))
        known = {*connection.execute(rows).scalars(), *connection.execute(handles).scalars()}
    return not machines | disks <= known
