"""Serial consoles: their logs, also those of failed machines, and who types on them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from slshell.backend.engines.base import Engine, Power
from slshell.backend.engines.consoles import ConsoleStream
from slshell.backend.services import records
from slshell.backend.store.database import Database
from slshell.backend.store.tables.base import utc_now
from slshell.model.errors import Conflict, NotFound, SlshellError
from slshell.model.instance import State

KEPT_BYTES = 256 << 10
"""What is kept of a machine that failed."""
KEPT_FILES = 100
LONGEST_NAME = 120
_OVER = frozenset({State.DONE, State.FAILED})
_LIVING = frozenset({Power.STARTING, Power.RUNNING, Power.PAUSED})
_SETTLE_S = 2.0
"""A console ends a moment before libvirt counts its machine as off."""
_LOOK_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Why a session on a console is over; `lost` when the machine goes on, so that opening again may help."""

    text: str
    lost: bool = False


class Session:
    """Somebody on a machine's console; to be closed by whoever opened it."""

    def __init__(self, owner: Consoles, row: Row[Any], who: str, stream: ConsoleStream) -> None:
        self.instance_id: int = row.id
        self.who = who
        self.begun: datetime = utc_now()
        self.taken_by = ""
        self._engine_id: str = row.engine_id
        self._owner = owner
        self._stream = stream

    def read(self) -> bytes:
        """The next bytes, empty at the end; waits."""
        return self._stream.read()

    def write(self, data: bytes) -> None:
        """Type; waits while the machine takes nothing."""
        self._stream.write(data)

    def close(self) -> None:
        """Let go of the console; may be called again."""
        self._stream.close()
        self._owner.forget(self)

    def ended(self) -> Ended:
        """Why `read` came to its end; may take a moment to find out."""
        if self.taken_by:
            return Ended(text=f"{self.taken_by} took the console over")
        if self._owner.runs(self._engine_id):
            reason = self._stream.reason
            return Ended(text="the console broke off" + (f": {reason}" if reason else ""), lost=True)
        return Ended(text=f"machine {self.instance_id} is off")


class Consoles:
    """The console service. `folder` keeps the last words of machines that failed."""

    def __init__(self, *, database: Database, engine: Engine, folder: Path) -> None:
        self._database = database
        self._engine = engine
        self.folder = folder
        self._lock = threading.Lock()
        self._held: dict[int, Session] = {}

    def open(self, instance_id: int, who: str, force: bool) -> Session:
        """Take a machine's console; with `force` from whoever has it.

        Raises:
            NotFound: there is no such instance. Conflict: it is off, or another has its console.
        """
        who = "".join(each if each.isprintable() else "?" for each in who)[:LONGEST_NAME] or "somebody"
        row = self._row(instance_id)
        with self._lock:
            held = self._held.get(instance_id)
            if held is not None and not force:
                raise Conflict(
                    f"{held.who} has been on the console of machine {instance_id} since "
                    f"{held.begun.astimezone():%d %b %H:%M}",
                    hint="--force takes it over; --log --follow watches along",
                    details={"holder": held.who, "since": held.begun.isoformat()},
                )
            if held is not None:
                held.taken_by = who
        if held is not None:
            held.close()
        session = Session(self, row, who, self._stream(row, force))
        with self._lock:
            if self._held.setdefault(instance_id, session) is session:
                return session
        session.close()
        raise Conflict(f"another was faster on the console of machine {instance_id}", hint="try again")

    def _stream(self, row: Row[Any], force: bool) -> ConsoleStream:
        if not row.engine_id or self._engine.get(row.engine_id).power not in _LIVING:
            raise Conflict(
                f"machine {row.id} is {row.state}: nobody answers on its console",
                hint=f"slshell console {row.id} --log shows what it said; slshell start {row.id} boots it",
            )
        try:
            return self._engine.open_console(row.engine_id, force=force)
        except Conflict as error:
            hint = error.hint or "--force takes it over"
            raise Conflict(f"machine {row.id}: {error.message}", hint=hint) from error

    def forget(self, session: Session) -> None:
        """A session is closed."""
        with self._lock:
            if self._held.get(session.instance_id) is session:
                del self._held[session.instance_id]

    def runs(self, engine_id: str) -> bool:
        """Whether a machine whose console has ended is still on."""
        deadline = time.monotonic() + _SETTLE_S
        while True:
            try:
                if self._engine.get(engine_id).power not in _LIVING:
                    return False
            except SlshellError:
                return True
            if time.monotonic() > deadline:
                return True
            time.sleep(_LOOK_S)

    def recent(self, instance_id: int, tail_bytes: int, lines: int | None = None) -> tuple[bytes, int]:
        """The last of what a machine wrote, at most so many bytes and lines, and the position behind it.

        Raises:
            NotFound: there is no such instance.
        """
        row = self._row(instance_id)
        blocks: list[bytes] = []
        try:
            data, position = self._read(row, -tail_bytes)
            while data:
                blocks.append(data)
                data, position = self._read(row, position)
        except NotFound:
            blocks, position = [self._kept(row.id)[-tail_bytes:]], 0
        return _last_lines(b"".join(blocks)[-tail_bytes:], lines), position

    def since(self, instance_id: int, position: int) -> tuple[bytes, int] | None:
        """What it wrote from there on, and the next position; None when it will never write more."""
        row = self._row(instance_id)
        over = State(row.state) in _OVER
        try:
            data, position = self._read(row, position)
        except NotFound:
            data = b""
        return None if over and not data else (data, position)

    def keep(self, row: Row[Any]) -> None:
        """Put the last words of a machine that failed aside, before the engine forgets it."""
        if not row.engine_id:
            return
        try:
            data = self._engine.console_log(row.engine_id, KEPT_BYTES)
        except NotFound:
            return
        if data:
            self._file(row.id).write_bytes(data)
        files = sorted(self.folder.glob("*.log"), key=lambda path: path.stat().st_mtime)
        for path in files[:-KEPT_FILES]:
            path.unlink(missing_ok=True)

    def _read(self, row: Row[Any], position: int) -> tuple[bytes, int]:
        if not row.engine_id:
            if State(row.state) in _OVER:
                raise NotFound(f"machine {row.id} never had a console")
            return b"", 0
        return self._engine.console_since(row.engine_id, position)

    def _kept(self, instance_id: int) -> bytes:
        try:
            return self._file(instance_id).read_bytes()
        except FileNotFoundError:
            return b""

    def _file(self, instance_id: int) -> Path:
        return self.folder / f"{instance_id}.log"

    def _row(self, instance_id: int) -> Row[Any]:
        with self._database.read() as connection:
            return records.instance_row(connection, instance_id)


def _last_lines(data: bytes, count: int | None) -> bytes:
    """The last lines; one that is not ended yet counts."""
    if count is None:
        return data
    begin = len(data) - 1 if data.endswith(b"\n") else len(data)
    for _ in range(count):
        begin = data.rfind(b"\n", 0, max(begin, 0))
        if begin < 0:
            return data
    return data[begin + 1 :]
