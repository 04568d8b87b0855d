"""The bar below the line: which cloud, how many machines, what of the hosts is promised, how old that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from slshell.client.mirror import Snapshot
from slshell.model.host import Host
from slshell.model.instance import Instance, State
from slshell.output.text import clean, human_span

GAP = "  │  "


def bar(profile: str, read_only: bool, snapshot: Snapshot, hosts: Sequence[Host], now: datetime) -> str:
    """The text of the bar; parts that are not known yet are left out."""
    name = f"{clean(profile)} (read-only)" if read_only else clean(profile)
    parts = [name]
    if snapshot.fresh_at is not None:
        parts.append(machines(snapshot.instances.values()))
    if hosts:
        parts.append(load(hosts))
    parts.append(age(snapshot, now))
    return " " + GAP.join(parts) + " "


def machines(instances: Iterable[Instance]) -> str:
    """`3 Running, 1 Unknown`, in the order of a machine's life."""
    counts = Counter(each.state for each in instances)
    shown = [f"{counts[state]} {state}" for state in State if counts[state]]
    return ", ".join(shown) or "no machines"


def load(hosts: Sequence[Host]) -> str:
    """How much of the hosts' processors and memory is promised to machines."""
    cpu = sum(each.tcpu for each in hosts)
    memory = sum(each.tmem_kib for each in hosts)
    free_cpu = sum(each.acpu for each in hosts)
    free_memory = sum(each.amem_kib for each in hosts)
    return f"promised: CPU {_percent(cpu - free_cpu, cpu)}, memory {_percent(memory - free_memory, memory)}"


def age(snapshot: Snapshot, now: datetime) -> str:
    """`live`, or how old the data are and why; the cloud may not have answered yet."""
    if snapshot.fresh_at is None:
        return f"no answer yet: {clean(snapshot.stale)}" if snapshot.stale else "asking the cloud"
    if snapshot.stale is None:
        return "live"
    span = human_span((now - snapshot.fresh_at).total_seconds())
    return f"{span} old: {clean(snapshot.stale)}"


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def _percent(part: int, whole: int) -> str:
    return f"{round(100 * part / whole)} %" if whole else "?"
