"""`Feed`: brings the mirror's pictures and the measurements of what is on screen to the app, as messages."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Thread

from textual.message import Message

from slshell.client.cloud import Cloud
from slshell.client.mirror import Mirror, Snapshot
from slshell.dashboard import messages
from slshell.dashboard.searching import Searching
from slshell.model.appliance import Appliance
from slshell.model.errors import CloudUnreachable, NotFound, SlshellError
from slshell.model.track import Track

METRICS_S = 2.0
HOSTS_S = 5.0
AWAY_S = 30.0
"""The pause while the terminal has not the focus."""
PACE_S = 0.25
"""The shortest pause between two rounds, however fast the cursor moves or machines change."""
CONSOLE_TAIL = 4096
CLOSE_S = 3.0
RAISE_S = 30.0
"""The pause after a start that failed."""

BringUp = Callable[[bool], None]
"""Starts the cloud when it ought to run; the argument is true the first time."""


@dataclass(frozen=True)
class Watch:
    """What is worth measuring now."""

    instances: tuple[int, ...] = ()
    console: int | None = None
    """The machine whose console and track are shown."""
    away: bool = False
    words: str | None = None
    """What is looked for in the catalogue; None: nobody looks at it."""


class Feed:
    """Two threads: the mirror's own, and one that measures. Both only post messages."""

    def __init__(self, cloud: Cloud, post: Callable[[Message], object], bring_up: BringUp) -> None:
        """`cloud` is followed and never started by that; `bring_up` starts it when it ought to run."""
        self.mirror = Mirror(cloud)
        self._bring_up = bring_up
        self._cloud = cloud.again()
        self._post = post
        self._watch = Watch()
        self._wake = Event()
        self._closing = Event()
        self._thread = Thread(target=self._measure, name="measurements", daemon=True)
        self._seen_console: tuple[int, bytes] | None = None
        self._seen_track: tuple[int, Track] | None = None
        self._wondered = ""
        """An identifier or name of an image that somebody is about to start."""
        self._told: tuple[str, Mapping[str, Appliance]] = ("", {})
        self._hosts_due = 0.0
        self._types_known = False
        self._searching = Searching(self._cloud, post)
        self._steps = (
            self._types, self._hosts, self._metrics, self._track, self._console, self._search, self._facts,
        )  # fmt: skip
        self._following = False
        self._raise_due = 0.0

    def start(self) -> None:
        """Begin; the first messages come when the cloud answers."""
        self.mirror.subscribe(self._snapshot)
        self._thread.start()

    def watch(self, watch: Watch) -> None:
        """Measure these from now on; a change is measured at once."""
        if watch != self._watch:
            self._watch = watch
            self._wake.set()

    def look_up(self, reference: str) -> None:
        """Ask what is known of an image, at once; asked again when the appliances change."""
        if reference != self._wondered:
            self._wondered = reference
            self._wake.set()

    def close(self) -> None:
        """End both threads, breaking off what they wait for."""
        self._closing.set()
        self._wake.set()
        self._cloud.close()
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)
        if self._following:
            self.mirror.close()

    def _snapshot(self, old: Snapshot, new: Snapshot) -> None:
        if old.instances is not new.instances or old.stale != new.stale:
            self._hosts_due = 0.0
            self._wake.set()
        self._post(messages.SnapshotChanged(new))

    def _measure(self) -> None:
        self._raise(first=True)
        if self._closing.is_set():
            return
        self._following = True
        self.mirror.start()
        while not self._closing.is_set():
            if self.mirror.snapshot.stale is not None:
                self._raise(first=False)
            watch, snapshot = self._watch, self.mirror.snapshot
            if snapshot.fresh_at is not None and snapshot.stale is None:
                for step in self._steps:
                    self._attempt(step, watch)
            self._wake.wait(AWAY_S if watch.away else METRICS_S)
            self._wake.clear()
            self._closing.wait(PACE_S)

    def _raise(self, *, first: bool) -> None:
        """Start the cloud when it should run and does not; a failure is told once and tried again later."""
        if time.monotonic() < self._raise_due:
            return
        try:
            self._bring_up(first)
        except SlshellError as error:
            self._raise_due = time.monotonic() + RAISE_S
            self._post(messages.StartFailed(error.message, error.hint))

    def _attempt(self, step: Callable[[Watch], None], watch: Watch) -> None:
        """One question; that the cloud or the machine is gone is the mirror's to say."""
        try:
            step(watch)
        except (CloudUnreachable, NotFound):
            self._hosts_due = 0.0
        except SlshellError as error:
            self._post(messages.MeasuringFailed(error.message))

    def _types(self, _watch: Watch) -> None:
        if not self._types_known:
            self._post(messages.TypesTaken(tuple(self._cloud.types())))
            self._types_known = True

    def _hosts(self, _watch: Watch) -> None:
        if time.monotonic() >= self._hosts_due:
            self._hosts_due = time.monotonic() + HOSTS_S
            status = self._cloud.status()
            storage = self._cloud.storage()
            self._post(messages.HostsTaken(tuple(self._cloud.hosts()), status, storage))

    def _metrics(self, watch: Watch) -> None:
        if watch.instances:
            self._post(messages.MetricsTaken(tuple(self._cloud.metrics(watch.instances))))

    def _track(self, watch: Watch) -> None:
        if watch.console is not None:
            track = self._cloud.track(watch.console)
            if self._seen_track != (watch.console, track):
                self._seen_track = (watch.console, track)
                self._post(messages.TrackRead(watch.console, track))

    def _search(self, watch: Watch) -> None:
        self._searching.look(watch.words, self.mirror.snapshot.revision)

    def _facts(self, _watch: Watch) -> None:
        asked = (self._wondered, self.mirror.snapshot.appliances)
        if not asked[0] or (self._told[0] == asked[0] and self._told[1] is asked[1]):
            return
        try:
            facts = self._cloud.facts(asked[0])
        except NotFound:
            facts = None
        self._told = asked
        self._post(messages.FactsRead(asked[0], facts))

    def _console(self, watch: Watch) -> None:
        if watch.console is not None:
            console = self._cloud.console(watch.console, tail=CONSOLE_TAIL)
            if self._seen_console != (watch.console, console):
                self._seen_console = (watch.console, console)
                self._post(messages.ConsoleRead(watch.console, console.decode("utf-8", "replace")))
