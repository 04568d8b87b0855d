"""The palette finds commands, views and things; what is called so stands above what only resembles it."""

from __future__ import annotations

import asyncio

from textual.command import CommandPalette
from textual.widgets import OptionList

from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent
from tests.unit.client.served import appliance
from tests.unit.client.served_volumes import volume


async def found(screen: Driver, words: str, first: str) -> list[str]:
    """Type words into the palette, wait for what is to stand first, and answer all names."""
    await screen.press("ctrl+p")
    await screen.type(words)
    await screen.until(lambda: hits(screen)[:1] == [first], f"“{first}” first")
    return hits(screen)


def hits(screen: Driver) -> list[str]:
    """The names that are offered, in order."""
    lists = screen.app.screen.query(OptionList)
    entries = lists.first().options if lists else []
    return [str(each.prompt).splitlines()[0].strip() for each in entries]


async def test_a_machine_whose_name_begins_so_stands_above_looser_hits(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web-1"))
    cloud.put(recent(2, name="cobweb"))
    async with dashboard() as screen:
        await screen.shows("web-1")
        names = await found(screen, "web", "web-1 1")
        assert names.index("web-1 1") < names.index("cobweb 2")


async def test_the_exact_name_stands_above_longer_ones_and_above_commands(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="start-here"))
    cloud.put(recent(2, name="res"))
    async with dashboard() as screen:
        await screen.shows("start-here")
        names = await found(screen, "res", "res 2")
        assert names.index("res 2") < names.index("resize-volume")
        await screen.press("escape")
        await screen.until(lambda: screen.app.screen is screen.app.main)
        names = await found(screen, "start", "start")
        assert names.index("start") < names.index("start-here 1")


async def test_the_number_of_a_machine_and_the_tag_of_a_volume_find_them(cloud: ScreenCloud) -> None:
    for number in range(1, 30):
        cloud.put(recent(number, name=f"vm-{number + 100}"))
    data = volume(1, tag="data")
    cloud.put(data)
    async with dashboard() as screen:
        await screen.shows("vm-101")
        await found(screen, "12", "vm-112 12")
        await screen.press("escape")
        await screen.until(lambda: screen.app.screen is screen.app.main)
        await found(screen, "data", f"data {data.id}")
        await screen.press("enter")
        await screen.until(lambda: screen.app.main.view.id == "volumes")
        assert screen.app.main.table.cursor_key == data.id


async def test_hostile_names_are_plain_text_in_the_palette(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="[/red]\x1b[2Jevil\u202e"))
    cloud.put(appliance("[@click=app.quit]evil2[/]", id="E" * 27, title="[/bold]"))
    async with dashboard() as screen:
        await screen.shows("evil")
        await screen.press("ctrl+p")
        await screen.type("evil")
        await screen.shows("[@click=app.quit]evil2[/]")
        assert "[/red]␛[2Jevil" in screen.frame
        assert not {"\x1b", "\u202e"} & set(screen.frame)


async def test_the_word_that_nothing_was_found_does_no_harm_to_a_palette_that_is_gone(
    cloud: ScreenCloud,
) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("ctrl+p")
        palette = screen.app.screen
        said = asyncio.Event()
        palette.query_one(OptionList).remove()
        await screen.until(lambda: not palette.query(OptionList))
        palette.set_timer(0.01, lambda: palette.query_one(OptionList))
        CommandPalette.set_timer(palette, 0.02, said.set)
        await said.wait()
        await screen.press("escape")
        await screen.until(lambda: screen.app.screen is screen.app.main)


async def test_a_command_is_told_with_what_it_does_and_its_key(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await found(screen, "attach-volume", "attach-volume")
        await screen.shows("Plug volumes into a running machine, key a")
