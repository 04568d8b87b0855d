"""Measurements of running machines, sampled in the background and faster while somebody looks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from slshell.backend.engines.base import Engine, Sample
from slshell.backend.services.tracks import Tracks
from slshell.model.errors import SlshellError
from slshell.model.instance import Instance, Metrics, State

LOG = logging.getLogger(__name__)

WATCHED_S = 3.0
UNWATCHED_S = 60.0
INTEREST_S = 30.0


@dataclass(kw_only=True)
class Sampler:
    """Keeps newest samples, and tracks; reading them never waits for the hypervisor."""

    engine: Engine
    tracks: Tracks
    _samples: dict[int, Metrics] = field(default_factory=dict)
    _asked_at: float = 0.0
    _wakeup: threading.Event = field(default_factory=threading.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to sample."""
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self._wakeup.set()
        if self._thread is not None:
            self._thread.join(10)
            self.tracks.save()

    def _interested(self) -> None:
        idle = time.monotonic() - self._asked_at > INTEREST_S
        self._asked_at = time.monotonic()
        if idle:
            self._wakeup.set()

    def of(self, instances: Sequence[Instance]) -> list[Metrics]:
        """The measurements of those instances that run and were sampled."""
        self._interested()
        return [
            seen
            for one in instances
            if one.state in {State.RUNNING, State.SHUTDOWN}
            and (seen := self._samples.get(one.id)) is not None
        ]

    def fill(self, instances: Sequence[Instance]) -> list[Instance]:
        """The instances with their measurements filled in."""
        known = {one.id: one for one in self.of(instances)}
        return [
            one
            if (seen := known.get(one.id)) is None
            else msgspec.structs.replace(one, cpu_percent=seen.cpu_percent, memory_kib=seen.memory_kib)
            for one in instances
        ]

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._samples = {one.instance_id: _metrics(one) for one in self.engine.measure()}
            except SlshellError as error:
                LOG.info("no measurements: %s", error.message)
                self._samples = {}
            else:
                self.tracks.take(self._samples, time.time())
            self._wakeup.clear()
            watched = time.monotonic() - self._asked_at <= INTEREST_S
            self._wakeup.wait(WATCHED_S if watched else UNWATCHED_S)


def _metrics(sample: Sample) -> Metrics:
    return Metrics(
        id=sample.instance_id,
        cpu_percent=sample.cpu_percent,
        memory_kib=sample.memory_kib,
        disk_read_bytes=sample.disk_read_bytes,
        disk_write_bytes=sample.disk_write_bytes,
        packets_in=sample.packets_in,
        packets_out=sample.packets_out,
    )
