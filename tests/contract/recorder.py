"""Collects what an engine tells, and waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from slshell.backend.engines.base import EngineEvent, EngineEventKind, Power


class Recorder:
    """An `on_event` for `Engine.open`."""

    def __init__(self) -> None:
        self.events: list[EngineEvent] = []
        self._changed = threading.Condition()

    def __call__(self, event: EngineEvent) -> None:
        """Take an event."""
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def of(self, engine_id: str) -> list[EngineEvent]:
        """What was told of one machine so far."""
        return [event for event in self.events if event.machine and event.machine.engine_id == engine_id]

    def wait(self, holds: Callable[[EngineEvent], bool], patience_s: float = 15.0) -> EngineEvent:
        """The first event, past or to come, that holds."""
        deadline = time.monotonic() + patience_s
        with self._changed:
            while True:
                for event in self.events:
                    if holds(event):
                        return event
                left = deadline - time.monotonic()
                assert left > 0, f"no such event within {patience_s} s: {self.events[-8:]}"
                self._changed.wait(left)

    def power(self, engine_id: str, power: Power, patience_s: float = 15.0) -> EngineEvent:
        """The first event that says this of a machine."""
        return self.wait(
            lambda event: (
                event.machine is not None
                and (event.machine.engine_id, event.machine.power) == (engine_id, power)
            ),
            patience_s,
        )

    def kind(self, kind: EngineEventKind, patience_s: float = 15.0) -> EngineEvent:
        """The first event of a kind."""
        return self.wait(lambda event: event.kind is kind, patience_s)
