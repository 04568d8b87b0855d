"""What was measured of machines since the dashboard was opened, in little memory however long that is."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from slshell.model.instance import Metrics

MOST = 240
"""Samples kept of one machine, an even number; when more come, each two become one."""


@dataclass
class Track:
    """Samples of one machine, oldest first: seconds since the epoch, percent of one CPU, KiB of memory.

    Each is the mean of the same number of measurements; only the last one may still be growing.
    """

    times: array[float] = field(default_factory=lambda: array("d"))
    cpu: array[float] = field(default_factory=lambda: array("d"))
    memory: array[float] = field(default_factory=lambda: array("d"))
    _stride: int = 1
    _in_last: int = 1

    def add(self, time: float, cpu: float, memory: float) -> None:
        """Add a measurement that is newer than all others."""
        pairs = ((self.times, time), (self.cpu, cpu), (self.memory, memory))
        if self.times and self._in_last < self._stride:
            self._in_last += 1
            for values, value in pairs:
                values[-1] += (value - values[-1]) / self._in_last
            return
        if len(self.times) == MOST:
            self._stride *= 2
            for values, _ in pairs:
                values[:] = array("d", map(_mean, values[::2], values[1::2]))
        for values, value in pairs:
            values.append(value)
        self._in_last = 1


def _mean(first: float, second: float) -> float:
    return (first + second) / 2


class History:
    """The tracks of all machines that were on screen."""

    def __init__(self) -> None:
        self._tracks: dict[int, Track] = {}

    def add(self, metrics: Iterable[Metrics], time: float) -> None:
        """Take measurements made at `time`, in seconds since the epoch."""
        for each in metrics:
            self._tracks.setdefault(each.id, Track()).add(time, each.cpu_percent, each.memory_kib)

    def keep(self, ids: Collection[int]) -> None:
        """Forget the machines that are not among `ids`."""
        for number in self._tracks.keys() - set(ids):
            del self._tracks[number]

    def of(self, number: int) -> Track:
        """What is known of a machine, maybe nothing."""
        return self._tracks.get(number, Track())
