"""What workers and threads tell the screen; only handlers of these touch widgets."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

from textual.message import Message

from slshell.client.mirror import Snapshot
from slshell.commands.environment import Question
from slshell.commands.registry import Result
from slshell.dashboard.at_work import Running
from slshell.model.appliance import Appliance
from slshell.model.cloud import CloudStatus
from slshell.model.entry import ApplianceFacts
from slshell.model.host import Host
from slshell.model.instance import InstanceType, Metrics
from slshell.model.track import Track
from slshell.model.volume import StorageStatus
from slshell.sessions.wire import SessionPlan


class _Newest(Message):
    """Of several that wait, only the last one counts."""

    def can_replace(self, message: Message) -> bool:
        """True for an older message of the same class."""
        return type(message) is type(self)


@dataclass
class SnapshotChanged(_Newest):
    """The mirror has a new picture of the cloud."""

    snapshot: Snapshot


@dataclass
class HostsTaken(_Newest):
    """The hosts' own figures, and what the daemon says of itself."""

    hosts: tuple[Host, ...]
    status: CloudStatus
    storage: StorageStatus


@dataclass
class MetricsTaken(_Newest):
    """Measurements of the machines on screen."""

    metrics: tuple[Metrics, ...]


@dataclass
class TypesTaken(_Newest):
    """The machine sizes that the cloud offers."""

    types: tuple[InstanceType, ...]


@dataclass
class ConsoleRead(_Newest):
    """The last lines of one machine's serial console, untrusted."""

    instance_id: int
    text: str


@dataclass
class OffersTaken(_Newest):
    """What entries of the catalogue offer to the words of the filter, the newest of them; whether more do."""

    appliances: tuple[Appliance, ...]
    more: bool


@dataclass
class FactsRead(_Newest):
    """What the cloud knows of one image and who endorsed it, None when it knows no such image."""

    reference: str
    facts: ApplianceFacts | None


@dataclass
class TrackRead(_Newest):
    """What was measured of one machine over its life."""

    instance_id: int
    track: Track


@dataclass
class MeasuringFailed(_Newest):
    """The cloud answers, yet refuses figures that the screen asks for."""

    text: str


@dataclass
class StartFailed(_Newest):
    """The cloud is down and could not be started."""

    text: str
    hint: str


@dataclass
class CommandEnded(Message):
    """A command line has ended, well or not."""

    line: str
    result: Result
    typed: bool
    """It came from the command line, which waits to show a failure."""
    running: Running


@dataclass
class Asked(Message):
    """A command wants the user's word before it goes on; the future takes the answer."""

    question: Question
    answer: Future[object]


@dataclass
class SecretAsked(Message):
    """A command wants a password; the future takes it, or None when none is given."""

    prompt: str
    answer: Future[object]


@dataclass
class SessionWanted(Message):
    """A command wants a session opened in a pane."""

    plan: SessionPlan


@dataclass
class SessionOutput(_Newest):
    """Sessions have something that their terminals are to be fed with."""
