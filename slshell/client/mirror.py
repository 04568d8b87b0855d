"""`Mirror`: a live copy of a cloud's resources, kept by a thread of its own."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Condition, Event, Thread
from types import MappingProxyType
from typing import TypeVar

from slshell.client.cloud import Cloud
from slshell.model.appliance import Appliance
from slshell.model.cloud import Changes
from slshell.model.errors import SlshellError, TimedOut
from slshell.model.event import Event as CloudEvent
from slshell.model.event import Job, JobState
from slshell.model.instance import ENDED, Instance
from slshell.model.volume import Volume

WAIT_S = 20.0
BACK_OFF_S = (0.2, 5.0)
"""First and longest pause between attempts while the cloud is away; each is spread by half at random."""
CLOSE_S = 5.0
KEPT = 1000
"""Events and ended jobs kept in a picture, newest first to stay: one page of the interface."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The cloud at one revision. Nothing in it changes; a later picture is another object."""

    revision: int = 0
    instances: Mapping[int, Instance] = field(default_factory=lambda: MappingProxyType({}))
    """By id, those that have not ended."""
    appliances: Mapping[str, Appliance] = field(default_factory=lambda: MappingProxyType({}))
    volumes: Mapping[str, Volume] = field(default_factory=lambda: MappingProxyType({}))
    """By UUID, deleted ones too."""
    jobs: Mapping[int, Job] = field(default_factory=lambda: MappingProxyType({}))
    events: tuple[CloudEvent, ...] = ()
    """Oldest first, at most KEPT."""
    fresh_at: datetime | None = None
    """When the cloud last confirmed this picture; None before the first answer."""
    stale: str | None = None
    """Why the picture may be old, in words; None while the cloud answers."""


Subscriber = Callable[[Snapshot, Snapshot], None]


class Mirror:
    """Follows `/v1/changes`. Subscribers are called with (old, new) from the mirror's thread."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud.again()
        self._changed = Condition()
        self._snapshot = Snapshot()
        self._subscribers: list[Subscriber] = []
        self._closing = Event()
        self._thread = Thread(target=self._follow, name="mirror", daemon=True)

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture."""
        return self._snapshot

    def start(self) -> Mirror:
        """Begin to follow the cloud; answers itself."""
        self._thread.start()
        return self

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` (which must not raise) at every change; answers a function that ends that."""
        self._subscribers.append(subscriber)

        def unsubscribe() -> None:
            with suppress(ValueError):
                self._subscribers.remove(subscriber)

        return unsubscribe

    def wait_for(self, predicate: Callable[[Snapshot], bool], timeout: float | None = None) -> Snapshot:
        """The first picture for which `predicate` holds.

        Raises:
            TimedOut: none came within `timeout` seconds (None: no limit).
        """
        with self._changed:
            if not self._changed.wait_for(lambda: predicate(self._snapshot), timeout):
                raise TimedOut(f"what was awaited did not come within {timeout:g} s")
            return self._snapshot

    def close(self) -> None:
        """Stop following; a held request is broken off. Returns within CLOSE_S."""
        self._closing.set()
        deadline = time.monotonic() + CLOSE_S
        self._cloud.close()
        while self._thread.is_alive() and time.monotonic() < deadline:
            self._cloud.close()
            self._thread.join(timeout=0.1)

    def _follow(self) -> None:
        pause = BACK_OFF_S[0]
        while not self._closing.is_set():
            try:
                wait = WAIT_S if self._snapshot.stale is None and self._snapshot.fresh_at else 0.0
                changes = self._cloud.changes(self._snapshot.revision, wait)
            except SlshellError as error:
                if self._closing.is_set():
                    return
                self._publish(replace(self._snapshot, stale=error.message))
                self._closing.wait(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads retries only
                pause = min(pause * 2, BACK_OFF_S[1])
            else:
                pause = BACK_OFF_S[0]
                self._publish(applied(self._snapshot, changes, datetime.now(UTC)))

    def _publish(self, new: Snapshot) -> None:
        with self._changed:
            old, self._snapshot = self._snapshot, new
            self._changed.notify_all()
        if old.fresh_at and (old.revision, old.stale) == (new.revision, new.stale):
            return
        for subscriber in tuple(self._subscribers):
            subscriber(old, new)


def applied(old: Snapshot, changes: Changes, now: datetime) -> Snapshot:
    """The picture after `changes`; parts that did not change stay the same objects."""
    base = Snapshot() if changes.reset else old
    gone = {(each.kind, each.id) for each in changes.gone}
    return Snapshot(
        revision=changes.revision,
        instances=_merged(
            base.instances,
            {each.id: each for each in changes.instances},
            {number for number in base.instances if ("instance", str(number)) in gone}
            | {each.id for each in changes.instances if each.state in ENDED},
        ),
        appliances=_merged(
            base.appliances,
            {each.id: each for each in changes.appliances},
            {name for name in base.appliances if ("appliance", name) in gone},
        ),
        volumes=_merged(
            base.volumes,
            {each.id: each for each in changes.volumes},
            {number for number in base.volumes if ("volume", number) in gone},
        ),
        jobs=_jobs(base.jobs, changes, gone),
        events=_events(base.events, changes),
        fresh_at=now,
        stale=None,
    )


def _merged(old: Mapping[K, V], new: dict[K, V], gone: set[K]) -> Mapping[K, V]:
    if not new and not gone:
        return old
    merged = {**old, **new}
    for key in gone:
        merged.pop(key, None)
    return MappingProxyType(merged)


def _jobs(old: Mapping[int, Job], changes: Changes, gone: set[tuple[str, str]]) -> Mapping[int, Job]:
    merged = _merged(
        old,
        {each.id: each for each in changes.jobs},
        {number for number in old if ("job", str(number)) in gone},
    )
    ended = sorted(number for number, job in merged.items() if job.state in (JobState.DONE, JobState.FAILED))
    return _merged(merged, {}, set(ended[:-KEPT]) if len(ended) > KEPT else set())


def _events(old: tuple[CloudEvent, ...], changes: Changes) -> tuple[CloudEvent, ...]:
    if not changes.events:
        return old
    merged = {each.id: each for each in (*old, *changes.events)}
    return tuple(merged[number] for number in sorted(merged)[-KEPT:])
