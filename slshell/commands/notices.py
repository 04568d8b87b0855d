"""What happened between two pictures of the cloud that a person wants to be told, for every face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from slshell.client.mirror import Snapshot
from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.instance import Instance, State
from slshell.output.text import clean

Severity = Literal["information", "warning", "error"]
MOST = 4
"""Notices at once; more become one that counts them."""


@dataclass(frozen=True)
class Notice:
    """One notice; plain text."""

    title: str
    text: str
    severity: Severity = "information"


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What a face tells to do about each thing; `{id}` and `{name}` stand for the resource."""

    answers: str
    failed: str
    off: str
    ready: str
    many: str


def between(old: Snapshot, new: Snapshot, advice: Advice) -> list[Notice]:
    """Machines that became reachable, failed or went off by themselves, and images that are ready or not."""
    if old.fresh_at is None or (old.instances is new.instances and old.appliances is new.appliances):
        return []
    found = [*_instances(old, new, advice), *_appliances(old, new, advice)]
    if len(found) <= MOST:
        return found
    worst: Severity = "error" if any(each.severity == "error" for each in found) else "information"
    return [Notice(f"{len(found)} machines changed", advice.many, worst)]


def _instances(old: Snapshot, new: Snapshot, advice: Advice) -> Iterator[Notice]:
    for number, row in new.instances.items():
        before = old.instances.get(number)
        if before is not None and before is not row:
            notice = _of_instance(before, row, advice)
            if notice is not None:
                yield notice


def _of_instance(before: Instance, row: Instance, advice: Advice) -> Notice | None:
    name = f"{clean(row.name)} ({row.id})"
    if row.reachable and not before.reachable:
        return Notice(f"{name} answers", _filled(advice.answers, row))
    if row.state is before.state:
        return None
    if row.state is State.FAILED:
        return Notice(f"{name} failed", clean(row.reason) or _filled(advice.failed, row), "error")
    if row.state is State.UNKNOWN:
        return Notice(f"{name} is off", clean(row.reason) or _filled(advice.off, row), "warning")
    return None


def _appliances(old: Snapshot, new: Snapshot, advice: Advice) -> Iterator[Notice]:
    for number, row in new.appliances.items():
        before = old.appliances.get(number)
        if before is None or before.state is row.state:
            continue
        if row.state is ApplianceState.READY:
            yield Notice(f"{clean(row.name)} is ready", _filled(advice.ready, row))
        elif row.state is ApplianceState.FAILED:
            yield Notice(f"{clean(row.name)} cannot be used", clean(row.reason), "error")


def _filled(advice: str, row: Instance | Appliance) -> str:
    return advice.replace("{id}", str(row.id)).replace("{name}", clean(row.name))
