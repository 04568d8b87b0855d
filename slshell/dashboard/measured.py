"""The graphs of a machine: what was measured of it over its life."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from slshell.dashboard import text
from slshell.dashboard.columns import base
from slshell.dashboard.graphs import HEIGHT, graph
from slshell.dashboard.pictures import Part, styled
from slshell.model.instance import Instance
from slshell.model.track import Track, Values

_LEAST_SAMPLES = 2
_LOW = 2
"""Lines of the graphs of which there are many."""
_FRESH_S = 75.0
"""The cloud measures at least once a minute; a last sample that is older has an end."""
_LEAST_RATE = 1024.0
_LEAST_PACKETS = 10.0


def load(row: Instance, track: Track, width: int) -> list[Part]:
    """Graphs of processor and memory."""
    memory = max(row.ram_mib * 1024.0, _most(track.memory))
    return [
        *_graph(track, "CPU", track.cpu, 100.0 * max(1, row.vcpu), lambda value: f"{value:.0f} %", width),
        *_graph(track, "Memory", track.memory, memory, lambda value: text.size(value * 1024), width),
    ]


def traffic(track: Track, width: int) -> list[Part]:
    """Graphs of what went through disks and network, both directions to one measure."""
    disk = max(_LEAST_RATE, _most(track.disk_read), _most(track.disk_write))
    packets = max(_LEAST_PACKETS, _most(track.packets_in), _most(track.packets_out))
    return [
        *_graph(track, "Disk, read", track.disk_read, disk, _rate, width, _LOW),
        *_graph(track, "Disk, written", track.disk_write, disk, _rate, width, _LOW),
        *_graph(track, "Network, in", track.packets_in, packets, _packets, width, _LOW),
        *_graph(track, "Network, out", track.packets_out, packets, _packets, width, _LOW),
    ]


def _graph(
    track: Track,
    title: str,
    values: Values,
    top: float,
    words: Callable[[float], str],
    width: int,
    height: int = HEIGHT,
) -> list[Part]:
    """One graph with its heading, when there are at least two samples to draw a line between."""
    if len(track.times) < _LEAST_SAMPLES or all(value is None for value in values):
        return []
    # Between two samples the graph stands still, so that a quiet screen writes nothing.
    now = base.now().timestamp()
    now = track.times[-1] if now - track.times[-1] < _FRESH_S else now
    return [
        (f"\n{title}", "bold $secondary"),
        styled(f"  highest {words(_most(values))}\n", "dim"),
        *graph(
            track.times, values, now=now, top=top, unit=words(top), width=width, off=track.cpu, height=height
        ),
    ]


def _most(values: Sequence[float | None]) -> float:
    return max((value for value in values if value is not None), default=0.0)


def _rate(value: float) -> str:
    return f"{text.size(value)}/s"


def _packets(value: float) -> str:
    return f"{value / 1000:.1f}k p/s" if value >= 1000 else f"{value:.0f} p/s"
