"""The columns of volumes."""

from __future__ import annotations

from slshell.dashboard import text
from slshell.dashboard.columns import base, states
from slshell.dashboard.columns.base import Column, Renderer
from slshell.model.volume import QUARANTINED, Volume


def note(row: Volume) -> str:
    """What there is to say of it now."""
    if row.progress or row.reason:
        return row.progress or row.reason
    if row.purge_at is not None:
        return f"purged in {text.age(base.now(), row.purge_at)}; {row.origin}".rstrip("; ")
    return row.origin


def device(row: Volume) -> str:
    """Its device in the guest; a guess has a question mark."""
    return row.device if row.device_known or not row.device else f"{row.device}?"


def _state(row: Volume) -> str:
    return f"{states.of_volume(row.state)[0]} {row.state}"


def _held(row: Volume) -> str:
    return "" if row.instance_id is None else str(row.instance_id)


def _note_role(row: Volume) -> str:
    return "warn" if row.reason else "dim"


VOLUMES: Renderer[Volume] = Renderer(
    id="volumes",
    title="Volumes",
    key=lambda row: row.id,
    one="volume",
    many="volumes",
    empty="No volumes yet.\n\nPress n to make one: a disk that outlives machines.",
    words=lambda row: f"{row.id} {row.by_id} {' '.join(each.name for each in row.snapshots)}",
    facts={
        "size": lambda row: row.size_bytes >> 30,
        "actual": lambda row: row.allocated_bytes >> 20,
        "in": lambda row: row.instance_id,
        "deleted": lambda row: "yes" if row.state in QUARANTINED else "no",
        "visibility": lambda row: row.visibility,
    },
    sort_by="tag",
    columns=(
        Column("tag", "TAG", 14, lambda row: row.tag, flex=2, keep=9),
        Column("uuid", "UUID", 9, lambda row: row.id[:8], lambda row: row.id, keep=6),
        Column(
            "state", "STATE", 12, _state, lambda row: states.VOLUME_ORDER[row.state],
            lambda row: states.of_volume(row.state)[1], keep=9,
        ),
        Column("size", "SIZE", 8, lambda row: text.size(row.size_bytes), lambda row: row.size_bytes,
               right=True, keep=9, descending=True),
        Column("actual", "ACTUAL", 9, lambda row: text.size(row.allocated_bytes),
               lambda row: row.allocated_bytes, right=True, keep=5, flash=False, descending=True),
        Column("in", "IN", 5, _held, lambda row: row.instance_id or 0, right=True, keep=8),
        Column("device", "DEVICE", 10, device, keep=6),
        Column("snapshots", "SNAPS", 6, lambda row: str(len(row.snapshots) or ""),
               lambda row: len(row.snapshots), right=True, keep=3, descending=True),
        Column("owner", "OWNER", 10, lambda row: row.owner, keep=2),
        Column("age", "AGE", 6, lambda row: text.age(row.created_at, base.now()), lambda row: row.created_at,
               lambda _: "dim", True, keep=2, ticks=True, flash=False, descending=True),
        Column("note", "NOTE", 14, note, style=_note_role, flex=4, keep=7, ticks=True),
    ),
)  # fmt: skip
