"""Styled text from plain data: the overview strip and the parts that detail panes share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells
from textual.content import Content
from textual.style import Style

from slshell.dashboard import text
from slshell.dashboard.columns import hosts as host_columns
from slshell.dashboard.columns import states
from slshell.dashboard.links import Link
from slshell.model.cloud import CloudStatus
from slshell.model.host import Host
from slshell.model.instance import State

ROLE_STYLE = {
    "": "",
    "good": "$success",
    "warn": "$warning",
    "bad": "$error",
    "busy": "$busy",
    "dim": "$dim",
    "accent": "$accent",
}
BAR = 10
_NARROW = 64
"""Below this width the strip tells the cloud and its freshness before how it runs machines."""
_LEAST_WORDS = 10
"""Below this width work in flight is told as a number only."""
_TOLD_LONGEST = frozenset({State.RUNNING, State.UNKNOWN, State.FAILED})
"""States whose words stay longest; the others pass by themselves."""
_TIGHT = 0.15
"""Below this share of free disk space the figure is a warning."""

Part = str | tuple[str, str | Style]


@dataclass(frozen=True)
class Overview:
    """What the strip above the tables tells."""

    profile: str
    where: str
    status: CloudStatus | None = None
    hosts: tuple[Host, ...] = ()
    counts: tuple[tuple[State, int], ...] = ()
    """Machines by state, in the order of a life; states without any are left out."""
    stale: bool = False
    known: bool = False
    read_only: bool = False
    warning: str = ""
    """What is wrong with the disk space, in words."""
    commands: tuple[str, ...] = ()
    """Command lines of this dashboard that have run for a while."""
    jobs: tuple[str, ...] = ()
    """A word on each job of the cloud that is queued or at work."""
    age_s: int = 0
    """Seconds since the cloud confirmed the picture, when that is longer than it should be."""


def styled(words: str, role: str = "") -> Part:
    """A part of a line in the style of a role; the text is never markup."""
    return (words, ROLE_STYLE[role]) if role else words


def line(left: Sequence[Part], right: Sequence[Part], width: int) -> Content:
    """One line with parts at both ends; the left gives way when they do not both fit."""
    right_width = sum(_width(part) for part in right)
    content = Content.assemble(*left).truncate(max(0, width - right_width - 1), ellipsis=True)
    gap = " " * max(1, width - content.cell_length - right_width)
    return Content.assemble(content, gap, *right)


def overview(data: Overview, width: int) -> Content:
    """Two lines: the cloud, and what it carries."""
    first = line(_cloud(data), _health(data, width), width)
    counts = _counts(data, width)
    counts += _at_work(data, width - sum(_width(part) for part in counts))
    room = width - sum(_width(part) for part in counts) - 3
    load = _warned(data.warning, room) or _load(data.hosts, room)
    return Content("\n").join([first, line(counts, load, width)])


def _cloud(data: Overview) -> list[Part]:
    parts: list[Part] = [("slshell", "bold $primary"), "  ", (text.clean(data.profile), "bold")]
    if data.read_only:
        parts += ["  ", (" ⊘ read-only ", "$background on $warning")]
    parts += ["  ", styled(text.clean(data.where), "dim")]
    return parts


def _health(data: Overview, width: int) -> list[Part]:
    """What runs machines, and whether the picture is fresh; a narrow screen tells the latter only."""
    parts: list[Part] = []
    if data.status is not None and width >= _NARROW:
        parts.append(styled(data.status.engine, "dim"))
        if data.status.accelerator == "tcg":
            parts += [" ", styled("▲ emulation, slow", "warn")]
        else:
            parts += [" ", styled(data.status.accelerator.upper(), "dim")]
        parts.append("   ")
    if not data.known:
        parts.append(styled("◔ asking", "busy"))
    elif data.stale:
        parts.append(styled(f"✗ stale{_age(data)}", "bad"))
    elif data.age_s:
        parts.append(styled(f"◔{_age(data)}", "warn"))
    else:
        parts.append(styled("● live", "good"))
    return parts


def _age(data: Overview) -> str:
    return f" {text.duration(data.age_s)} old" if data.age_s else ""


def _at_work(data: Overview, room: int) -> list[Part]:
    """What is in flight: one's own commands first, the rest as a number, in half of the room at most."""
    words = [*data.commands, *data.jobs]
    if not words:
        return []
    stop = ", Ctrl-C stops it" if data.commands else ""
    more = f" and {len(words) - 1} more" if len(words) > 1 else ""
    said = text.clean(words[0])
    width = max(0, room // 2 - len(stop) - len(more) - 5)
    if width < _LEAST_WORDS:
        return [styled(f"   ◔ {len(words)} at work", "busy")]
    short = text.fit(said, min(width, cell_len(said))).rstrip()
    return [styled(f"   ◔ {short}{stop}{more}", "busy")]


def _counts(data: Overview, width: int) -> list[Part]:
    """How many machines are in each state; where there is no room, some or all states are signs only."""
    if not data.counts:
        return [styled("no instances" if data.known else "", "dim")]
    known = [state for state, _ in data.counts]
    told: tuple[list[State], ...] = (known, [state for state in known if state in _TOLD_LONGEST], [])
    made = [_counted(data.counts, each) for each in told]
    return next((parts for parts in made if sum(map(_width, parts)) <= width), made[-1])


def _counted(counts: Iterable[tuple[State, int]], told: Collection[State]) -> list[Part]:
    parts: list[Part] = []
    for state, number in counts:
        word = f" {state.lower()}" if state in told else ""
        parts += [styled(f"{states.glyph(state)} {number}{word}", states.role(state)), "  "]
    return parts[:-1]


def _load(hosts: Sequence[Host], room: int) -> list[Part]:
    """CPU, memory and disk of all hosts, as much of it as there is room for."""
    working = [host for host in hosts if host.status == "on"]
    if not working:
        return []
    total_cpu = sum(host.tcpu for host in working) / 100
    promised_cpu = total_cpu - sum(host.acpu for host in working) / 100
    total = sum(host.tmem_kib for host in working) * 1024
    used = total - sum(host.fmem_kib for host in working) * 1024
    promised = total - sum(host.amem_kib for host in working) * 1024
    disk_total = sum(host.disk_total_bytes for host in working)
    disk = sum(host.disk_free_bytes for host in working)
    cpu_part = _cpu(working, total_cpu, promised_cpu)
    memory = f"{text.size(used)} of {text.size(total)} used, {text.size(promised)} promised"
    memory_part = _gauge("MEM", memory, used / (total or 1))
    tight = disk < disk_total * _TIGHT
    disk_part = [styled("DISK ", "dim"), styled(f"{text.size(disk)} free", "warn" if tight else "")]
    short = [styled("MEM ", "dim"), f"{text.size(total - used)} free"]
    gap: list[Part] = ["   "]
    choices = (
        [*cpu_part, *gap, *memory_part, *gap, *disk_part],
        [*_plain(cpu_part), *gap, *_plain(memory_part), *gap, *disk_part],
        [*short, *gap, *disk_part],
        disk_part,
    )
    return next((parts for parts in choices if sum(map(_width, parts)) <= room), [])


def _cpu(working: Sequence[Host], total: float, promised: float) -> list[Part]:
    """CPUs used, where all hosts tell it, and promised."""
    if any(host.fcpu is None for host in working):
        return _gauge("CPU", f"{promised:g} of {total:g} promised", promised / (total or 1))
    used = total - sum(host.fcpu or 0 for host in working) / 100
    words = f"{used:.1f} of {total:g} used, {promised:g} promised"
    return _gauge("CPU", words, used / (total or 1))


def _warned(warning: str, room: int) -> list[Part]:
    """A warning about the disk takes the place of the load, for it is what matters then."""
    if not warning:
        return []
    words = f"▲ {text.clean(warning)}"
    return [styled(text.fit(words, max(12, room)).rstrip(), "bad")]


def _gauge(name: str, words: str, share: float) -> list[Part]:
    return [styled(f"{name} ", "dim"), gauge(share), f" {words}"]


def _plain(parts: Sequence[Part]) -> list[Part]:
    """A gauge without its bar."""
    return [parts[0], _words(parts[2]).lstrip()]


def gauge(share: float, width: int = BAR) -> Part:
    """A bar on its trough; full ones are warnings."""
    role = "$error" if share > 0.95 else "$warning" if share > 0.8 else "$primary"
    return text.bar(share, width), f"{role} on $rule"


def section(title: str) -> Part:
    """The heading of a part of a detail pane."""
    return f"\n{title}\n", "bold $secondary"


def links_section(links: Sequence[Link], width: int) -> list[Part]:
    """Links under a heading of their own; nothing when there are none."""
    if not links:
        return []
    pairs: list[tuple[str, Part]] = [(each.relation, (text.clean(each.name), each.style)) for each in links]
    return [section("Related"), *facts(pairs, width)]


def facts(pairs: Iterable[tuple[str, Part]], width: int) -> list[Part]:
    """Names and values under each other, long values indented; empty values are left out."""
    items = [(name, value) for name, value in pairs if _words(value)]
    indent = max((len(name) for name, _ in items), default=0) + 2
    parts: list[Part] = []
    for name, value in items:
        style = "" if isinstance(value, str) else value[1]
        lines = chop_words(_words(value), max(12, width - indent))
        parts.append(styled(name.ljust(indent), "dim"))
        parts.append((f"\n{' ' * indent}".join(lines), style))
        parts.append("\n")
    return parts


def chop_words(words: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken at blanks where there are some."""
    lines = [""]
    for word in words.split(" "):
        if cell_len(lines[-1]) + cell_len(word) + bool(lines[-1]) <= width:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
            continue
        chopped = chop_cells(word, width) or [""]
        lines = (lines if lines[-1] else lines[:-1]) + chopped
    return lines


def host_facts(host: Host, width: int) -> Content:
    """The detail pane of a host."""
    pairs: list[tuple[str, Part]] = [
        ("status", host.status),
        ("hypervisor", text.clean(host.hypervisor)),
        ("runs by", styled(host_columns.accelerator(host), "warn" if host.accelerator == "tcg" else "good")),
        ("why", text.clean(host.accelerator_reason)),
        ("CPU", f"{host.tcpu / 100:g}{_idle(host)}, {host.acpu / 100:g} not promised"),
        ("memory", f"{text.size(host.tmem_kib * 1024)}, {text.size(host.fmem_kib * 1024)} free, "
                   f"{text.size(host.amem_kib * 1024)} not promised"),
        ("disk", f"{text.size(host.disk_total_bytes)}, {text.size(host.disk_free_bytes)} free"),
        ("machines", str(host.running)),
    ]  # fmt: skip
    return Content.assemble((f"{text.clean(host.name)}\n\n", "bold"), *facts(pairs, width))


def _idle(host: Host) -> str:
    return "" if host.fcpu is None else f", {host.fcpu / 100:.1f} idle"


def _width(part: Part) -> int:
    return cell_len(_words(part))


def _words(part: Part) -> str:
    return part if isinstance(part, str) else part[0]
