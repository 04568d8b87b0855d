"""The dashboard comes back as it was left, and tells whose cloud it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent


def configure(home: Path, text: str) -> None:
    """Write the configuration file."""
    (home / "c").mkdir(exist_ok=True)
    (home / "c" / "config.toml").write_text(text)


def state(home: Path, profile: str = "local") -> Path:
    """Where the session of a profile is kept."""
    return home / ".local" / "state" / "slshell" / "dashboard" / f"{profile}.json"


async def leave(screen: Driver) -> None:
    """Quit the dashboard."""
    await screen.press("q")
    await screen.until(lambda: screen.app.return_value == 0)


async def test_view_order_filter_columns_theme_pane_and_cursor_come_back(cloud: ScreenCloud) -> None:
    for number in range(1, 9):
        cloud.put(recent(number, name=f"web-{number}" if number % 2 else f"db-{number}"))
    async with dashboard((200, 60)) as screen:
        await screen.shows("web-7")
        await screen.press("slash")
        await screen.type("web")
        await screen.press("enter")
        await screen.press("O", "up", "d", "ctrl+t")
        await screen.press("C", "shift+down", "enter")
        theme, cursor = screen.app.theme, screen.table.cursor_key
        await screen.press("4")
        await leave(screen)
    async with dashboard((200, 60)) as screen:
        await screen.shows("no vmx flag")
        assert screen.app.main.view.id == "hosts"
        assert screen.app.theme == theme
        await screen.press("1")
        await screen.shows("web-7")
        assert list(screen.table.rows.shown) == [7, 5, 3, 1]
        assert screen.table.cursor_key == cursor == 3
        assert screen.rows.split()[0] == "NAME"
        assert "4 of 8" in screen.frame
        assert "SSH" not in screen.frame


async def test_a_machine_that_is_gone_leaves_the_cursor_on_the_first(cloud: ScreenCloud) -> None:
    for number in range(1, 4):
        cloud.put(recent(number))
    async with dashboard() as screen:
        await screen.shows("vm-3")
        await screen.press("down")
        await leave(screen)
    cloud.drop_instance(2)
    async with dashboard() as screen:
        await screen.shows("vm-3")
        assert screen.table.cursor_key == 1


async def test_a_broken_session_is_told_and_harms_nothing(cloud: ScreenCloud, own_settings: Path) -> None:
    state(own_settings).parent.mkdir(parents=True)
    state(own_settings).write_text('{"view": [/red]')
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        await screen.until(lambda: "local.broken" in screen.notices)


async def test_what_no_longer_exists_in_a_session_is_passed_over(
    cloud: ScreenCloud, own_settings: Path
) -> None:
    state(own_settings).parent.mkdir(parents=True)
    state(own_settings).write_text(
        '{"view": "gone", "theme": "gone", "split": 4000, "tables": {"gone": {}, "instances":'
        ' {"sort_by": "gone", "columns": ["gone", "name"], "cursor": "gone"}}}'
    )
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        assert screen.app.main.view.id == "instances"
        assert screen.rows.split()[0] == "NAME"


async def test_a_theme_in_the_configuration_wins_when_it_changes(
    cloud: ScreenCloud, own_settings: Path
) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("ctrl+t")
        chosen = screen.app.theme
        await leave(screen)
    async with dashboard() as screen:
        assert screen.app.theme == chosen
    configure(own_settings, '[dashboard]\ntheme = "slshell-light"\n')
    async with dashboard() as screen:
        assert screen.app.theme == "slshell-light"


async def test_an_unknown_theme_is_told_with_those_that_there_are(
    cloud: ScreenCloud, own_settings: Path
) -> None:
    configure(own_settings, '[dashboard]\ntheme = "mauve"\n')
    async with dashboard() as screen:
        await screen.until(lambda: "There is no theme “mauve”" in screen.notices)
        assert "slshell-light" in screen.notices


PRODUCTION = """
[profiles.local]
read_only = true
theme = "slshell-light"
banner = "PRODUCTION [/red] look twice"
"""


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_read_only_profile_shows_it_and_offers_no_change(
    cloud: ScreenCloud, own_settings: Path, size: tuple[int, int]
) -> None:
    configure(own_settings, PRODUCTION)
    cloud.put(recent(1))
    async with dashboard(size) as screen:
        await screen.shows("vm-1")
        assert "⊘ read-only" in screen.frame
        assert "PRODUCTION [/red] look twice" in screen.frame.splitlines()[0]
        assert screen.app.theme == "slshell-light"
        assert "r Run" not in screen.frame
        await screen.press("r", "ctrl+k", "S", "B")
        assert screen.app.screen is screen.app.main
        assert not screen.app.main.command_line.display
        await screen.press("question_mark")
        await screen.shows("Keys")
        assert "Destroy" not in screen.frame
    assert [each for each in cloud.requests if each[0] == "POST"] == []


async def test_a_read_only_profile_refuses_a_typed_change_and_says_why(
    cloud: ScreenCloud, own_settings: Path
) -> None:
    configure(own_settings, PRODUCTION)
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        await screen.press("colon")
        await screen.type("kill 1")
        await screen.press("enter")
        await screen.shows("profile “local” is read-only, so “kill” is refused")
        await screen.press("escape", "ctrl+p")
        await screen.type("shut")
        await screen.shows("No matches found")
    assert [each for each in cloud.requests if each[0] == "POST"] == []


async def test_a_profile_that_may_write_shows_no_badge(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        assert "read-only" not in screen.frame
        assert "r Run" in screen.frame
