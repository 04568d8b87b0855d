"""A newcomer is shown around once, and has a machine at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from slshell.dashboard.screens.tour import TourScreen
from slshell.model.errors import NoCapacity
from slshell.model.instance import State
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent
from tests.screen.test_session import PRODUCTION, configure


async def begun(screen: Driver) -> None:
    """Wait for the tour."""
    await screen.until(lambda: isinstance(screen.app.screen, TourScreen), "the tour")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_the_tour_starts_a_machine_and_follows_it(cloud: ScreenCloud, size: tuple[int, int]) -> None:
    async with dashboard(size, tour=True) as screen:
        await begun(screen)
        await screen.shows("1 of 3")
        await screen.press("enter")
        await screen.shows("$ slshell run ttylinux")
        await screen.press("enter")
        await screen.shows("vm-1 (1)  ○ Pending")
        cloud.change(1, state=State.RUNNING, reachable=True)
        await screen.shows("● Running, and it answers")
        await screen.press("enter")
        await screen.shows("c opens a session")
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.app.main)
        assert screen.table.cursor_key == 1


async def test_the_tour_is_skipped_with_escape_and_does_not_come_again(cloud: ScreenCloud) -> None:
    async with dashboard(tour=True) as screen:
        await begun(screen)
        await screen.press("escape")
        await screen.until(lambda: screen.app.screen is screen.app.main)
    async with dashboard(tour=True) as screen:
        await screen.shows("No instances yet.")
        await screen.shows("● live")
        assert screen.app.screen is screen.app.main
    assert [each for each in cloud.requests if each[0] == "POST"] == []


async def test_who_has_machines_is_no_newcomer(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard(tour=True) as screen:
        await screen.shows("vm-1")
        assert screen.app.screen is screen.app.main


async def test_a_read_only_profile_has_no_tour(cloud: ScreenCloud, own_settings: Path) -> None:
    configure(own_settings, PRODUCTION)
    async with dashboard(tour=True) as screen:
        await screen.shows("No instances yet.")
        assert screen.app.screen is screen.app.main


async def test_a_machine_that_cannot_be_started_is_told_and_can_be_tried_again(cloud: ScreenCloud) -> None:
    async with dashboard(tour=True) as screen:
        await begun(screen)
        await screen.press("enter")
        await screen.shows("2 of 3")
        cloud.failures["/v1/instances"] = NoCapacity("no room [/red]", hint="close something")
        await screen.press("enter")
        await screen.shows("✗ no room [/red]")
        assert "close something" in screen.frame
        del cloud.failures["/v1/instances"]
        await screen.press("enter")
        await screen.shows("○ Pending")


async def test_the_buttons_of_the_tour_are_seen_on_a_small_screen(cloud: ScreenCloud) -> None:
    async with dashboard((60, 20), tour=True) as screen:
        await screen.shows("1 of 3")
        await screen.shows("Skip")
        assert "? tells the keys of where you are." in " ".join(screen.frame.replace("│", "").split())
