"""What was measured of one machine over its life, in the same little room however long that is."""

from __future__ import annotations

import msgspec

from slshell.model.instance import Metrics

MOST = 240
"""Samples kept of one machine, an even number; when more come, each two become one."""

Values = list[float | None]


class Track(msgspec.Struct, kw_only=True):
    """Samples of one machine, oldest first; all lists have the same length.

    Each sample is the mean of `stride` measurements; only the last may still be growing. None stands where
    the machine was off, or where that figure could not be counted.
    """

    times: list[float] = []
    """Seconds since the epoch."""
    cpu: Values = []
    """Percent of one CPU."""
    memory: Values = []
    """KiB of the host."""
    disk_read: Values = []
    """Bytes a second, as `disk_write`."""
    disk_write: Values = []
    packets_in: Values = []
    """Packets a second, as `packets_out`."""
    packets_out: Values = []
    stride: int = 1
    in_last: int = 1
    """Of how many measurements the last sample is the mean so far."""

    def add(self, time: float, seen: Metrics | None) -> None:
        """Add a measurement that is newer than all others; None: the machine was off."""
        figures = (None,) * 6 if seen is None else _figures(seen)
        if self.times and self.in_last < self.stride:
            self.in_last += 1
            self.times[-1] += (time - self.times[-1]) / self.in_last
            for values, value in zip(self._values(), figures, strict=True):
                values[-1] = _mean(values[-1], value, 1 / self.in_last)
            return
        if len(self.times) >= MOST:
            self._thin()
        self.times.append(time)
        for values, value in zip(self._values(), figures, strict=True):
            values.append(value)
        self.in_last = 1

    @property
    def off(self) -> bool:
        """The last that is known is that the machine was off."""
        return not self.cpu or self.cpu[-1] is None

    def _thin(self) -> None:
        self.stride *= 2
        pairs = zip(self.times[::2], self.times[1::2], strict=False)
        self.times[:] = [(one + two) / 2 for one, two in pairs]
        for values in self._values():
            values[:] = [_mean(one, two, 0.5) for one, two in zip(values[::2], values[1::2], strict=False)]

    def _values(self) -> tuple[Values, ...]:
        return (
            self.cpu, self.memory, self.disk_read, self.disk_write, self.packets_in, self.packets_out
        )  # fmt: skip


def _figures(seen: Metrics) -> tuple[float | None, ...]:
    return (
        seen.cpu_percent, float(seen.memory_kib), seen.disk_read_bytes, seen.disk_write_bytes,
        seen.packets_in, seen.packets_out,
    )  # fmt: skip


def _mean(one: float | None, two: float | None, share_of_two: float) -> float | None:
    """Both weighted; where only one was measured, that one."""
    if one is None or two is None:
        return two if one is None else one
    return one + (two - one) * share_of_two
