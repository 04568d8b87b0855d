"""Images that are coming in, and how one is told to stop: the job that brings it in removes what it has."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select

from slshell.backend.images import stopping
from slshell.backend.images.stopping import Stopped, Stopper
from slshell.backend.services.catalogue import Catalogue
from slshell.backend.services.jobs import Parked, Work
from slshell.backend.store.tables.activity import jobs
from slshell.backend.store.tables.base import utc_now
from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.errors import Conflict
from slshell.model.event import JobState

PATIENCE_S = 10.0
"""How long a stop waits for its job; a server that is silent may keep one for longer."""


@dataclass
class _AtWork:
    stopper: Stopper = field(default_factory=Stopper)
    ended: threading.Event = field(default_factory=threading.Event)


class Arrivals:
    """The jobs of this daemon that bring images in, by number, and what stops each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[int, _AtWork] = {}
        self._closing = False

    def stoppable(self, run: Callable[[Work], None]) -> Callable[[Work], None]:
        """A step that ends early when its job is stopped; if the daemon ends, the next takes it up again."""

        def guarded(work: Work) -> None:
            stopper = self.stopper(work)
            try:
                stopper.check()
                with stopping.under(stopper):
                    run(work)
            except Stopped as error:
                if self._closing:
                    raise Parked(lambda _write: utc_now()) from error
                raise

        return guarded

    def stopper(self, work: Work) -> Stopper:
        """What stops this job, in all its steps."""
        one = self._job(work.id).stopper
        if self._closing:
            one.stop("the cloud goes down")
        return one

    def ended(self, work: Work) -> None:
        """A job has come to its end, and what became of it is recorded."""
        with self._lock:
            one = self._jobs.pop(work.id, None)
        if one is not None:
            one.ended.set()

    def close(self) -> None:
        """Stop all, for the daemon ends."""
        self._closing = True
        with self._lock:
            under_way = list(self._jobs.values())
        for one in under_way:
            one.stopper.stop("the cloud goes down")

    def stop(self, catalogue: Catalogue, appliance: Appliance) -> None:
        """End the coming in of an image; nothing of it stays but, of a published one, that it is listed.

        Raises:
            Conflict: it is here by now, or does not stop in time.
        """
        begun = select(jobs.c.id).where(
            jobs.c.appliance_id == appliance.id,
            jobs.c.state.in_((JobState.QUEUED.value, JobState.RUNNING.value)),
        )
        with catalogue.database.read() as connection:
            number = connection.execute(begun).scalar()
        if number is not None:
            # One that has not begun ends as soon as it does.
            one = self._job(number)
            one.stopper.stop("it was stopped")
            if not one.ended.wait(PATIENCE_S):
                raise Conflict(
                    f"{appliance.name} is told to stop, and has not yet",
                    hint="look at `slshell appliances` in a while",
                )
        if any(one.name == appliance.name and _is_here(one) for one in catalogue.all()):
            raise Conflict(f"{appliance.name} is here by now", hint="remove it again if it is to go")

    def _job(self, number: int) -> _AtWork:
        with self._lock:
            return self._jobs.setdefault(number, _AtWork())


def _is_here(appliance: Appliance) -> bool:
    return appliance.state is ApplianceState.READY
