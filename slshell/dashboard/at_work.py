"""The command lines that run now, each with connections of its own so that it can be stopped alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from slshell.client.cloud import Cloud
from slshell.commands.environment import Environment
from slshell.commands.line import Result
from slshell.model.errors import Interrupted

SHOWN_AFTER_S = 1.0
"""Commands that end sooner are not worth a word on the strip."""


@dataclass(eq=False)
class Running:
    """One command line at work."""

    line: str
    environment: Environment
    """Its world; the calls that it makes to the cloud can be broken off."""
    cloud: Cloud
    began: float = field(default_factory=time.monotonic)
    stopped: bool = False
    ended: Callable[[Result], bool] = lambda _result: False
    """Shows what became of it where it was watched; False: nobody watches it."""

    def told(self, result: Result) -> Result:
        """What became of it; what a stopped one failed of is that it was stopped."""
        if not self.stopped or result.error is None:
            return result
        error = Interrupted(
            "stopped", hint="What the cloud had accepted by then goes on: 5 shows it, and undo may help."
        )
        return Result(
            exit_code=error.exit_code, output=result.output, notices="", data=result.data, error=error
        )


class AtWork:
    """All commands that this dashboard runs."""

    def __init__(self) -> None:
        self._running: list[Running] = []

    @property
    def running(self) -> Sequence[Running]:
        """Those that have not ended, the oldest first."""
        return tuple(self._running)

    @property
    def words(self) -> tuple[str, ...]:
        """A word on each that has worked for a while."""
        now = time.monotonic()
        return tuple(
            f":{each.line}" + (" stops" if each.stopped else "")
            for each in self._running
            if now - each.began >= SHOWN_AFTER_S
        )

    def begin(self, line: str, environment: Environment) -> Running:
        """A new one, in a world like `environment`."""
        own = environment.alone()
        found = Running(line, own, own.cloud)
        self._running.append(found)
        return found

    def stop(self, running: Running) -> None:
        """Break off what it waits for; it ends at its next word with the cloud at the latest."""
        running.stopped = True
        running.cloud.close()
        for break_off in tuple(running.environment.to_break):
            # Closing a session may wait for its thread, and keys must not.
            threading.Thread(target=break_off, name="stop", daemon=True).start()

    def ended(self, running: Running) -> None:
        """It is over, and its connections with it; what it leaves behind asks by those of its face."""
        running.cloud.close()
        if running in self._running:
            self._running.remove(running)
