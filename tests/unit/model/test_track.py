"""A track is as long as a machine's life and as short as a screen."""

from __future__ import annotations

from slshell.model.instance import Metrics
from slshell.model.track import MOST, Track


def seen(value: float, packets: float | None = None) -> Metrics:
    return Metrics(
        id=1, cpu_percent=value, memory_kib=int(value), disk_read_bytes=value, disk_write_bytes=value,
        packets_in=packets, packets_out=packets,
    )  # fmt: skip


def test_a_long_track_keeps_its_beginning_and_its_end_in_little_room() -> None:
    track = Track()
    for second in range(10_000):
        track.add(float(second), seen(float(second)))
    assert MOST / 3 < len(track.times) <= MOST
    assert track.times[0] < 32
    assert track.times[-1] > 9950
    assert list(track.times) == sorted(track.times)
    assert track.cpu == track.times == track.memory == track.disk_read == track.disk_write


def test_a_mean_of_two_is_of_those_that_were_counted() -> None:
    track = Track()
    for second in range(MOST + 1):
        track.add(float(second), seen(4.0, 8.0 if second % 2 else None))
    assert track.packets_in[:3] == [8.0, 8.0, 8.0]
    assert track.cpu[:3] == [4.0, 4.0, 4.0]


def test_a_machine_that_is_off_is_told() -> None:
    track = Track()
    assert track.off
    track.add(1.0, seen(5.0))
    assert not track.off
    track.add(2.0, None)
    assert track.off
    assert track.memory == [5.0, None]
