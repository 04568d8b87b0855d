"""What the detail pane says of a volume, and of the disks of a machine."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from slshell.dashboard import text
from slshell.dashboard.columns import states
from slshell.dashboard.columns import volumes as volume_columns
from slshell.dashboard.details import event_lines
from slshell.dashboard.links import Link
from slshell.dashboard.pictures import Part, facts, links_section, section, styled
from slshell.model.event import Event
from slshell.model.volume import Disk, Volume, VolumeState

EVENTS = 6
_KEYS = {
    VolumeState.AVAILABLE: "a attaches it, e makes it larger, Ctrl-K deletes it.",
    VolumeState.ATTACHED: "x detaches it, e makes it larger. Unmount it in the machine first.",
    VolumeState.DELETED: "U brings it back.",
    VolumeState.FAILED: "Ctrl-K clears it away.",
}


def of_volume(row: Volume, events: Sequence[Event], links: Sequence[Link], width: int) -> Content:
    """Facts, snapshots, relations and events of a volume."""
    glyph, role = states.of_volume(row.state)
    name = row.tag or row.id[:8]
    parts: list[Part] = [(text.clean(name), "bold"), "\n", styled(f"{glyph} {row.state}", role), "\n"]
    note = text.clean(volume_columns.note(row))
    if note:
        parts += [styled(note, "warn" if row.reason else "dim"), "\n"]
    if row.at_launch:
        parts += [styled("It came with the machine's launch; only its end releases it.", "dim"), "\n"]
    elif row.state in _KEYS:
        parts += [styled(_KEYS[row.state], "dim"), "\n"]
    pairs: list[tuple[str, Part]] = [
        ("UUID", row.id),
        ("size", f"{text.size(row.size_bytes)}, {text.size(row.allocated_bytes)} on disk"),
        ("device", text.clean(volume_columns.device(row))),
        ("always at", text.clean(row.by_id)),
        ("seen by", "everybody" if row.visibility == "public" else "its owner"),
        ("owner", text.clean(row.owner)),
        ("made", f"{row.created_at.astimezone():%d %b %Y %H:%M:%S}"),
        ("made of", text.clean(row.origin)),
    ]
    parts += ["\n", *facts(pairs, width)]
    if row.snapshots:
        kept: list[tuple[str, Part]] = [
            (
                text.clean(each.name),
                f"{each.created_at.astimezone():%d %b %H:%M:%S}, {text.size(each.size_bytes)}",
            )
            for each in row.snapshots
        ]
        parts += [section("Snapshots"), *facts(kept, width)]
    parts += links_section(links, width)
    if events:
        parts += [section("Events"), *event_lines(events[-EVENTS:])]
    return Content.assemble(*parts)


def disks_section(disks: Sequence[Disk], links: Sequence[Link], width: int) -> list[Part]:
    """The disks of a machine, where its guest is expected to show each; volumes lead to themselves."""
    if not disks:
        return []
    styles = {each.key: each.style for each in links}
    pairs: list[tuple[str, Part]] = []
    for disk in disks:
        words = " ".join(filter(None, (text.size(disk.size_bytes), str(disk.kind), text.clean(disk.name))))
        style = styles.get(disk.source)
        pairs.append((text.clean(disk.device), words if style is None else (words, style)))
    return [section("Disks"), *facts(pairs, width)]
