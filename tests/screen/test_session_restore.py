"""View, order, filter, columns, theme and selection come back when the dashboard is opened again."""

from __future__ import annotations

import json
from pathlib import Path

from slshell.model.cloud import CloudStatus
from slshell.model.volume import Volume
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent
from tests.screen.test_session import leave, state
from tests.unit.client.served_volumes import volume


def machines(cloud: ScreenCloud, count: int = 6) -> None:
    """Machines whose names go the other way than their numbers."""
    for number in range(1, count + 1):
        cloud.put(recent(number, name=f"vm-{chr(122 - number)}", tags=("odd",) if number % 2 else ()))


def mounts(count: int) -> list[Volume]:
    """Volumes with tags."""
    return [volume(number, tag=f"data-{number}") for number in range(1, count + 1)]


def cursor(screen: Driver) -> object:
    """The key of the row under the cursor."""
    return screen.table.cursor_key


async def marked(screen: Driver, *keys: int | str) -> None:
    """Wait until exactly these are marked."""
    await screen.until(lambda: screen.table.rows.marks == set(keys), f"marks on {keys}")


async def test_the_view_comes_back(cloud: ScreenCloud) -> None:
    machines(cloud)
    for view, view_id in (("2", "volumes"), ("5", "activity")):
        async with dashboard() as screen:
            await screen.shows("● live")
            await screen.press(view)
            await leave(screen)
        async with dashboard() as screen:
            await screen.shows("● live")
            assert screen.app.main.view.id == view_id


async def test_the_order_comes_back(cloud: ScreenCloud) -> None:
    machines(cloud)
    async with dashboard() as screen:
        await screen.shows("vm-y")
        await screen.press("greater_than_sign")
        assert list(screen.table.rows.shown) == [6, 5, 4, 3, 2, 1]
        await screen.press("O")
        await leave(screen)
    async with dashboard() as screen:
        await screen.shows("NAME▼")
        assert list(screen.table.rows.shown) == [1, 2, 3, 4, 5, 6]


async def test_the_filter_comes_back_and_can_be_taken_off(cloud: ScreenCloud) -> None:
    machines(cloud)
    async with dashboard() as screen:
        await screen.shows("vm-y")
        await screen.press("slash")
        await screen.type("tag:odd")
        await screen.press("enter")
        await leave(screen)
    async with dashboard() as screen:
        await screen.shows("3 of 6")
        assert list(screen.table.rows.shown) == [1, 3, 5]
        await screen.press("escape")
        await screen.shows("vm-x")


async def test_the_columns_and_their_order_come_back(cloud: ScreenCloud) -> None:
    machines(cloud)
    async with dashboard((200, 60)) as screen:
        await screen.shows("vm-y")
        await screen.press("C", "space", "down", "K", "enter")
        chosen = screen.table.column_ids
        assert chosen != tuple(each.id for each in screen.table.renderer.usual_columns)
        await leave(screen)
    async with dashboard((200, 60)) as screen:
        await screen.shows("vm-y")
        assert screen.table.column_ids == chosen


async def test_the_theme_comes_back(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("T", "down", "down", "enter")
        theme = screen.app.theme
        assert theme != "slshell-dark"
        await leave(screen)
    async with dashboard() as screen:
        assert screen.app.theme == theme


async def test_the_selection_comes_back_in_every_view(cloud: ScreenCloud) -> None:
    machines(cloud)
    for each in mounts(3):
        cloud.put(each)
    first, _, last = (each.id for each in mounts(3))
    async with dashboard() as screen:
        await screen.shows("vm-y")
        await screen.press("space", "down", "space", "up")
        await screen.press("2")
        await screen.shows("data-3")
        await screen.press("home", "space", "end", "space")
        await leave(screen)
    async with dashboard() as screen:
        await screen.shows("data-3")
        await marked(screen, first, last)
        assert cursor(screen) == last
        await screen.press("1")
        await marked(screen, 1, 3)
        assert cursor(screen) == 3


async def test_marks_on_what_is_gone_do_not_come_back(cloud: ScreenCloud) -> None:
    machines(cloud)
    async with dashboard() as screen:
        await screen.shows("vm-y")
        await screen.press("space", "space", "space")
        await leave(screen)
    cloud.drop_instance(2)
    async with dashboard() as screen:
        await screen.shows("vm-y")
        await marked(screen, 1, 3)
        cloud.put(recent(2, name="vm-x"))
        await screen.shows("vm-x")
        assert screen.table.rows.marks == {1, 3}


async def test_marks_that_the_filter_hides_come_back_and_are_still_hidden(cloud: ScreenCloud) -> None:
    machines(cloud)
    async with dashboard() as screen:
        await screen.shows("vm-y")
        await screen.press("down", "space", "slash")
        await screen.type("tag:odd")
        await screen.press("enter")
        await leave(screen)
    async with dashboard() as screen:
        await screen.shows("3 of 6")
        await marked(screen, 2)


class Elsewhere(ScreenCloud):
    """Another cloud under the same profile."""

    def _status(self) -> CloudStatus:
        return CloudStatus(
            id="another", pid=1, socket="", version="0.1.0", engine="libvirt", libvirt_uri="", uptime_s=1.0,
            home="/", accelerator="tcg", accelerator_reason="no vmx flag", revision=1, instances={},
        )  # fmt: skip


async def test_machines_of_another_cloud_with_the_same_numbers_are_not_marked(
    cloud: ScreenCloud, own_settings: Path
) -> None:
    machines(cloud)
    async with dashboard() as screen:
        await screen.shows("vm-y")
        await screen.until(lambda: screen.app.picture.status is not None)
        await screen.press("space")
        await leave(screen)
    assert json.loads(state(own_settings).read_text())["tables"]["instances"]["marks"] == [1]
    cloud.__exit__()
    with Elsewhere(own_settings / "d") as other:
        machines(other)
        async with dashboard() as screen:
            await screen.shows("vm-y")
            await screen.until(lambda: screen.app.picture.status is not None)
            await leave(screen)
            assert screen.table.rows.marks == set()
    assert json.loads(state(own_settings).read_text())["tables"]["instances"]["marks"] == []


async def test_marks_are_kept_while_the_cloud_is_away(cloud: ScreenCloud, own_settings: Path) -> None:
    machines(cloud)
    async with dashboard() as screen:
        await screen.shows("vm-y")
        await screen.until(lambda: screen.app.picture.status is not None)
        await screen.press("space")
        await leave(screen)
    cloud.__exit__()
    async with dashboard() as screen:
        await leave(screen)
    with ScreenCloud(own_settings / "d") as again:
        machines(again)
        async with dashboard() as screen:
            await screen.shows("vm-y")
            await marked(screen, 1)
