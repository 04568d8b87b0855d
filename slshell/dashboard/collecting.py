"""Python's garbage collector, run between keys instead of while they are answered."""

from __future__ import annotations

import gc
from asyncio import TimerHandle, get_running_loop

from textual.app import App
from textual.events import Event, InputEvent

ANSWERED_S = 0.03
"""After so long a key has been answered, and the next of a held key has not come yet."""
IDLE_S = 2.0
"""After so long without input a pause that could be felt is not."""
YOUNG = 2_000
"""New objects that are worth a round."""
ROUNDS = 10
"""Rounds after which those that outlived them are worth a longer one, as Python has it."""
MOST_YOUNG = 100_000
"""New objects after which a round is made at once, whoever waits: the bound of what is left lying."""


def calm_collector() -> None:
    """Keep the collector from holding up keys.

    It runs when objects are made, which is while keys are answered: with 10,000 machines its shorter rounds
    took 5 to 20 ms, and a full one 60 ms. What was imported stays anyway and is not looked at again.
    """
    gc.freeze()
    gc.set_threshold(MOST_YOUNG)


class Collecting(App[int]):
    """An app that collects garbage a moment after each key, and all of it when nobody types."""

    _answered: TimerHandle | None = None
    _idle: TimerHandle | None = None

    async def on_event(self, event: Event) -> None:
        """Collect soon after what the user does."""
        await super().on_event(event)
        if isinstance(event, InputEvent):
            loop = get_running_loop()
            if self._answered is None:
                self._answered = loop.call_later(ANSWERED_S, self._collect_young)
            if self._idle is not None:
                self._idle.cancel()
            self._idle = loop.call_later(IDLE_S, _collect_old)

    def _collect_young(self) -> None:
        self._answered = None
        young, middle, _ = gc.get_count()
        if middle > ROUNDS:
            gc.collect(1)
        elif young > YOUNG:
            gc.collect(0)


def _collect_old() -> None:
    if gc.get_count()[2] > ROUNDS:
        gc.collect()
