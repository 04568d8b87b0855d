"""The columns of instances."""

from __future__ import annotations

from datetime import datetime

from slshell.dashboard import text
from slshell.dashboard.columns import base, states
from slshell.dashboard.columns.base import Column, Renderer
from slshell.model.instance import Instance, State


def since(instance: Instance) -> datetime:
    """When the instance came into the state that it is in."""
    for phase in reversed(instance.phases):
        if phase.name == instance.state:
            return phase.started_at
    return instance.created_at


def note(instance: Instance) -> str:
    """What there is to say of it now: what it waits for, or why it is Failed or Unknown."""
    if instance.progress:
        return instance.progress
    if instance.reason:
        return instance.reason
    if instance.state is State.RUNNING and not instance.reachable:
        return "waiting for SSH"
    return ""


def _note_role(instance: Instance) -> str:
    return states.instance_role(instance) if instance.state in (State.FAILED, State.UNKNOWN) else "dim"


def _address(instance: Instance) -> str:
    if not instance.address or instance.ssh_port in (0, 22):
        return instance.address
    return f"{instance.address}:{instance.ssh_port}"


def _runs(instance: Instance) -> bool:
    return instance.state in (State.RUNNING, State.SHUTDOWN, State.BOOT)


def _cpu(instance: Instance) -> str:
    return f"{instance.cpu_percent:.0f} %" if _runs(instance) else ""


def _memory(instance: Instance) -> str:
    return text.size(instance.memory_kib * 1024) if _runs(instance) and instance.memory_kib else ""


def _answers(instance: Instance) -> str:
    return "yes" if instance.reachable else "no"


def _in_state(instance: Instance) -> str:
    return text.age(since(instance), base.now())


def _age(instance: Instance) -> str:
    return text.age(instance.created_at, base.now())


def _address_order(instance: Instance) -> tuple[int, ...]:
    parts = instance.address.split(".")
    return tuple(int(part) if part.isdigit() else -1 for part in parts)


INSTANCES: Renderer[Instance] = Renderer(
    id="instances",
    title="Instances",
    key=lambda row: row.id,
    one="instance",
    many="instances",
    empty="No instances yet.\n\nPress r to start one from ttylinux,\nor type :run ttylinux",
    words=lambda row: f"{row.appliance_id} {row.user} {row.host} {row.owner} {' '.join(row.tags)}",
    facts={
        "ram": lambda row: row.ram_mib,
        "cpu": lambda row: row.cpu_percent,
        "mem": lambda row: row.memory_kib // 1024,
        "reachable": _answers,
        "tag": lambda row: "\n".join(row.tags),
    },
    sort_by="id",
    columns=(
        Column("id", "ID", 5, lambda row: str(row.id), sort=lambda row: row.id, right=True, keep=9),
        Column("name", "NAME", 16, lambda row: row.name, flex=2, keep=9),
        Column(
            "state", "STATE", 10, states.of_instance, lambda row: states.ORDER[row.state],
            states.instance_role, keep=9,
        ),
        Column(
            "since", "FOR", 6, _in_state, since, lambda _: "dim", True, keep=4, ticks=True,
            flash=False, descending=True,
        ),
        Column("address", "ADDRESS", 17, _address, _address_order, keep=7),
        Column("cpu", "CPU", 6, _cpu, lambda row: row.cpu_percent, right=True, keep=6, flash=False,
               descending=True),
        Column("mem", "MEM", 8, _memory, lambda row: row.memory_kib, right=True, keep=5, flash=False,
               descending=True),
        Column("appliance", "APPLIANCE", 12, lambda row: row.appliance, keep=6),
        Column("type", "TYPE", 10, lambda row: row.type, keep=3),
        Column("age", "AGE", 6, _age, lambda row: row.created_at, lambda _: "dim", True, keep=2,
               ticks=True, flash=False, descending=True),
        Column("note", "NOTE", 14, note, style=_note_role, flex=4, keep=8),
        Column("vcpu", "CPUS", 5, lambda row: str(row.vcpu), lambda row: row.vcpu, right=True, keep=4,
               extra=True, descending=True),
        Column("ram", "RAM", 9, lambda row: text.size(row.ram_mib * 2**20), lambda row: row.ram_mib,
               right=True, keep=4, extra=True, descending=True),
        Column("ssh", "SSH", 5, _answers, keep=4, extra=True),
        Column("user", "USER", 8, lambda row: row.user, keep=3, extra=True),
        Column("host", "HOST", 14, lambda row: row.host, keep=4, extra=True),
        Column("tags", "TAGS", 12, lambda row: " ".join(row.tags), keep=4, extra=True),
        Column("owner", "OWNER", 10, lambda row: row.owner, keep=4, extra=True),
    ),
)  # fmt: skip
