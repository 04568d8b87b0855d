"""What can be told, copied and followed of one row; a new kind of row is one entry of SUBJECTS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from textual.content import Content

from slshell.dashboard import activity_details, details, pictures, session_details, volume_details
from slshell.dashboard.columns.activity import Activity
from slshell.dashboard.columns.sessions import SessionRow
from slshell.dashboard.links import Link
from slshell.dashboard.views import Picture
from slshell.model.appliance import Appliance
from slshell.model.event import Event
from slshell.model.host import Host
from slshell.model.instance import Instance
from slshell.model.track import Track
from slshell.model.volume import Volume


@dataclass(frozen=True)
class Around:
    """What is known beside the row."""

    picture: Picture
    ssh_line: Callable[[Instance], str]


@dataclass(frozen=True)
class Copy:
    """Something to copy, offered under a letter."""

    letter: str
    name: str
    words: str


@dataclass(frozen=True)
class Subject:
    """How one kind of row is told of."""

    detail: Callable[[Any, Around, int], Content]
    """(row, around, width in cells) → the text of the detail pane."""
    copies: Callable[[Any, Around], Sequence[Copy]]
    """The first is what one copies most; the row as JSON is offered for all."""
    links: Callable[[Any, Around], Sequence[Link]] = lambda _row, _around: ()


def detail(row: object, around: Around, width: int) -> Content:
    """The text of the detail pane for a row, empty for None."""
    return Content("") if row is None else SUBJECTS[type(row)].detail(row, around, width)


def copies(row: object, around: Around) -> list[Copy]:
    """What can be copied of a row; empty values are left out."""
    found = [each for each in SUBJECTS[type(row)].copies(row, around) if each.words]
    as_json = msgspec.json.format(msgspec.json.encode(row), indent=2).decode()
    return [*found, Copy("j", "as JSON", as_json)]


def links(row: object, around: Around) -> Sequence[Link]:
    """Where one can go from a row."""
    return SUBJECTS[type(row)].links(row, around)


def _of_instance(row: Instance, around: Around, width: int) -> Content:
    events = tuple(each for each in around.picture.snapshot.events if each.instance_id == row.id)
    number, console = around.picture.console
    measured, track = around.picture.track
    known = details.InstanceDetails(
        instance=row,
        ssh_line=around.ssh_line(row),
        events=events,
        console=console if number == row.id else "",
        track=track if measured == row.id else Track(),
        links=tuple(_links_of_instance(row, around)),
    )
    disks = volume_details.disks_section(row.disks, known.links, width)
    return details.of_instance(known, width, disks)


def _links_of_instance(row: Instance, around: Around) -> list[Link]:
    found = []
    if row.appliance_id in around.picture.snapshot.appliances:
        found.append(Link("appliance", row.appliance, "appliances", row.appliance_id))
    found += [
        Link("volume", each.tag or each.id[:8], "volumes", each.id)
        for each in around.picture.snapshot.volumes.values()
        if each.instance_id == row.id
    ]
    found += [
        Link("read-only disk", each.name, "appliances", each.source)
        for each in row.disks
        if each.source in around.picture.snapshot.appliances
    ]
    host = next((each for each in around.picture.hosts if each.name == row.host), None)
    if host is not None:
        found.append(Link("host", host.name, "hosts", host.id))
    return found


def _copies_of_instance(row: Instance, around: Around) -> list[Copy]:
    line = around.ssh_line(row) if row.address else ""
    return [
        Copy("s", "the ssh line", line),
        Copy("i", "the id", str(row.id)),
        Copy("n", "the name", row.name),
        Copy("a", "the address", row.address),
    ]


def _of_volume(row: Volume, around: Around, width: int) -> Content:
    events = tuple(each for each in around.picture.snapshot.events if each.volume_id == row.id)
    return volume_details.of_volume(row, events, _links_of_volume(row, around), width)


def _links_of_volume(row: Volume, around: Around) -> list[Link]:
    instance = around.picture.snapshot.instances.get(row.instance_id or 0)
    return [] if instance is None else [Link("in", instance.name, "instances", instance.id)]


def _copies_of_volume(row: Volume, _around: Around) -> list[Copy]:
    return [
        Copy("i", "the UUID", row.id),
        Copy("p", "the path in the machine", row.by_id),
        Copy("t", "the tag", row.tag),
    ]


def _machines_of(words: str, filter_line: str, number: int) -> list[Link]:
    plural = "" if number == 1 else "s"
    return [Link(words, f"{number} machine{plural}", "instances", filter=filter_line)] if number else []


def _links_of_appliance(row: Appliance, around: Around) -> list[Link]:
    number = sum(each.appliance_id == row.id for each in around.picture.snapshot.instances.values())
    return _machines_of("started from it", row.id, number)


def _links_of_host(row: Host, around: Around) -> list[Link]:
    number = sum(each.host == row.name for each in around.picture.snapshot.instances.values())
    return _machines_of("on it", f'host:"{row.name}"', number)


def _of_activity(row: Activity, around: Around, width: int) -> Content:
    def about_the_same(event: Event) -> bool:
        mine = event.volume_id if event.instance_id is None else str(event.instance_id)
        return mine == row.about and f"e{event.id}" != row.key

    events = tuple(filter(about_the_same, around.picture.snapshot.events)) if row.about else ()
    return activity_details.of_activity(row, events, _links_of_activity(row, around), width)


def _links_of_activity(row: Activity, around: Around) -> list[Link]:
    snapshot = around.picture.snapshot
    if row.about.isdigit() and int(row.about) in snapshot.instances:
        return [Link("instance", snapshot.instances[int(row.about)].name, "instances", int(row.about))]
    if row.about in snapshot.volumes:
        return [Link("volume", row.name or row.about[:8], "volumes", row.about)]
    if row.about in snapshot.appliances:
        return [Link("appliance", snapshot.appliances[row.about].name, "appliances", row.about)]
    return []


def _links_of_session(row: SessionRow, around: Around) -> list[Link]:
    instance = around.picture.snapshot.instances.get(row.instance_id or 0)
    return [] if instance is None else [Link("in", instance.name, "instances", instance.id)]


def _copies_of_session(row: SessionRow, _around: Around) -> list[Copy]:
    return [
        Copy("a", "the address", row.address),
        Copy("n", "the name", row.name),
        Copy("t", "the text", row.about),
    ]


def _with_links(
    content: Callable[[Any, int], Content], links_of: Callable[[Any, Around], Sequence[Link]]
) -> Callable[[Any, Around, int], Content]:
    def told(row: Any, around: Around, width: int) -> Content:
        parts = pictures.links_section(links_of(row, around), width)
        return Content.assemble(content(row, width), *parts)

    return told


SUBJECTS: dict[type, Subject] = {
    Instance: Subject(_of_instance, _copies_of_instance, _links_of_instance),
    Volume: Subject(_of_volume, _copies_of_volume, _links_of_volume),
    Appliance: Subject(
        _with_links(details.of_appliance, _links_of_appliance),
        lambda row, _: [Copy("i", "the identifier", row.id), Copy("n", "the name", row.name)],
        _links_of_appliance,
    ),
    Host: Subject(
        _with_links(pictures.host_facts, _links_of_host),
        lambda row, _: [Copy("n", "the name", row.name)],
        _links_of_host,
    ),
    Activity: Subject(
        _of_activity,
        lambda row, _: [Copy("t", "the text", row.text), Copy("i", "the id", row.about)],
        _links_of_activity,
    ),
    SessionRow: Subject(
        lambda row, around, width: session_details.of_session(row, _links_of_session(row, around), width),
        _copies_of_session,
        _links_of_session,
    ),
}
