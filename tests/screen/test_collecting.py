"""Garbage is collected between keys, and when nobody types."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from slshell.dashboard import collecting
from tests.screen.driver import dashboard
from tests.screen.served import ScreenCloud


class Ring:
    """Only the collector can remove it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def never_by_itself() -> Iterator[None]:
    """Nothing but the dashboard starts a round."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("never_by_itself")
async def test_what_keys_leave_lying_is_collected_after_them(
    cloud: ScreenCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "IDLE_S", 600.0)
    async with dashboard() as screen:
        await screen.shows("No instances yet.")
        rings = [Ring() for _ in range(collecting.YOUNG)]
        left = weakref.ref(rings[0])
        rings.clear()
        assert left() is not None
        await screen.press("j")
        await screen.until(lambda: left() is None, "the end of what was left lying")


@pytest.mark.usefixtures("never_by_itself")
async def test_what_outlived_many_rounds_is_collected_when_nobody_types(
    cloud: ScreenCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "IDLE_S", 0.1)
    async with dashboard() as screen:
        await screen.shows("No instances yet.")
        ring = Ring()
        left = weakref.ref(ring)
        for _ in range(collecting.ROUNDS + 1):
            gc.collect(1)
        del ring
        await screen.press("j")
        await screen.until(lambda: left() is None, "the end of what was left lying")
