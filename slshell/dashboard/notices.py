"""What happened between two pictures that a person wants to be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from slshell.client.mirror import Snapshot
from slshell.dashboard.text import clean
from slshell.model.appliance import ApplianceState
from slshell.model.instance import Instance, State

Severity = Literal["information", "warning", "error"]
MOST = 4
"""Notices at once; more become one that counts them."""


@dataclass(frozen=True)
class Notice:
    """One notice; plain text."""

    title: str
    text: str
    severity: Severity = "information"


def between(old: Snapshot, new: Snapshot) -> list[Notice]:
    """Machines that became reachable, failed or went off by themselves, and images that are ready or not."""
    if old.fresh_at is None or (old.instances is new.instances and old.appliances is new.appliances):
        return []
    found = [*_instances(old, new), *_appliances(old, new)]
    if len(found) <= MOST:
        return found
    worst: Severity = "error" if any(each.severity == "error" for each in found) else "information"
    return [Notice(f"{len(found)} machines changed", "5 shows what happened.", worst)]


def _instances(old: Snapshot, new: Snapshot) -> Iterator[Notice]:
    for number, row in new.instances.items():
        before = old.instances.get(number)
        if before is not None and before is not row:
            notice = _of_instance(before, row)
            if notice is not None:
                yield notice


def _of_instance(before: Instance, row: Instance) -> Notice | None:
    name = f"{clean(row.name)} ({row.id})"
    if row.reachable and not before.reachable:
        return Notice(f"{name} answers", "c connects, y copies the ssh line.")
    if row.state is before.state:
        return None
    if row.state is State.FAILED:
        return Notice(
            f"{name} failed", clean(row.reason) or "It gave no reason; 5 shows what happened.", "error"
        )
    if row.state is State.UNKNOWN:
        return Notice(f"{name} is off", clean(row.reason) or "s boots it again.", "warning")
    return None


def _appliances(old: Snapshot, new: Snapshot) -> Iterator[Notice]:
    for number, row in new.appliances.items():
        before = old.appliances.get(number)
        if before is None or before.state is row.state:
            continue
        if row.state is ApplianceState.READY:
            yield Notice(f"{clean(row.name)} is ready", f":run {clean(row.name)} starts it.")
        elif row.state is ApplianceState.FAILED:
            yield Notice(f"{clean(row.name)} cannot be used", clean(row.reason), "error")
