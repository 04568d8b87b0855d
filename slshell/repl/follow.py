"""`Follower`: keeps what the REPL shows of the cloud fresh, in threads of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Event, Thread

from slshell.client.mirror import Mirror, Snapshot
from slshell.commands.environment import Environment
from slshell.commands.notices import Advice, Notice, between
from slshell.model.errors import SlshellError
from slshell.model.host import Host
from slshell.model.instance import InstanceType

ADVICE = Advice(
    answers="connect {id} opens a session.",
    failed="It gave no reason; events --instance {id} tells more.",
    off="start {id} boots it again.",
    ready="run {name} starts it.",
    many="events shows what happened.",
)
PACE_S = 1.0
"""The shortest pause between two questions for the hosts; also how often the age of old data is drawn."""
CLOSE_S = 3.0
KEPT = 100
"""Notices kept until somebody can be told."""


class Follower:
    """The picture of the cloud, its hosts and its types, and what has happened since somebody was told."""

    def __init__(self, environment: Environment, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called from other threads whenever there is something new to draw or to tell."""
        self._environment = environment
        self._changed = changed
        profile = environment.profile
        follow = environment.make_cloud(profile, False, lambda _: None)
        self._mirror = Mirror(follow)
        self._cloud = follow.again()
        self._notices: deque[Notice] = deque(maxlen=KEPT)
        self._wake = Event()
        self._closing = Event()
        self._following = False
        self._thread = Thread(target=self._work, name="figures", daemon=True)
        self.hosts: tuple[Host, ...] = ()
        self.types: tuple[InstanceType, ...] = ()

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture."""
        return self._mirror.snapshot

    def start(self) -> None:
        """Begin: start the bundled cloud when it is down, and follow it. Returns at once."""
        self._mirror.subscribe(self._see)
        self._thread.start()

    def close(self) -> None:
        """End the threads, breaking off what they wait for."""
        self._closing.set()
        self._wake.set()
        self._cloud.close()
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)
        if self._following:
            self._mirror.close()

    @property
    def has_untold(self) -> bool:
        """Whether something has happened that nobody was told."""
        return bool(self._notices)

    def untold(self) -> list[Notice]:
        """What has happened since the last call, oldest first."""
        found = []
        while self._notices:
            found.append(self._notices.popleft())
        return found

    def _tell(self, notice: Notice) -> None:
        self._notices.append(notice)
        self._changed()

    def _see(self, old: Snapshot, new: Snapshot) -> None:
        self._notices.extend(between(old, new, ADVICE))
        if old.instances is not new.instances or old.stale != new.stale:
            self._wake.set()
        self._changed()

    def _work(self) -> None:
        self._bring_up()
        if self._closing.is_set():
            return
        self._following = True
        self._mirror.start()
        while not self._closing.is_set():
            stale = self.snapshot.stale is not None
            self._wake.wait(PACE_S if stale else None)
            self._wake.clear()
            if self.snapshot.fresh_at is not None and self.snapshot.stale is None:
                self._measure()
            self._changed()
            self._closing.wait(PACE_S)

    def _bring_up(self) -> None:
        """Start the bundled cloud; a failure is told once, and every command will tell it again."""
        profile = self._environment.profile
        if not profile.is_local:
            return
        try:
            self._environment.make_cloud(profile, True, lambda text: self._tell(Notice(text, ""))).status()
        except SlshellError as error:
            self._tell(Notice(error.message, error.hint, "error"))

    def _measure(self) -> None:
        """Ask for what no change tells; that the cloud is gone is the mirror's to say."""
        try:
            if not self.types:
                self.types = tuple(self._cloud.types())
            self.hosts = tuple(self._cloud.hosts())
        except SlshellError:
            self._wake.set()
