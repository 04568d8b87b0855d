"""The cloud itself: its status, its changes and its pages of lists."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from slshell.model.appliance import Appliance
from slshell.model.event import Event, Job
from slshell.model.instance import Instance
from slshell.model.volume import Volume

Item = TypeVar("Item")


class Page(msgspec.Struct, Generic[Item], frozen=True, kw_only=True):
    """Part of a list; `next` is the cursor of the following part, None at the end."""

    items: list[Item]
    next: str | None = None
    revision: int = 0


class CloudStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a daemon says of itself."""

    id: str
    pid: int
    socket: str
    version: str
    engine: str
    libvirt_uri: str
    uptime_s: float
    home: str
    accelerator: str
    accelerator_reason: str
    revision: int
    instances: dict[str, int]
    """Number of instances by state, ended ones left out."""


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """A resource that no longer exists."""

    kind: str
    id: str


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that changed after revision `since`, and the revision to ask for next.

    `reset` is true when `since` is unknown here (an older or another database): drop what you hold.
    """

    revision: int
    reset: bool = False
    instances: list[Instance] = []
    appliances: list[Appliance] = []
    volumes: list[Volume] = []
    jobs: list[Job] = []
    events: list[Event] = []
    gone: list[Gone] = []


class StopRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/cloud/stop`."""

    shut_machines_down: bool = False
    timeout_s: float = 60.0
