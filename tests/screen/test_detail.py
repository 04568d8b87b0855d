"""The detail pane: graphs, links to related things, what can be copied, and how much room it takes."""

from __future__ import annotations

import json

from textual.events import MouseDown, MouseMove, MouseUp

from slshell.dashboard.screens.choose import ChooseScreen
from slshell.dashboard.widgets.detail_pane import DetailPane
from slshell.dashboard.widgets.splitter import Splitter
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent
from tests.unit.client.served import TTYLINUX, event

SCREEN = (200, 60)


def pane(screen: Driver) -> DetailPane:
    """The detail pane."""
    return screen.app.main.query_one(DetailPane)


async def drag(screen: Driver, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Press the mouse on the splitter, move it, and let go."""
    for mouse, (x, y) in ((MouseDown, start), (MouseMove, end), (MouseUp, end)):
        screen.app.screen._forward_event(
            mouse(screen.app.screen, x, y, 0, 0, 1, False, False, False, screen_x=x, screen_y=y)
        )
        await screen.pilot.pause()


async def test_graphs_of_all_that_is_measured_grow_while_one_looks(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard(SCREEN) as screen:
        await screen.shows("Disk, read  highest 2 MiB/s")
        assert "2 MiB/s ┤" in screen.frame
        assert "Network, in  highest 1.5k p/s" in screen.frame
        assert "Network, out  highest 20 p/s" in screen.frame
        await screen.shows("highest 42 %")
        assert "100 % ┤" in screen.frame
        assert "128 MiB ┤" in screen.frame
        assert "█" in screen.frame
        cloud.cpu_percent = 77.0
        await screen.shows("highest 77 %")


async def test_y_offers_what_to_copy_and_a_letter_takes_it(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="[/red]web"))
    async with dashboard() as screen:
        await screen.shows("web")
        await screen.press("y")
        await screen.shows("the ssh line")
        assert "[/red]web" in screen.frame
        await screen.press("i")
        assert screen.app.clipboard == "1"
        await screen.press("y", "a")
        assert screen.app.clipboard == "127.86.3.1"
        await screen.press("y", "j")
        assert json.loads(screen.app.clipboard)["name"] == "[/red]web"
        await screen.press("y", "escape")
        assert screen.app.screen is screen.app.main


async def test_every_view_has_something_to_copy(cloud: ScreenCloud) -> None:
    cloud.put(event(1, "a strange thing"))
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        found = []
        for key in "345":
            await screen.press(key)
            await screen.until(lambda: screen.table.cursor_key is not None)
            await screen.press("y", "enter")
            found.append(screen.app.clipboard)
        assert found == [TTYLINUX, "forge", "a strange thing"]


async def test_f_goes_from_a_machine_to_its_appliance_and_backspace_returns(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    cloud.put(recent(2))
    async with dashboard() as screen:
        await screen.shows("vm-2")
        await screen.press("down", "f")
        await screen.until(lambda: screen.app.main.view.id == "appliances")
        assert screen.table.cursor_key == TTYLINUX
        await screen.press("backspace")
        await screen.until(lambda: screen.app.main.view.id == "instances")
        await screen.until(lambda: screen.table.cursor_key == 2)


async def test_f_asks_where_to_when_there_are_several_places(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, host="forge"))
    async with dashboard() as screen:
        await screen.shows("of 16")
        await screen.press("f")
        await screen.until(lambda: isinstance(screen.app.screen, ChooseScreen))
        await screen.press("2")
        await screen.until(lambda: screen.app.main.view.id == "hosts")


async def test_a_click_on_a_link_goes_there(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, host="forge"))
    async with dashboard(SCREEN) as screen:
        await screen.shows("host       forge")
        area = pane(screen).region
        lines = screen.frame.splitlines()
        y = next(index for index, line in enumerate(lines) if "host       forge" in line)
        await screen.pilot.click(offset=(lines[y].index("forge", area.x) + 1, y))
        await screen.until(lambda: screen.app.main.view.id == "hosts")
        await screen.shows("1 machine")


async def test_a_host_leads_to_its_machines(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, host="forge"))
    cloud.put(recent(2, host="elsewhere"))
    async with dashboard() as screen:
        await screen.shows("vm-2")
        await screen.press("4")
        await screen.shows("1 machine")
        await screen.press("f")
        await screen.until(lambda: list(screen.table.rows.shown) == [1])
        assert screen.app.main.view.id == "instances"


async def test_keys_and_mouse_move_the_line_beside_the_pane(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard(SCREEN) as screen:
        await screen.shows("root@127.86.3.1")
        before = pane(screen).size.width
        await screen.press("plus", "plus")
        await screen.until(lambda: pane(screen).size.width > before)
        place = screen.app.main.query_one(Splitter).region
        await drag(screen, (place.x, 20), (150, 20))
        await screen.until(lambda: abs(screen.app.main.query_one(Splitter).region.x - 150) <= 2)
        await drag(screen, (screen.app.main.query_one(Splitter).region.x, 20), (1, 20))
        await screen.until(lambda: screen.table.size.width > 10)


async def test_the_line_above_the_pane_can_be_dragged_as_well(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard((100, 50)) as screen:
        await screen.shows("root@127.86.3.1")
        place = screen.app.main.query_one(Splitter).region
        assert place.height == 1
        await drag(screen, (50, place.y), (50, place.y - 10))
        await screen.until(lambda: abs(screen.app.main.query_one(Splitter).region.y - (place.y - 10)) <= 1)
