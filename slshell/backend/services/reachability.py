"""Finding out when a running machine's SSH first answers."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field

from slshell.backend.services import lifecycle, records
from slshell.backend.store.database import Database
from slshell.backend.store.tables.base import utc_now
from slshell.model.errors import CloudUnreachable
from slshell.model.instance import State

LOG = logging.getLogger(__name__)

# QEMU accepts for the guest before the guest listens, so only SSH's own greeting proves anything.
GREETING = b"SSH-"

# A connection made before the guest listens is only told so after a second or more; a new one is faster.
FIRST_PATIENCE_S = 0.3
LONGEST_PATIENCE_S = 5.0
PATIENCE_GROWS_BY = 1.1
PAUSE_S = 0.1


@dataclass(kw_only=True)
class Reachability:
    """Probes on the server's event loop, one task an instance, until SSH answers or the machine is off."""

    database: Database
    _loop: asyncio.AbstractEventLoop | None = None
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use this loop from now on."""
        self._loop = loop

    def watch(self, instance_id: int) -> None:
        """Probe an instance; may be called from any thread and again and again."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._begin, instance_id)

    async def stop(self) -> None:
        """End all probes."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, instance_id: int) -> None:
        if instance_id not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._probe(instance_id))
            self._tasks[instance_id] = task
            task.add_done_callback(lambda _task: self._tasks.pop(instance_id, None))

    async def _probe(self, instance_id: int) -> None:
        while True:
            try:
                return await self._until_reached(instance_id)
            except CloudUnreachable as error:
                LOG.info("instance %s is not probed for now: %s", instance_id, error.message)
                await asyncio.sleep(LONGEST_PATIENCE_S)

    async def _until_reached(self, instance_id: int) -> None:
        patience = FIRST_PATIENCE_S
        while (target := await asyncio.to_thread(self._target, instance_id)) is not None:
            patience = min(patience * PATIENCE_GROWS_BY, LONGEST_PATIENCE_S)
            if await _greets(*target, patience):
                await asyncio.to_thread(self._reached, instance_id)
                return
            await asyncio.sleep(PAUSE_S)

    def _target(self, instance_id: int) -> tuple[str, int] | None:
        with self.database.read() as connection:
            row = records.instance_row(connection, instance_id)
        wanted = State(row.state) is State.RUNNING and not row.reachable
        return (row.address, row.ssh_port) if wanted else None

    def _reached(self, instance_id: int) -> None:
        with self.database.write() as write:
            row = records.instance_row(write.connection, instance_id)
            if State(row.state) is not State.RUNNING or row.reachable:
                return
            phases = lifecycle.answered(records.phases_of(row.phases), utc_now())
            records.change_instance(
                write, instance_id, reachable=True, reason="", phases=records.as_text(phases)
            )
            records.add_event(
                write, "reachable", f"instance {row.id} ({row.name}) answers over SSH", instance_id=row.id
            )


async def _greets(address: str, port: int, patience_s: float) -> bool:
    """Whether an SSH server says hello there within that time."""
    writer = None
    try:
        async with asyncio.timeout(patience_s):
            reader, writer = await asyncio.open_connection(address, port)
            return (await reader.read(255)).startswith(GREETING)
    except (OSError, TimeoutError):
        return False
    finally:
        if writer is not None:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
