"""The columns of activity: events, and jobs that are at work or went wrong, in one list, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from slshell.dashboard.columns import base, states
from slshell.dashboard.columns.base import Column, Renderer
from slshell.model.event import Event, Job, JobState


@dataclass(frozen=True)
class Activity:
    """One line of activity, from an event or a job."""

    key: str
    time: datetime
    sign: str
    role: str
    kind: str
    about: str
    text: str


def of_event(event: Event) -> Activity:
    """An event as a line."""
    sign, role = states.of_severity(event.severity)
    about = "" if event.instance_id is None else str(event.instance_id)
    return Activity(f"e{event.id}", event.time, sign, role, event.kind, about, event.text)


def of_job(job: Job) -> Activity:
    """A job as a line: its step while it works, its error when it failed."""
    sign, role = states.of_job(job.state)
    about = str(job.instance_id) if job.instance_id is not None else job.appliance_id or ""
    words = f"{job.state} at {job.step}" if job.step and job.state is not JobState.DONE else str(job.state)
    if job.error:
        words = f"{words}: {job.error}"
    if job.attempts > 1:
        words = f"{words} (attempt {job.attempts})"
    return Activity(f"j{job.id}", job.updated_at, sign, role, f"job {job.kind}", about, words)


def _clock(row: Activity) -> str:
    local = row.time.astimezone()
    today = base.now().astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%d %b %H:%M}"


ACTIVITY: Renderer[Activity] = Renderer(
    id="activity",
    title="Activity",
    key=lambda row: row.key,
    one="line",
    many="lines",
    empty="Nothing has happened yet.",
    sort_by="time",
    descending=True,
    follow_top=True,
    columns=(
        Column("time", "TIME", 12, _clock, lambda row: (row.time, row.key), lambda _: "dim", keep=9,
               flash=False, descending=True),
        Column("sign", "", 1, lambda row: row.sign, style=lambda row: row.role, keep=9),
        Column("kind", "WHAT", 12, lambda row: row.kind, keep=8, style=lambda row: row.role),
        Column("about", "ID", 6, lambda row: row.about, keep=8,
               sort=lambda row: (not row.about.isdigit(), int(row.about) if row.about.isdigit() else 0)),
        Column("text", "TEXT", 30, lambda row: row.text, flex=1, keep=9,
               style=lambda row: row.role if row.role in ("bad", "warn") else ""),
    ),
)  # fmt: skip
