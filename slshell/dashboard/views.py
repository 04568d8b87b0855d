"""The views of the dashboard: what each shows, and on which key. A new view is one entry of VIEWS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from slshell.client.mirror import Snapshot
from slshell.dashboard.columns import activity
from slshell.dashboard.columns.activity import ACTIVITY
from slshell.dashboard.columns.appliances import APPLIANCES
from slshell.dashboard.columns.base import Renderer
from slshell.dashboard.columns.hosts import HOSTS
from slshell.dashboard.columns.instances import INSTANCES
from slshell.dashboard.columns.sessions import SESSIONS, SessionRow
from slshell.dashboard.columns.volumes import VOLUMES
from slshell.model.appliance import Appliance
from slshell.model.cloud import CloudStatus
from slshell.model.entry import ApplianceFacts
from slshell.model.host import Host
from slshell.model.instance import Instance, InstanceType, Metrics, State
from slshell.model.track import Track
from slshell.model.volume import QUARANTINED, StorageStatus


@dataclass
class Picture:
    """All that the screen knows of the cloud; handlers put in what messages bring."""

    snapshot: Snapshot = field(default_factory=Snapshot)
    hosts: tuple[Host, ...] = ()
    status: CloudStatus | None = None
    storage: StorageStatus | None = None
    types: tuple[InstanceType, ...] = ()
    metrics: dict[int, Metrics] = field(default_factory=dict)
    offered: tuple[Appliance, ...] = ()
    """What entries of the catalogue offer to what the view of appliances is narrowed to."""
    facts: tuple[str, ApplianceFacts | None] = ("", None)
    """What the cloud told of one image, and the identifier or name by which it was asked."""
    console: tuple[int, str] = (0, "")
    track: tuple[int, Track] = (0, Track())
    """What was measured of one machine, which is named by its id."""
    _kept: tuple[object, int] = (None, 0)
    """What was counted last, and of what: thousands are not counted again for each frame."""
    _counts: tuple[object, tuple[tuple[State, int], ...]] = (None, ())
    sessions: tuple[SessionRow, ...] = ()
    _merged: dict[int, tuple[Instance, Metrics, Instance]] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """The cloud has answered at least once."""
        return self.snapshot.fresh_at is not None

    def take(self, snapshot: Snapshot) -> None:
        """Take a new picture and forget the measurements of machines that are gone."""
        self.snapshot = snapshot
        for number in self.metrics.keys() - snapshot.instances.keys():
            del self.metrics[number]
            self._merged.pop(number, None)

    def measured(self, metrics: Iterable[Metrics]) -> bool:
        """Take new measurements; answers whether any of them is another than before."""
        new = {each.id: each for each in metrics if self.metrics.get(each.id) != each}
        self.metrics.update(new)
        return bool(new)

    def instances(self) -> list[Instance]:
        """Instances with their newest measurements; unchanged ones stay the same objects."""
        if not self.metrics:
            return list(self.snapshot.instances.values())
        return [self.instance(number) for number in self.snapshot.instances]

    def appliances(self) -> list[Appliance]:
        """Those that are held, then those that entries offer beside them."""
        held = self.snapshot.appliances
        return [*held.values(), *(each for each in self.offered if each.id not in held)]

    def volumes_kept(self) -> int:
        """How many volumes there are, those in quarantine left out."""
        known, kept = self._kept
        if known is not self.snapshot.volumes:
            kept = sum(each.state not in QUARANTINED for each in self.snapshot.volumes.values())
            self._kept = (self.snapshot.volumes, kept)
        return kept

    def counts(self) -> tuple[tuple[State, int], ...]:
        """Machines by state, in the order of a life; states without any are left out."""
        known, counts = self._counts
        if known is not self.snapshot.instances:
            found = Counter(instance.state for instance in self.snapshot.instances.values())
            counts = tuple((state, found[state]) for state in State if found[state])
            self._counts = (self.snapshot.instances, counts)
        return counts

    def instance(self, number: int) -> Instance:
        """One instance with its newest measurements; KeyError when there is none."""
        row, metrics = self.snapshot.instances[number], self.metrics.get(number)
        if metrics is None:
            return row
        known = self._merged.get(number)
        if known is None or known[0] is not row or known[1] != metrics:
            new = msgspec.structs.replace(row, cpu_percent=metrics.cpu_percent, memory_kib=metrics.memory_kib)
            known = self._merged[number] = (row, metrics, new)
        return known[2]

    def missed(self) -> str:
        """A bell where one rang in a session, a sign where one has output that nobody has seen."""
        return max((each.mark for each in self.sessions), default="")

    def activity(self) -> list[activity.Activity]:
        """Events and jobs as lines."""
        snapshot = self.snapshot
        lines = [activity.of_event(event, snapshot) for event in snapshot.events]
        return lines + [activity.of_job(job, snapshot) for job in snapshot.jobs.values()]


@dataclass(frozen=True)
class View:
    """One view: its key, what a row is, where the rows come from and how many there are."""

    key: str
    renderer: Renderer[Any]
    rows: Callable[[Picture], Iterable[Any]]
    count: Callable[[Picture], int | None]
    """The number behind its name; None shows none."""
    mark: Callable[[Picture], str] = lambda _: ""
    """What is new in it, as a sign behind the number."""

    @property
    def id(self) -> str:
        """The id of the view, of its table and of what it shows."""
        return self.renderer.id


VIEWS: tuple[View, ...] = (
    View("1", INSTANCES, Picture.instances, lambda picture: len(picture.snapshot.instances)),
    View("2", VOLUMES, lambda picture: picture.snapshot.volumes.values(), Picture.volumes_kept),
    View(
        "3", APPLIANCES, Picture.appliances,
        lambda picture: len(picture.snapshot.appliances),
    ),
    View("4", HOSTS, lambda picture: picture.hosts, lambda picture: len(picture.hosts)),
    View("5", ACTIVITY, Picture.activity, lambda _: None),
    View(
        "6", SESSIONS, lambda picture: picture.sessions, lambda picture: len(picture.sessions),
        Picture.missed,
    ),
)  # fmt: skip

BY_ID: Mapping[str, View] = {view.id: view for view in VIEWS}
