"""The columns of activity: events and jobs in one list, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from slshell.client.mirror import Snapshot
from slshell.dashboard import jobs, text
from slshell.dashboard.columns import base, states
from slshell.dashboard.columns.base import Column, Renderer
from slshell.model.event import Event, Job, JobState, Severity

_BAR = 6


@dataclass(frozen=True)
class Activity:
    """One line of activity, from an event or a job."""

    key: str
    time: datetime
    """When an event happened, or a job changed last."""
    sign: str
    role: str
    source: str
    """`event` or `job`."""
    kind: str
    state: str
    """The severity of an event, the state of a job."""
    about: str
    """The number, UUID or identifier of what it is about; empty when it is about the cloud."""
    name: str
    """The name of that, while it is there."""
    text: str
    progress: str = ""
    """What a job at work says of how far it is."""
    step: str = ""
    attempts: int = 0
    began: datetime | None = None
    """When a job was asked for."""

    @property
    def ended(self) -> bool:
        """It does not go on."""
        return self.source == "event" or self.state in (JobState.DONE, JobState.FAILED)


def of_event(event: Event, snapshot: Snapshot) -> Activity:
    """An event as a line."""
    sign, role = states.of_severity(event.severity)
    return Activity(
        f"e{event.id}", event.time, sign, role, "event", event.kind, str(event.severity), _about(event),
        jobs.name_of(event, snapshot), event.text,
    )  # fmt: skip


def of_job(job: Job, snapshot: Snapshot) -> Activity:
    """A job as a line: how far it is while it works, its error when it failed."""
    sign, role = states.of_job(job.state)
    progress = jobs.progress_of(job, snapshot)
    words = f"{job.state} at {job.step}" if job.step and job.state is not JobState.DONE else str(job.state)
    if progress or job.error:
        words = f"{words}: {job.error or progress}"
    if job.attempts > 1:
        words = f"{words} (attempt {job.attempts})"
    return Activity(
        f"j{job.id}", job.updated_at, sign, role, "job", job.kind, str(job.state), _about(job),
        jobs.name_of(job, snapshot), words, progress, job.step, job.attempts, job.created_at,
    )  # fmt: skip


def took(row: Activity) -> str:
    """How long a job took, or works already; nothing for an event."""
    return "" if row.began is None else text.duration(_seconds(row))


def bar(row: Activity) -> str:
    """How far a job is, drawn and in figures; nothing when it does not say."""
    share = jobs.share_of(row.progress)
    return "" if share is None else f"{text.bar(share, _BAR)} {share * 100:.0f} %"


def _seconds(row: Activity) -> float:
    if row.began is None:
        return -1.0
    return max(0.0, ((row.time if row.ended else base.now()) - row.began).total_seconds())


def _about(about: Event | Job) -> str:
    if about.instance_id is not None:
        return str(about.instance_id)
    return about.volume_id or (about.appliance_id or "" if isinstance(about, Job) else "")


def _clock(row: Activity) -> str:
    local = row.time.astimezone()
    today = base.now().astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%d %b %H:%M}"


def _trouble(row: Activity) -> bool:
    return row.state in (Severity.WARNING, Severity.ERROR, JobState.FAILED)


ACTIVITY: Renderer[Activity] = Renderer(
    id="activity",
    title="Activity",
    key=lambda row: row.key,
    one="line",
    many="lines",
    empty="Nothing has happened yet.\n\nPress r in Instances to start a machine.",
    words=lambda row: f"{row.source} {row.about} {row.name}",
    facts={
        "is": lambda row: row.source,
        "instance": lambda row: f"{row.about} {row.name}" if row.about.isdigit() else "",
        "trouble": lambda row: "yes" if _trouble(row) else "no",
        "severity": lambda row: row.state if row.source == "event" else "",
    },
    sort_by="time",
    descending=True,
    follow_top=True,
    columns=(
        Column("time", "TIME", 12, _clock, lambda row: (row.time, row.key), lambda _: "dim", keep=9,
               flash=False, descending=True),
        Column("sign", "", 1, lambda row: row.sign, style=lambda row: row.role, keep=9),
        Column("source", "IS", 5, lambda row: row.source, style=lambda _: "dim", keep=5),
        Column("kind", "WHAT", 14, lambda row: row.kind, keep=8, style=lambda row: row.role),
        Column("about", "ID", 6, lambda row: row.about[:8], keep=7,
               sort=lambda row: (not row.about.isdigit(), int(row.about) if row.about.isdigit() else 0,
                                 row.about)),
        Column("name", "NAME", 14, lambda row: row.name, keep=6, flex=1),
        Column("progress", "PROGRESS", 12, bar, lambda row: jobs.share_of(row.progress) or 0.0,
               lambda _: "busy", keep=6, descending=True),
        Column("text", "TEXT", 24, lambda row: row.text, flex=4, keep=9,
               style=lambda row: row.role if row.role in ("bad", "warn") else ""),
        Column("state", "STATE", 8, lambda row: row.state, keep=4, style=lambda row: row.role, extra=True),
        Column("took", "TOOK", 8, took, _seconds, lambda _: "dim", True, keep=4, ticks=True, flash=False,
               descending=True, extra=True),
        Column("attempts", "TRIES", 5, lambda row: str(row.attempts or ""), lambda row: row.attempts,
               right=True, keep=3, descending=True, extra=True),
        Column("step", "STEP", 10, lambda row: row.step, keep=3, extra=True),
    ),
)  # fmt: skip
