"""Keys of one's own, and the help and footer that tell them."""

from __future__ import annotations

from pathlib import Path

from textual.widgets._footer import FooterKey

from slshell.model.instance import State
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent
from tests.screen.test_session import configure


async def test_a_rebound_key_works_and_is_told_by_footer_and_help(
    cloud: ScreenCloud, own_settings: Path
) -> None:
    configure(own_settings, '[dashboard.keys]\n"do.kill" = "f8"\n"go.filter" = "ctrl+f"\n')
    cloud.put(recent(1))
    async with dashboard((120, 60)) as screen:
        await screen.shows("vm-1")
        assert "^f Filter" in screen.frame
        await screen.press("ctrl+k", "slash")
        assert screen.app.screen is screen.app.main
        await screen.press("f8")
        await screen.shows("This will be lost")
        await screen.press("escape", "question_mark")
        await screen.shows("f8")


async def test_the_footer_offers_what_can_be_done_with_the_machine_as_it_is_now(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, state=State.PENDING, reachable=False))

    def offered(screen: Driver) -> set[str]:
        keys = screen.app.screen.query(FooterKey)
        return {each.description for each in keys if not each.has_class("-disabled")}

    async with dashboard() as screen:
        await screen.shows("Pending")
        assert "Connect" not in offered(screen)
        cloud.change(1, state=State.RUNNING, reachable=True)
        await screen.until(lambda: "Connect" in offered(screen), "the key to connect")
        cloud.change(1, state=State.UNKNOWN, reachable=False)
        await screen.until(lambda: {"Connect", "Start"} & offered(screen) == {"Start"}, "the key to start")


async def test_a_clash_is_told_and_the_keys_stay_as_they_were(cloud: ScreenCloud, own_settings: Path) -> None:
    configure(own_settings, '[dashboard.keys]\n"do.kill" = "r"\n"[/red]" = "x"\n')
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        assert "do.kill stays on" in screen.notices
        assert "do.run" in screen.notices
        assert "[/red]" in screen.notices
        await screen.press("ctrl+k")
        await screen.shows("This will be lost")
