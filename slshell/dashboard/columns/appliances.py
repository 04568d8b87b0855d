"""The columns of appliances."""

from __future__ import annotations

from slshell.dashboard import text
from slshell.dashboard.columns import base, states
from slshell.dashboard.columns.base import Column, Renderer
from slshell.model.appliance import Appliance, ApplianceState


def _state(row: Appliance) -> str:
    words = row.status if row.state is ApplianceState.AVAILABLE and _past(row) else row.state
    return f"{states.of_appliance(row.state)[0]} {words}"


def _past(row: Appliance) -> bool:
    """Whether its newest entry is no longer valid."""
    return row.status not in ("", "valid")


def _note(row: Appliance) -> str:
    return row.reason or row.progress or (f"its entry is {row.status}" if _past(row) else "")


def _system(row: Appliance) -> str:
    return f"{row.os} {row.os_version}".strip()


APPLIANCES: Renderer[Appliance] = Renderer(
    id="appliances",
    title="Appliances",
    key=lambda row: row.id,
    one="appliance",
    many="appliances",
    empty="No appliances.\n\nType :import-image FILE to bring your own disk image.",
    words=lambda row: " ".join((row.sha256, row.sha1, row.title, row.version, row.source, *row.tags)),
    facts={
        "tag": lambda row: " ".join(row.tags),
        "title": lambda row: row.title,
        "kind": lambda row: row.kind,
        "status": lambda row: row.status,
        "source": lambda row: row.source,
        "size": lambda row: row.disk_bytes // 2**20, "user": lambda row: row.user},
    sort_by="name",
    columns=(
        Column("name", "NAME", 16, lambda row: row.name, flex=1, keep=9),
        Column(
            "state", "STATE", 11, _state, style=lambda row: states.of_appliance(row.state)[1], keep=9
        ),
        Column("os", "SYSTEM", 18, _system, flex=1, keep=6),
        Column("arch", "ARCH", 8, lambda row: row.arch, keep=3),
        Column(
            "disk", "DISK", 9, lambda row: text.size(row.disk_bytes or row.size_bytes),
            lambda row: row.disk_bytes or row.size_bytes,
            right=True, keep=6,
        ),
        Column(
            "ram", "MIN RAM", 9, lambda row: text.size(row.min_ram_mib * 2**20),
            lambda row: row.min_ram_mib, right=True, keep=3,
        ),
        Column("user", "USER", 8, lambda row: row.user, keep=4),
        Column(
            "endorser", "ENDORSER", 16, lambda row: row.endorser, flex=1, keep=6,
            style=lambda row: "warn" if _past(row) else "",
        ),
        Column("version", "VERSION", 8, lambda row: row.version, extra=True),
        Column("tags", "TAGS", 12, lambda row: ", ".join(row.tags), extra=True),
        Column("origin", "FROM", 12, lambda row: row.origin, flex=1, keep=3),
        Column(
            "age", "AGE", 6, lambda row: text.age(row.created_at, base.now()),
            lambda row: row.created_at, lambda _: "dim", True, keep=2, ticks=True, flash=False,
            descending=True,
        ),
        Column("note", "NOTE", 16, _note, flex=2, keep=7,
               style=lambda row: "bad" if row.reason else "dim"),
        Column("id", "IDENTIFIER", 27, lambda row: row.id, keep=5, style=lambda _: "dim"),
    ),
)  # fmt: skip
