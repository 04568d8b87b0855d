"""What entries of the catalogue offer is among the appliances: searched as one types, told of, and run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from slshell.model.appliance import Appliance, ApplianceState
from tests.screen.driver import dashboard
from tests.screen.served import ScreenCloud, recent
from tests.screen.test_session import leave
from tests.unit.client.served import appliance

FAR = "MMZu9WvwKIro-rtBQfDk4PsKO7_"


def offered(number: int, title: str, **changes: Any) -> Appliance:
    """An appliance that an entry offers."""
    values: dict[str, Any] = {
        "id": f"{FAR[:20]}{number:07d}", "title": title, "state": ApplianceState.AVAILABLE, "os": "debian",
        "origin": "https://example.org/image", "endorser": "ann@example.org", "status": "valid",
        "endorsed_at": datetime(2026, 1, 1, tzinfo=UTC), "source": "https://market.example.org",
    }  # fmt: skip
    return appliance(title, **{**values, **changes})


def searches(cloud: ScreenCloud) -> list[str]:
    """What was looked for in the catalogue."""
    return [target for _, target, _ in cloud.requests if target.startswith("/v1/catalogue?")]


async def test_what_entries_offer_stands_beside_what_is_held(cloud: ScreenCloud) -> None:
    cloud.offered = [offered(1, "Web-server"), offered(2, "Grid-node", status="expired")]
    async with dashboard((240, 40)) as screen:
        await screen.press("3")
        await screen.shows("Web-server")
        assert "○ available" in screen.line_of("Web-server")
        assert "ann@example.org" in screen.line_of("Web-server")
        assert "○ expired" in screen.line_of("Grid-node")
        assert "● ready" in screen.line_of("ttylinux")


async def test_nobody_asks_the_catalogue_while_another_view_is_on_screen(cloud: ScreenCloud) -> None:
    cloud.offered = [offered(1, "Web-server")]
    async with dashboard() as screen:
        await screen.shows("No instances yet.")
        assert searches(cloud) == []


async def test_the_filter_searches_the_catalogue_as_one_types(cloud: ScreenCloud) -> None:
    cloud.offered = [offered(number, f"Filler-{number}") for number in range(300)]
    cloud.offered.append(offered(999, "Needle"))
    async with dashboard((160, 40)) as screen:
        await screen.press("3")
        await screen.shows("Filler-1 ")
        await screen.hides("Needle")
        await screen.press("slash", *"need")
        await screen.shows("Needle")
        await screen.until(lambda: any("words=need" in target for target in searches(cloud)))
        await screen.press("escape")
        await screen.shows("Filler-1 ")


async def test_the_cursor_comes_back_to_what_only_the_catalogue_offers(cloud: ScreenCloud) -> None:
    cloud.offered = [offered(number, f"Filler-{number}") for number in range(300)]
    cloud.offered += [offered(998, "Needle-1"), offered(999, "Needle-2")]
    wanted = cloud.offered[-1].id
    for _ in range(3):
        async with dashboard((160, 40)) as screen:
            if not screen.table.rows.filter.line:
                await screen.press("3")
                await screen.press("slash", *"need", "enter")
                await screen.shows("Needle-2")
                await screen.press("end")
            await screen.until(lambda: screen.table.cursor_key == wanted, "the cursor on it")
            await leave(screen)


async def test_a_row_that_comes_late_does_not_take_a_moved_cursor_away(cloud: ScreenCloud) -> None:
    for number in (1, 2, 3):
        cloud.put(recent(number))
    async with dashboard() as screen:
        await screen.shows("vm-3")
        await screen.press("end")
        await screen.until(lambda: screen.table.cursor_key == 3)
        await leave(screen)
    cloud.drop_instance(3)
    async with dashboard() as screen:
        await screen.shows("vm-2")
        await screen.press("down")
        await screen.until(lambda: screen.table.cursor_key == 2)
        cloud.put(recent(3, name="late"))
        await screen.shows("late")
        assert screen.table.cursor_key == 2


async def test_details_say_who_endorsed_it_and_r_runs_it_by_its_identifier(cloud: ScreenCloud) -> None:
    cloud.appliances.clear()
    one = offered(1, "Web-server")
    cloud.offered = [one]
    async with dashboard((160, 40)) as screen:
        await screen.press("3")
        await screen.shows("Web-server")
        await screen.shows("endorser")
        assert "market.example.org" in screen.frame
        await screen.press("r")
        await screen.shows(one.id)
        await screen.shows(f"run {one.id}")


async def test_hostile_texts_of_entries_are_only_text(cloud: ScreenCloud) -> None:
    cloud.offered = [offered(1, "[red]Evil[/]\x1b[2J", endorser="[b]eve@example.org", tags=("\x07",))]
    async with dashboard((160, 40)) as screen:
        await screen.press("3")
        await screen.shows("[red]Evil[/]")
        await screen.shows("[b]eve@example.org")
        assert "\x1b" not in screen.frame
