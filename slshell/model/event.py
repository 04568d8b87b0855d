"""Events: what happened, and jobs: what is being done."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How loudly a face should show an event."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that happened to a resource."""

    id: int
    time: datetime
    kind: str
    """A stable word such as `state`, `reachable`, `reboot`, `image`, `daemon`."""
    severity: Severity
    text: str
    instance_id: int | None = None
    volume_id: str | None = None
    revision: int = 0


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A piece of work that outlives the request which asked for it."""

    id: int
    kind: str
    """For example run, kill, import, attach or purge."""
    state: JobState
    step: str
    """The step it is at, or was at when it ended."""
    attempts: int
    error: str
    created_at: datetime
    updated_at: datetime
    instance_id: int | None = None
    appliance_id: str | None = None
    volume_id: str | None = None
    revision: int = 0
