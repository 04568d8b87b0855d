"""What the dashboard remembers from one time to the next, a file for each profile."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import msgspec


class TableSession(msgspec.Struct, frozen=True, kw_only=True):
    """How one table was left."""

    sort_by: str = ""
    descending: bool = False
    filter: str = ""
    columns: tuple[str, ...] = ()
    """Ids in order; empty for the usual ones."""
    cursor: int | str | None = None
    """The key of the row under the cursor."""
    marks: tuple[int | str, ...] = ()
    """The keys of the marked rows."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """How the dashboard was left."""

    view: str = ""
    theme: str = ""
    theme_setting: str = ""
    """What the configuration asked for when `theme` was chosen; a change there wins."""
    detail: bool = True
    """The detail pane is not hidden."""
    split: int = 0
    """Share of the detail pane in percent; 0 is the usual one."""
    cloud: str = ""
    """The id of the cloud whose things are marked; another one under the same profile may reuse the keys."""
    tables: dict[str, TableSession] = {}
    """View id → its table."""


class SessionFile:
    """Reads and writes one profile's session; a file that cannot be used is put aside, never lost."""

    def __init__(self, folder: Path, profile: str) -> None:
        """`folder` need not exist; `profile` may be any text."""
        self.path = folder / "dashboard" / f"{quote(profile, safe='')}.json"
        self._written: Session | None = None

    def read(self) -> tuple[Session, str]:
        """The session, and what is to be told when there was a file that could not be used."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return Session(), ""
        except OSError as error:
            return Session(), f"{self.path} cannot be read: {error.strerror}"
        try:
            self._written = msgspec.json.decode(data, type=Session)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Session(), self._put_aside(str(error))
        return self._written, ""

    def write(self, session: Session) -> str:
        """Write it when it differs from what is there, whole or not at all; answers what went wrong."""
        if session == self._written:
            return ""
        data = msgspec.json.format(msgspec.json.encode(session), indent=1)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".session-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(name).replace(self.path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            return f"{self.path} cannot be written: {error.strerror}"
        self._written = session
        return ""

    def _put_aside(self, reason: str) -> str:
        aside = self.path.with_suffix(".broken")
        with suppress(OSError):
            self.path.replace(aside)
        return f"{self.path} is broken ({reason}). It is kept as {aside.name}, and all is as at first."


class TourFile:
    """Remembers that the user has been shown around."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "dashboard" / "toured"

    @property
    def due(self) -> bool:
        """Nobody has been shown around yet, and it can be remembered that somebody was."""
        if self.path.exists():
            return False
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        return os.access(self.path.parent, os.W_OK)

    def end(self) -> None:
        """Not again."""
        with suppress(OSError):
            self.path.touch()
