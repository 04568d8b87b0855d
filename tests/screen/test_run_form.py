"""The form for `run` says who endorsed what one is about to start, and takes tags."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from slshell.model.appliance import ApplianceState
from slshell.model.entry import CatalogueEntry
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud
from tests.screen.test_catalogue import offered
from tests.screen.test_forms import form, opened
from tests.unit.client.served import TTYLINUX, appliance


def entry(**changes: Any) -> CatalogueEntry:
    """A statement of Ann's about the usual appliance, which holds."""
    values: dict[str, Any] = {
        "identifier": TTYLINUX, "endorser": "ann@example.org", "size_bytes": 1, "checksums": {},
        "endorsed_at": datetime(2026, 1, 1, tzinfo=UTC), "valid": datetime(2031, 5, 6, tzinfo=UTC),
        "status": "valid", "allowed": True,
    }  # fmt: skip
    return CatalogueEntry(**{**values, **changes})


def told(screen: Driver) -> str:
    """What the form says of the appliance."""
    area = form(screen).query_one("#form-told").region
    return "\n".join(line[area.x : area.right] for line in screen.frame.splitlines()[area.y : area.bottom])


def buttons(screen: Driver) -> str:
    """What is drawn where the buttons of the form are."""
    area = form(screen).query_one("#buttons").region
    line = screen.frame.splitlines()[area.y]
    return line[area.x : area.right].strip()


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_it_says_who_endorsed_the_appliance_and_until_when(
    cloud: ScreenCloud, size: tuple[int, int]
) -> None:
    cloud.entries = [entry()]
    async with dashboard(size) as screen:
        await opened(screen)
        await screen.shows("✓ endorsed by ann@example.org until 2031-05-06")
        await screen.press("tab")
        await screen.shows("1 CPU, 128 MB")
        for words in ("tags", "swap", "$ slshell run"):
            assert words in screen.frame
        assert buttons(screen) == "Cancel         Run"


async def test_it_says_of_an_unsigned_one_that_nobody_endorses_it(cloud: ScreenCloud) -> None:
    async with dashboard((80, 24)) as screen:
        await opened(screen)
        await screen.shows("○ unsigned: nobody endorses it (bundled)")


async def test_it_tells_what_is_deprecated_expired_or_refused_and_why(cloud: ScreenCloud) -> None:
    cloud.entries = [
        entry(endorser="bob@example.org", status="deprecated", deprecated="has a hole"),
        entry(endorser="cy@example.org", status="expired", valid=datetime(2020, 1, 2, tzinfo=UTC)),
        entry(endorser="eve@example.org", allowed=False, reason="eve is on the black list"),
        entry(endorser="ann@example.org", status="expired", latest=False),
    ]
    async with dashboard() as screen:
        await opened(screen)
        await screen.shows("! deprecated by bob@example.org: has a hole")
        assert "! endorsed by cy@example.org; that expired on 2020-01-02" in told(screen)
        assert "✗ endorsed by eve@example.org; refused here: eve is" in told(screen)
        assert "ann@" not in told(screen)


async def test_many_endorsers_leave_the_buttons_on_a_small_screen(cloud: ScreenCloud) -> None:
    cloud.entries = [entry(endorser=f"{name}@example.org") for name in ("a", "b", "c", "d", "e")]
    async with dashboard((80, 24)) as screen:
        await opened(screen)
        await screen.shows("endorsed by a@example.org")
        assert buttons(screen) == "Cancel         Run"
    async with dashboard() as screen:
        await opened(screen)
        await screen.shows("and 2 more; :appliance tells all")


async def test_what_is_said_follows_the_appliance_that_is_typed(cloud: ScreenCloud) -> None:
    cloud.entries = [entry()]
    cloud.put(appliance("debian", id="D" * 27, origin="image.qcow2"))
    async with dashboard() as screen:
        await opened(screen)
        await screen.shows("✓ endorsed by ann@example.org")
        await screen.press(*["backspace"] * 8)
        await screen.until(lambda: not form(screen).query_one("#form-told").display)
        await screen.type("deb")
        await screen.shows("? no appliance is known by this name")
        await screen.type("ian")
        await screen.shows("○ unsigned: nobody endorses it (image.qcow2)")


async def test_an_appliance_that_is_deprecated_meanwhile_is_told_in_the_open_form(cloud: ScreenCloud) -> None:
    cloud.entries = [entry()]
    async with dashboard() as screen:
        await opened(screen)
        await screen.shows("✓ endorsed by ann@example.org")
        cloud.entries = [entry(status="deprecated", deprecated="has a hole")]
        cloud.put(appliance(endorser="ann@example.org", status="deprecated"))
        await screen.shows("! deprecated by ann@example.org: has a hole")


async def test_an_image_that_is_not_held_is_said_to_be_fetched(cloud: ScreenCloud) -> None:
    cloud.appliances.clear()
    cloud.offered = [offered(1, "Web-server", status="expired")]
    async with dashboard((160, 40)) as screen:
        await screen.press("3")
        await screen.shows("Web-server")
        await screen.press("r")
        await screen.shows("! endorsed by ann@example.org; that expired")
        assert "(https://market.example.org)" in told(screen)
        assert "○ fetched from https://example.org/image when it is started" in screen.frame


async def test_one_that_failed_to_come_in_is_told_with_its_reason(cloud: ScreenCloud) -> None:
    cloud.put(appliance("broken", id="F" * 27, state=ApplianceState.FAILED, reason="the disk is full"))
    async with dashboard() as screen:
        await opened(screen)
        await screen.press(*["backspace"] * 8)
        await screen.type("F" * 27)
        await screen.shows("✗ it could not be brought in: the disk is full")


async def test_hostile_endorsements_are_plain_text(cloud: ScreenCloud) -> None:
    cloud.entries = [
        entry(endorser="[/red]\x1b[2J@evil", status="deprecated", deprecated="[@click=app.quit]x[/]\u202e")
    ]
    async with dashboard() as screen:
        await opened(screen)
        await screen.shows("! deprecated by [/red]␛[2J@evil: [@click=app.quit]x[/]")
        assert not {"\x1b", "\u202e"} & set(screen.frame)


async def test_tags_are_filled_in_shown_in_the_line_and_sent(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press(*["tab"] * 6)
        await screen.shows("A word to find the machine by")
        await screen.type('web "two words"'.replace('"', "'"))
        await screen.shows("$ slshell run ttylinux --tag web --tag 'two words'")
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.app.main)
    body = json.loads(next(body for method, _, body in cloud.requests if method == "POST"))
    assert body["tags"] == ["web", "two words"]
