"""The dashboard's command line speaks the language of the REPL: pipes, variables, questions with a name."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Button, Input

from slshell.dashboard.screens.confirm import ConfirmScreen
from slshell.model.instance import State
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent
from tests.screen.test_doing import posted, typed


async def send(screen: Driver, line: str) -> None:
    """Type a line and send it."""
    await screen.press("colon")
    screen.app.main.command_line.open(line)
    await screen.press("enter")


async def test_a_pipe_is_done_to_what_its_left_side_shows(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    cloud.put(recent(2, name="off", state=State.UNKNOWN, reachable=False))
    async with dashboard() as screen:
        await screen.shows("off")
        await send(screen, "instances --state Unknown | start")
        await screen.until(lambda: "off (2) Boot" in screen.notices, "the notice")
        assert posted(cloud) == ["/v1/instances/2/start"]


async def test_variables_stay_and_are_completed(cloud: ScreenCloud) -> None:
    cloud.put(recent(12, name="web"))
    async with dashboard() as screen:
        await screen.shows("web")
        await send(screen, "export MACHINE=12")
        await screen.until(lambda: not screen.app.main.command_line.display)
        await screen.press("colon")
        screen.app.main.command_line.open("shutdown $MACH")
        await screen.press("tab")
        assert typed(screen) == "shutdown $MACHINE "
        await screen.press("enter")
        await screen.until(lambda: posted(cloud) == ["/v1/instances/12/shutdown"], "the request")


async def test_a_cautious_profile_has_the_name_typed(cloud: ScreenCloud, own_settings: Path) -> None:
    (own_settings / "c").mkdir()
    (own_settings / "c" / "config.toml").write_text("[profiles.local]\nconfirm = 'name'\n")
    cloud.put(recent(1, name="web"))
    async with dashboard() as screen:
        await screen.shows("web")
        await screen.press("ctrl+k")
        await screen.until(lambda: isinstance(screen.app.screen, ConfirmScreen))
        await screen.shows("Type web to go on:")
        await screen.type("we")
        await screen.press("enter")
        assert screen.app.screen.query_one("#go", Button).disabled
        await screen.type("b")
        await screen.until(lambda: not screen.app.screen.query_one("#go", Button).disabled)
        assert screen.app.screen.query_one(Input).value == "web"
        assert posted(cloud) == []
        await screen.press("enter")
        await screen.until(lambda: posted(cloud) == ["/v1/instances/1/kill"], "the request")


async def test_the_shell_of_the_system_is_not_reached_from_here(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await send(screen, "!touch x")
        await screen.shows("“!” is for the REPL")


async def test_a_line_that_cannot_be_read_stays_and_says_why(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("colon")
        await screen.type("instances < x")
        await screen.press("enter")
        await screen.shows("“<” means nothing here")
        assert typed(screen) == "instances < x"


async def test_exit_leaves(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await send(screen, "exit 4")
        await screen.until(lambda: screen.app.return_value == 4, "the end")
