"""What was measured of each machine over its life, kept in a small file beside the database.

A daemon that is killed loses what it measured after the last save, and nothing else.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from slshell.model.instance import Metrics
from slshell.model.track import Track

LOG = logging.getLogger(__name__)
SAVE_S = 300.0


@dataclass(kw_only=True)
class Tracks:
    """The tracks of all machines that have run, by instance number."""

    file: Path
    living: Callable[[], Collection[int]]
    """The numbers of machines that have not ended; the tracks of others are dropped."""
    _known: dict[int, Track] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _saved_at: float = 0.0

    def load(self) -> None:
        """Take up what was saved; what cannot be read is left behind."""
        self._saved_at = time.monotonic()
        try:
            self._known = msgspec.json.decode(self.file.read_bytes(), type=dict[int, Track])
        except FileNotFoundError:
            return
        except (OSError, msgspec.DecodeError) as error:
            LOG.warning("the measurements of before are lost: %s", error)

    def take(self, measured: Mapping[int, Metrics], now: float) -> None:
        """Note what was measured at `now` (seconds since the epoch), and which machines are off since."""
        with self._lock:
            for number, seen in measured.items():
                self._known.setdefault(number, Track()).add(now, seen)
            for number, track in self._known.items():
                if number not in measured and not track.off:
                    track.add(now, None)
        if time.monotonic() - self._saved_at >= SAVE_S:
            self.save()

    def of(self, number: int) -> Track:
        """A copy of the track of a machine, maybe empty."""
        with self._lock:
            content = msgspec.json.encode(self._known.get(number, Track()))
        return msgspec.json.decode(content, type=Track)

    def save(self) -> None:
        """Write the tracks of machines that have not ended; no work depends on it."""
        self._saved_at = time.monotonic()
        living = set(self.living())
        with self._lock:
            self._known = {number: track for number, track in self._known.items() if number in living}
            content = msgspec.json.encode(self._known)
        new = self.file.with_suffix(".new")
        try:
            new.write_bytes(content)
            new.replace(self.file)
        except OSError as error:
            LOG.warning("the measurements are not kept: %s", error)
