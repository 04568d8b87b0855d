"""What a job is about, and how far it is: jobs say it of what they work on, not of themselves."""

from __future__ import annotations

import re

from slshell.client.mirror import Snapshot
from slshell.model.event import Event, Job, JobState

UNDER_WAY = frozenset({JobState.QUEUED, JobState.RUNNING})
_PERCENT = re.compile(r"(\d{1,3}) ?%")


def name_of(about: Event | Job, snapshot: Snapshot) -> str:
    """The name of what an event or a job is about; empty when it is gone or there is none."""
    if about.instance_id is not None:
        instance = snapshot.instances.get(about.instance_id)
        return "" if instance is None else instance.name
    if about.volume_id is not None:
        volume = snapshot.volumes.get(about.volume_id)
        return "" if volume is None else volume.tag
    if isinstance(about, Job) and about.appliance_id is not None:
        appliance = snapshot.appliances.get(about.appliance_id)
        return "" if appliance is None else appliance.name
    return ""


def progress_of(job: Job, snapshot: Snapshot) -> str:
    """What it is doing, in words; empty when it does nothing now or has nothing to tell."""
    if job.state is not JobState.RUNNING:
        return ""
    worked_on = (
        snapshot.instances.get(job.instance_id or 0),
        snapshot.volumes.get(job.volume_id or ""),
        snapshot.appliances.get(job.appliance_id or ""),
    )
    return next((each.progress for each in worked_on if each is not None and each.progress), "")


def share_of(words: str) -> float | None:
    """How far something is that says “40 %”; None when it says no figure."""
    found = _PERCENT.search(words)
    return None if found is None else min(100, int(found[1])) / 100


def in_flight(snapshot: Snapshot) -> tuple[str, ...]:
    """A word on each job that is queued or at work; those that tell how far they are come first."""
    found = []
    for job in snapshot.jobs.values():
        if job.state in UNDER_WAY:
            progress = progress_of(job, snapshot)
            words = " ".join(filter(None, (job.kind, name_of(job, snapshot))))
            found.append((not progress, job.id, f"{words}: {progress}" if progress else words))
    return tuple(words for _, _, words in sorted(found))
