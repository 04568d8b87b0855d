"""The columns of appliances."""

from __future__ import annotations

from slshell.dashboard import text
from slshell.dashboard.columns import base, states
from slshell.dashboard.columns.base import Column, Renderer
from slshell.model.appliance import Appliance


def _state(row: Appliance) -> str:
    return f"{states.of_appliance(row.state)[0]} {row.state}"


def _system(row: Appliance) -> str:
    return f"{row.os} {row.os_version}".strip()


APPLIANCES: Renderer[Appliance] = Renderer(
    id="appliances",
    title="Appliances",
    key=lambda row: row.id,
    one="appliance",
    many="appliances",
    empty="No appliances.\n\nType :import-image FILE to bring your own disk image.",
    words=lambda row: f"{row.sha256} {row.sha1}",
    facts={"size": lambda row: row.disk_bytes // 2**20, "user": lambda row: row.user},
    sort_by="name",
    columns=(
        Column("name", "NAME", 16, lambda row: row.name, flex=1, keep=9),
        Column(
            "state", "STATE", 11, _state, style=lambda row: states.of_appliance(row.state)[1], keep=9
        ),
        Column("os", "SYSTEM", 18, _system, flex=1, keep=6),
        Column("arch", "ARCH", 8, lambda row: row.arch, keep=3),
        Column(
            "disk", "DISK", 9, lambda row: text.size(row.disk_bytes), lambda row: row.disk_bytes,
            right=True, keep=6,
        ),
        Column(
            "ram", "MIN RAM", 9, lambda row: text.size(row.min_ram_mib * 2**20),
            lambda row: row.min_ram_mib, right=True, keep=3,
        ),
        Column("user", "USER", 8, lambda row: row.user, keep=4),
        Column("origin", "FROM", 12, lambda row: row.origin, flex=1, keep=3),
        Column(
            "age", "AGE", 6, lambda row: text.age(row.created_at, base.now()),
            lambda row: row.created_at, lambda _: "dim", True, keep=2, ticks=True, flash=False,
            descending=True,
        ),
        Column("note", "NOTE", 16, lambda row: row.reason or row.progress, flex=2, keep=7,
               style=lambda row: "bad" if row.reason else "dim"),
        Column("id", "IDENTIFIER", 27, lambda row: row.id, keep=5, style=lambda _: "dim"),
    ),
)  # fmt: skip
