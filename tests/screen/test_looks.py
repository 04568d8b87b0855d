"""Themes are walked over, kept, and followed while they are written; without colours all is told as well."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from textual.widgets import OptionList

from slshell.dashboard import themes
from slshell.dashboard.screens.theme_picker import ThemePicker
from slshell.model.instance import State
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent
from tests.unit.dashboard.test_themes import GOOD


async def test_themes_are_put_on_as_one_walks_and_escape_takes_them_off(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        before = screen.app.theme
        await screen.press("T", "down")
        await screen.until(lambda: screen.app.theme != before)
        await screen.press("escape")
        await screen.until(lambda: screen.app.screen is screen.app.main)
        assert screen.app.theme == before
        await screen.press("T", "up", "enter")
        await screen.until(lambda: screen.app.screen is screen.app.main)
        assert screen.app.theme != before


async def test_a_theme_of_ones_own_is_followed_while_it_is_being_written(
    cloud: ScreenCloud, own_settings: Path
) -> None:
    folder = own_settings / "c" / "themes"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(GOOD)
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("T")
        await screen.shows("mine")
        picker = screen.app.screen
        assert isinstance(picker, ThemePicker)
        screen.app.theme = "mine"
        await screen.until(lambda: screen.app.main.styles.background.hex == "#FFFFFF")
        (folder / "mine.toml").write_text(GOOD.replace('"#ffffff"', '"#fffff0"'))
        os.utime(folder / "mine.toml", ns=(1, 1))
        await screen.until(lambda: screen.app.main.styles.background.hex == "#FFFFF0")
        (folder / "mine.toml").write_text("name = 1")
        os.utime(folder / "mine.toml", ns=(2, 2))
        await screen.until(lambda: "mine.toml: name is missing" in screen.notices)
        assert screen.app.main.styles.background.hex == "#FFFFF0"


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_without_colours_the_cursor_and_states_are_still_told(
    cloud: ScreenCloud, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    cloud.put(recent(1, name="web"))
    cloud.put(recent(2, name="db", state=State.FAILED, reachable=False))
    async with dashboard(size) as screen:
        await screen.shows("✗ Failed")
        assert "● Running" in screen.frame
        assert screen.app.theme == themes.SIXTEEN
        sent = written(screen)
        assert not re.search(r"\x1b\[[0-9;]*(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;[25])[;m]", sent)
        line = next(line for line in sent.splitlines() if "web" in line and "Running" in line)
        assert re.search(r"\x1b\[1;7[;m]", line)


async def test_sixteen_colours_are_sent_as_the_terminals_own(
    cloud: ScreenCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "linux")
    monkeypatch.delenv("COLORTERM", raising=False)
    cloud.put(recent(1, name="web"))
    cloud.put(recent(2, name="db", state=State.FAILED, reachable=False))
    async with dashboard() as screen:
        await screen.shows("✗ Failed")
        assert screen.app.theme == themes.SIXTEEN
        sent = written(screen)
        assert not re.search(r"\x1b\[[0-9;]*[34]8;[25];", sent)
        assert re.search(r"\x1b\[31[;m][0-9;m]*✗ Failed", sent)


def written(screen: Driver) -> str:
    """What a terminal would be sent for the whole screen."""
    app = screen.app
    console = app.console
    return "\n".join(strip.render(console) for strip in app.screen._compositor.render_strips())


@pytest.mark.parametrize("colours", ["none", "sixteen"])
async def test_what_is_chosen_in_a_list_is_told_without_the_themes_colours(
    cloud: ScreenCloud, own_settings: Path, monkeypatch: pytest.MonkeyPatch, colours: str
) -> None:
    if colours == "none":
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        (own_settings / "c").mkdir()
        (own_settings / "c" / "config.toml").write_text('[dashboard]\ntheme = "terminal"\n')
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        for key in ("y", "T", "ctrl+p"):
            await screen.press(key)
            await screen.until(lambda: is_marked(screen), f"the chosen line of {key}")
            await screen.press("escape")
            await screen.until(lambda: screen.app.screen is screen.app.main)


def is_marked(screen: Driver) -> bool:
    """Whether the chosen line of the list on screen is underlined."""
    found = screen.app.screen.query(OptionList)
    if not found or found.first().highlighted is None:
        return False
    area = found.first().scrollable_content_region
    lines = screen.app.screen._compositor.render_strips()[area.y : area.bottom]
    words = [each for line in lines for each in line.crop(area.x, area.right) if each.text.strip()]
    return any(each.style is not None and each.style.underline for each in words)
