"""Tables as one wants them: columns chosen and moved, rows ordered, narrowed and marked."""

from __future__ import annotations

from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent

SCREEN = (200, 60)


def titles(screen: Driver) -> list[str]:
    """The column titles that are drawn, without the arrow of the order."""
    return screen.rows.splitlines()[0].replace("▲", " ").replace("▼", " ").split()


async def test_a_column_is_hidden_and_shown_while_the_dialog_is_open(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard(SCREEN) as screen:
        await screen.shows("vm-1")
        assert "NAME" in titles(screen)
        await screen.press("C", "down", "space")
        await screen.until(lambda: "NAME" not in titles(screen))
        await screen.press("space")
        await screen.until(lambda: "NAME" in titles(screen))


async def test_a_column_that_is_not_usual_can_be_shown(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, owner="ada"))
    async with dashboard(SCREEN) as screen:
        await screen.shows("vm-1")
        assert "ada" not in screen.rows
        await screen.press("C", "end", "space", "enter")
        await screen.until(lambda: "ada" in screen.line_of("vm-1"))
        assert titles(screen)[-1] == "OWNER"
        assert screen.app.screen is screen.app.main


async def test_columns_change_places(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard(SCREEN) as screen:
        await screen.shows("vm-1")
        await screen.press("C", "shift+down")
        await screen.until(lambda: titles(screen)[:2] == ["NAME", "ID"])
        await screen.press("r")
        await screen.until(lambda: titles(screen)[:2] == ["ID", "NAME"])


async def test_escape_puts_columns_and_order_back(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="b"))
    cloud.put(recent(2, name="a"))
    async with dashboard(SCREEN) as screen:
        await screen.shows("127.86.3.2")
        before = titles(screen)
        await screen.press("C", "down", "s", "shift+up", "down", "space")
        await screen.until(lambda: titles(screen) != before)
        assert list(screen.table.rows.shown) == [2, 1]
        await screen.press("escape")
        await screen.until(lambda: titles(screen) == before)
        assert list(screen.table.rows.shown) == [1, 2]


async def test_rows_are_ordered_by_a_column_that_is_not_on_screen(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, owner="zoe"))
    cloud.put(recent(2, owner="ada"))
    async with dashboard(SCREEN) as screen:
        await screen.shows("vm-2")
        await screen.press("C", "end", "s", "enter")
        assert list(screen.table.rows.shown) == [2, 1]
        await screen.press("O")
        assert list(screen.table.rows.shown) == [1, 2]


async def test_the_last_column_cannot_be_hidden(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard(SCREEN) as screen:
        await screen.shows("vm-1")
        screen.table.choose_columns(["name"])
        await screen.press("C", "space")
        assert screen.table.column_ids == ("name",)


async def test_a_column_without_room_is_told_in_the_dialog(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard((80, 24)) as screen:
        await screen.shows("vm-1")
        await screen.press("C")
        await screen.shows("no room")


async def test_v_marks_from_the_last_mark_to_the_cursor(cloud: ScreenCloud) -> None:
    for number in range(1, 8):
        cloud.put(recent(number))
    async with dashboard() as screen:
        await screen.shows("vm-7")
        await screen.press("down", "space", "down", "down", "v")
        await screen.shows("✓ 4 marked")
        assert screen.table.rows.marks == {2, 3, 4, 5}
        assert screen.line_of("vm-3").startswith("✓")


async def test_a_click_with_shift_marks_up_to_the_row(cloud: ScreenCloud) -> None:
    for number in range(1, 8):
        cloud.put(recent(number))
    async with dashboard() as screen:
        await screen.shows("vm-7")
        await screen.pilot.click(screen.table, offset=(10, 2), control=True)
        await screen.pilot.click(screen.table, offset=(10, 5), shift=True)
        assert screen.table.rows.marks == {2, 3, 4, 5}


async def test_marks_are_turned_round_and_taken_away(cloud: ScreenCloud) -> None:
    for number in range(1, 5):
        cloud.put(recent(number))
    async with dashboard() as screen:
        await screen.shows("vm-4")
        await screen.press("space", "i")
        assert screen.table.rows.marks == {2, 3, 4}
        await screen.press("u")
        await screen.hides("marked")
        await screen.press("ctrl+a")
        await screen.shows("✓ 4 marked")


async def test_a_pattern_narrows_and_a_wrong_one_is_told(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web-1"))
    cloud.put(recent(2, name="web-x"))
    async with dashboard() as screen:
        await screen.shows("web-x")
        await screen.press("slash")
        await screen.type("/^web-[0-9]$/")
        await screen.until(lambda: "web-x" not in screen.rows)
        assert "web-1" in screen.rows
        await screen.type(" ~*")
        await screen.shows("“*” is no pattern")


async def test_help_in_a_dialog_tells_its_keys(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("C", "f1")
        await screen.shows("The usual ones")
        await screen.press("escape", "escape")
        assert screen.app.screen is screen.app.main


async def test_machines_are_found_by_their_tags(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="one", tags=("web", "[/red]")))
    cloud.put(recent(2, name="two", tags=("webby",)))
    cloud.put(recent(3, name="three"))
    async with dashboard((200, 60)) as screen:
        await screen.shows("three")
        for words, found in (("tag:web", {1, 2}), ("tag~^web$", {1}), ("!tag:web", {3}), ("tag:[/red]", {1})):
            screen.table.narrow(words)
            assert set(screen.table.rows.shown) == found
        assert "tags       web [/red]" in screen.frame
