"""The clock of a volume stops when the cloud says that it is done, and not when it says that it failed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree

from benchmarks import domains
from benchmarks.volumes import settled
from slshell.model.cloud import Changes
from slshell.model.volume import Visibility, Volume, VolumeState

ASKED = Volume(
    id="0f7ef0a1-0000-4000-8000-000000000001", tag="", state=VolumeState.ATTACHING, reason="", progress="",
    size_bytes=1 << 30, allocated_bytes=0, visibility=Visibility.PRIVATE, owner="root", origin="",
    created_at=datetime(2026, 1, 2, tzinfo=UTC), revision=3,
)  # fmt: skip


class Told:
    """A cloud that tells of these changes, one a call."""

    def __init__(self, *states: dict[str, Any]) -> None:
        self.asked_since: list[int] = []
        self._states = list(states)

    def changes(self, since: int, _wait_s: float) -> Changes:
        self.asked_since.append(since)
        one = msgspec.structs.replace(ASKED, **self._states.pop(0))
        return Changes(revision=since + 1, volumes=[one])


def wait(told: Told, state: VolumeState) -> Volume:
    return settled(told, ASKED, state)  # type: ignore[arg-type]


def test_it_waits_until_no_work_is_done_any_more() -> None:
    told = Told({"progress": "plugging"}, {"state": VolumeState.ATTACHED, "progress": "at work"},
                {"state": VolumeState.ATTACHED})  # fmt: skip
    assert wait(told, VolumeState.ATTACHED).state is VolumeState.ATTACHED
    assert told.asked_since == [3, 4, 5]


def test_what_failed_is_no_measurement() -> None:
    refused = Told({"state": VolumeState.AVAILABLE, "reason": "the machine does not run"})
    with pytest.raises(RuntimeError, match="the machine does not run"):
        wait(refused, VolumeState.ATTACHED)


def test_a_guest_that_takes_its_time_is_waited_for() -> None:
    slow = Told({"state": VolumeState.DETACHING, "reason": "the guest has not let go yet"},
                {"state": VolumeState.AVAILABLE})  # fmt: skip
    assert wait(slow, VolumeState.AVAILABLE).state is VolumeState.AVAILABLE


def test_virsh_gets_the_disk_as_the_cloud_describes_it() -> None:
    disk = etree.fromstring(domains.description(Path("/v/<a>.qcow2")))
    source, driver = disk.find("source"), disk.find("driver")
    assert source is not None and source.get("file") == "/v/<a>.qcow2"
    assert driver is not None and (driver.get("type"), driver.get("discard")) == ("qcow2", "unmap")
