"""What the detail pane says of one thing, as styled text from plain data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from textual.content import Content

from slshell.dashboard import text
from slshell.dashboard.columns import base, states
from slshell.dashboard.columns import instances as instance_columns
from slshell.dashboard.links import Link
from slshell.dashboard.measured import load, traffic
from slshell.dashboard.pictures import ROLE_STYLE, Part, facts, section, styled
from slshell.model.appliance import Appliance
from slshell.model.event import Event, Severity
from slshell.model.instance import Instance, Phase, State
from slshell.model.track import Track

EVENTS = 6
CONSOLE_LINES = 8
_TROUBLE = (State.FAILED, State.UNKNOWN)
_BAR = 16


@dataclass(frozen=True)
class InstanceDetails:
    """What is known of one instance."""

    instance: Instance
    ssh_line: str
    events: tuple[Event, ...] = ()
    console: str = ""
    track: Track = field(default_factory=Track)
    """What was measured of it over its life."""
    links: tuple[Link, ...] = ()


def of_instance(data: InstanceDetails, width: int, disks: Sequence[Part] = ()) -> Content:
    """Facts, disks, timeline, events and the last of the console of an instance."""
    row = data.instance
    parts: list[Part] = [
        (text.clean(row.name), "bold"),
        styled(f"  {row.id}", "dim"),
        "\n",
        styled(states.of_instance(row), states.instance_role(row)),
        styled(f"  {text.age(instance_columns.since(row), base.now())}", "dim"),
        "\n",
    ]
    note = text.clean(instance_columns.note(row))
    if note:
        parts += [(note, ROLE_STYLE[states.instance_role(row)]), "\n"]
    if row.state in _TROUBLE:
        parts += [styled(_what_to_do(row), "dim"), "\n"]
    parts += ["\n", *facts(_instance_facts(data), width)]
    if row.address:
        parts += [section("SSH"), (text.clean(data.ssh_line), "$primary"), "\n"]
    parts += [*disks, *load(row, data.track, width)]
    if row.phases:
        parts += [section("Timeline"), *_timeline(row.phases)]
    if data.events:
        parts += [section("Events"), *event_lines(data.events[-EVENTS:])]
    lines = text.clean_lines(data.console)[-CONSOLE_LINES:]
    if lines:
        parts.append(section("Console"))
        for line in lines:
            parts += [styled(text.fit(line, max(1, width)).rstrip(), "dim"), "\n"]
    parts += traffic(data.track, width)
    return Content.assemble(*parts)


def of_appliance(row: Appliance, width: int) -> Content:
    """The facts of an appliance."""
    glyph, role = states.of_appliance(row.state)
    parts: list[Part] = [
        (text.clean(row.name), "bold"), "\n",
        styled(text.clean(row.title), "dim"), "\n",
        styled(f"{glyph} {row.state}", role), "\n",
    ]  # fmt: skip
    if row.reason or row.progress:
        parts += [styled(text.clean(row.reason or row.progress), role), "\n"]
    pairs: list[tuple[str, Part]] = [
        ("identifier", row.id),
        ("system", text.clean(f"{row.os} {row.os_version}".strip())),
        ("arch", text.clean(row.arch)),
        ("format", row.format),
        ("disk", f"{text.size(row.disk_bytes)}, image {text.size(row.size_bytes)}"),
        ("least RAM", text.size(row.min_ram_mib * 2**20)),
        ("user", text.clean(row.user)),
        ("from", text.clean(row.origin)),
        *_endorsement(row),
        ("context", str(row.context)),
        ("SHA-256", text.clean(row.sha256)),
        ("start it", ("r", "bold $primary")),
    ]
    return Content.assemble(*parts, "\n", *facts(pairs, width))


def event_lines(events: Iterable[Event]) -> list[Part]:
    """Events under each other, each with its time."""
    parts: list[Part] = []
    for event in events:
        role = states.of_severity(event.severity)[1]
        role = role if event.severity is not Severity.INFO else ""
        parts += [
            styled(f"{event.time.astimezone():%H:%M:%S}  ", "dim"),
            styled(text.clean(event.text), role),
        ]
        parts.append("\n")
    return parts


def _endorsement(row: Appliance) -> list[tuple[str, Part]]:
    if not row.endorser:
        return [("endorser", "nobody")]
    role = "good" if row.status == "valid" else "warn"
    return [
        ("endorser", text.clean(row.endorser)),
        ("on", f"{row.endorsed_at.astimezone():%d %b %Y %H:%M}" if row.endorsed_at else ""),
        ("status", styled(text.clean(row.status), role)),
        ("version", text.clean(row.version)),
        ("tags", text.clean(", ".join(row.tags))),
        ("source", text.clean(row.source) or "this cloud"),
    ]


def _instance_facts(data: InstanceDetails) -> list[tuple[str, Part]]:
    row = data.instance
    runs = row.state in (State.RUNNING, State.SHUTDOWN, State.BOOT)
    swap = f", {row.swap_mib} MiB swap" if row.swap_mib else ""
    linked: dict[str, Part] = {each.relation: (text.clean(each.name), each.style) for each in data.links}
    plural = "" if row.vcpu == 1 else "s"
    return [
        ("address", text.clean(row.address)),
        ("appliance", linked.get("appliance", text.clean(row.appliance))),
        ("type", f"{text.clean(row.type)}: {row.vcpu} CPU{plural}, {row.ram_mib} MiB{swap}"),
        ("CPU", f"{row.cpu_percent:.0f} %" if runs else ""),
        ("memory", f"{text.size(row.memory_kib * 1024)} of the host" if runs and row.memory_kib else ""),
        ("made", f"{row.created_at.astimezone():%d %b %H:%M:%S}"),
        ("host", linked.get("host", text.clean(row.host))),
        ("tags", text.clean(" ".join(row.tags))),
        ("owner", text.clean(row.owner)),
        ("endorser", text.clean(row.endorser) or "nobody"),
    ]


def _what_to_do(row: Instance) -> str:
    if row.state is State.FAILED:
        return "It cannot be repaired: destroy it with Ctrl-K and run another."
    return "Press s to boot it again, or Ctrl-K to destroy it."


def _timeline(phases: Sequence[Phase]) -> list[Part]:
    """Phases with their durations; bars compare those that have ended."""
    shown = phases[-_BAR:]
    lengths = [_length(phase) for phase in shown]
    longest = max(
        (length for length, phase in zip(lengths, shown, strict=True) if phase.ended_at), default=0.0
    )
    parts: list[Part] = []
    for phase, length in zip(shown, lengths, strict=True):
        name = phase.name.ljust(9)
        if phase.name == "reachable":
            parts += [styled(f"{name}  ", "good"), styled(_reached(phase, shown), "dim")]
        elif phase.ended_at is None:
            parts += [f"{name}  ", styled(f"since {phase.started_at.astimezone():%H:%M:%S}", "dim")]
        else:
            share = length / longest if longest else 0.0
            parts += [f"{name}  ", (text.bar(share, _BAR), "$busy on $rule"), f" {text.duration(length)}"]
        parts.append("\n")
    return parts


def _reached(moment: Phase, phases: Sequence[Phase]) -> str:
    """When SSH answered, and how long after the boot before it began."""
    words = f"{moment.started_at.astimezone():%H:%M:%S}"
    boots = [
        each.started_at for each in phases
        if each.name == State.BOOT and each.started_at <= moment.started_at
    ]  # fmt: skip
    if not boots:
        return words
    return f"{words}, {text.duration((moment.started_at - boots[-1]).total_seconds())} after the boot began"


def _length(phase: Phase) -> float:
    return ((phase.ended_at or base.now()) - phase.started_at).total_seconds()
