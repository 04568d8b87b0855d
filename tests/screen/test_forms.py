"""The form for `run`: offers, what is missing, the line that it makes, and a failure that loses nothing."""

from __future__ import annotations

import json

import pytest
from textual.widgets import Input

from slshell.dashboard.screens.form import FormScreen
from slshell.model.errors import NoCapacity
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent
from tests.unit.client.served import appliance


def form(screen: Driver) -> FormScreen:
    """The form on screen."""
    assert isinstance(screen.app.screen, FormScreen)
    return screen.app.screen


async def opened(screen: Driver) -> None:
    """Press r and wait for the form."""
    await screen.shows("● live")
    await screen.until(lambda: bool(screen.app.picture.types))
    await screen.press("r")
    await screen.until(lambda: isinstance(screen.app.screen, FormScreen))


async def test_r_and_enter_start_a_machine_of_the_usual_appliance(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.shows("$ slshell run ttylinux")
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.app.main)
        await screen.until(lambda: screen.table.cursor_key == 1)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_all_of_the_form_is_on_screen_at_any_size(cloud: ScreenCloud, size: tuple[int, int]) -> None:
    async with dashboard(size) as screen:
        await opened(screen)
        await screen.press("tab")
        await screen.shows("1 CPU, 128 MB")
        for words in ("appliance", "type", "count", "context", "swap", "$ slshell run", "Cancel", "Run"):
            assert words in screen.frame


async def test_types_are_offered_with_their_resources_and_taken_by_keys(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("tab")
        await screen.shows("4 CPU, 2048 MB")
        await screen.press("down", "down")
        await screen.shows("$ slshell run ttylinux --type c1.xlarge")
        await screen.press("up")
        await screen.shows("$ slshell run ttylinux --type m1.small")


async def test_offers_narrow_as_one_types(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("tab")
        await screen.type("c1")
        await screen.until(lambda: "m1.small" not in screen.frame)
        assert "4 CPU, 2048 MB" in screen.frame


async def test_everything_that_is_filled_in_reaches_the_cloud(cloud: ScreenCloud) -> None:
    sent: list[object] = []
    cloud.on_run = sent.append
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("tab")
        await screen.type("m1.small")
        await screen.press("tab")
        await screen.type("web")
        await screen.press("tab")
        await screen.type("2")
        await screen.press("tab", "tab")
        await screen.type('A=1 B="two words"')
        await screen.shows("--context 'B=two words'")
        await screen.press("ctrl+s")
        await screen.until(lambda: screen.app.screen is screen.app.main)
    body = json.loads(next(body for method, _, body in cloud.requests if method == "POST"))
    assert (body["type"], body["name"], body["count"]) == ("m1.small", "web", 2)
    assert body["context"] == {"A": "1", "B": "two words"}


async def test_what_is_missing_is_marked_and_nothing_is_sent(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press(*["backspace"] * 8)
        await screen.press("enter")
        await screen.shows("✗ appliance must be filled in")
        assert "✗ appliance " in screen.frame
        assert screen.app.focused is form(screen).query_one("#field-appliance")
    assert [each for each in cloud.requests if each[0] == "POST"] == []


async def test_a_failed_call_keeps_everything_typed(cloud: ScreenCloud) -> None:
    cloud.failures["/v1/instances"] = NoCapacity(
        "the host has [/red] 512 MiB left", hint="take a smaller type"
    )
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("tab", "tab")
        await screen.type("web")
        await screen.press("enter")
        await screen.shows("the host has [/red] 512 MiB left")
        assert "take a smaller type" in screen.frame
        assert form(screen).query_one("#field-name", Input).value == "web"
        del cloud.failures["/v1/instances"]
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.app.main)
    bodies = [json.loads(body) for method, _, body in cloud.requests if method == "POST"]
    assert [each["name"] for each in bodies] == ["web", "web"]


async def test_a_wrong_number_is_told_in_the_form(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("tab", "tab", "tab")
        await screen.type("many")
        await screen.press("enter")
        await screen.shows("✗ ")
        await screen.until(lambda: "not “many”" in screen.frame)
        assert form(screen).at_work is None


async def test_the_command_line_can_be_copied(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("ctrl+y")
        assert screen.app.clipboard == "slshell run ttylinux"


async def test_the_form_begins_with_the_appliance_under_the_cursor(cloud: ScreenCloud) -> None:
    cloud.put(appliance("de bian", id="B" * 27))
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        await screen.press("3")
        await screen.shows("de bian")
        screen.table.move_to("B" * 27)
        await screen.press("r")
        await screen.shows("$ slshell run 'de bian'")


async def test_buttons_can_be_clicked_and_escape_cancels(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.pilot.click("#cancel")
        await screen.until(lambda: screen.app.screen is screen.app.main)
        await opened(screen)
        await screen.press("escape")
        await screen.until(lambda: screen.app.screen is screen.app.main)
        await opened(screen)
        await screen.pilot.click("#submit")
        await screen.until(lambda: screen.table.cursor_key == 1)


async def test_a_button_stays_where_it_is_clicked_while_something_is_offered(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("tab")
        await screen.shows("4 CPU, 2048 MB")
        await screen.pilot.click("#submit")
        await screen.until(lambda: screen.table.cursor_key == 1)


async def test_hostile_offers_are_drawn_as_text(cloud: ScreenCloud) -> None:
    cloud.put(appliance("[/red]\x1b[31m", id="C" * 27, title="[@click=app.quit]x[/]"))
    async with dashboard() as screen:
        await opened(screen)
        await screen.press(*["backspace"] * 8)
        await screen.shows("[@click=app.quit]x[/]")
        assert "\x1b" not in screen.frame
