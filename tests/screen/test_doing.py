"""Keys, the command line and the palette run the same commands as the shell."""

from __future__ import annotations

from textual.events import MouseScrollDown
from textual.widgets import Input

from slshell.dashboard.palette import Palette
from slshell.dashboard.screens.choose import ChooseScreen
from slshell.dashboard.screens.confirm import ConfirmScreen
from slshell.dashboard.screens.form import FormScreen
from slshell.dashboard.screens.help import HelpScreen
from slshell.dashboard.screens.output import OutputScreen
from slshell.model.errors import NoCapacity
from slshell.model.instance import State
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud, recent
from tests.unit.client.served_volumes import volume


def posted(cloud: ScreenCloud) -> list[str]:
    """The paths of all calls that change something."""
    return [target for method, target, _ in cloud.requests if method == "POST"]


def typed(screen: Driver) -> str:
    """What stands on the command line."""
    return screen.app.main.query_one("#command-input", Input).value


async def test_a_typed_command_runs_and_the_cursor_goes_to_the_new_machine(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        await screen.press("colon")
        await screen.type("run ttylinux")
        await screen.press("enter")
        await screen.until(lambda: screen.table.cursor_key == 2)
        assert posted(cloud) == ["/v1/instances"]
        assert "vm-2 (2) Pending" in screen.notices
        assert not screen.app.main.command_line.display


async def test_a_command_that_fails_says_why_and_stays_typed(cloud: ScreenCloud) -> None:
    cloud.failures["/v1/instances"] = NoCapacity("the host has 512 MiB left", hint="take a smaller --type")
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("colon")
        await screen.type("run ttylinux")
        await screen.press("enter")
        await screen.shows("the host has 512 MiB left")
        assert "take a smaller --type" in screen.frame
        assert typed(screen) == "run ttylinux"
        assert screen.app.focused is screen.app.main.command_line.entry


async def test_an_unknown_command_is_answered_with_the_nearest(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("colon")
        await screen.type("instnaces")
        await screen.press("enter")
        await screen.shows("did you mean instances")


async def test_the_command_line_remembers_and_recalls(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("colon")
        await screen.type("types -q")
        await screen.press("enter")
        await screen.until(lambda: not screen.app.main.command_line.display)
        await screen.press("colon")
        await screen.press("up")
        assert typed(screen) == "types -q"
        await screen.press("down")
        assert typed(screen) == ""


async def test_tab_completes_commands_and_live_ids(cloud: ScreenCloud) -> None:
    cloud.put(recent(12, name="web"))
    cloud.put(recent(13, name="off", state=State.UNKNOWN, reachable=False))
    async with dashboard() as screen:
        await screen.shows("web")
        await screen.press("colon")
        await screen.type("shutd")
        await screen.press("tab")
        assert typed(screen) == "shutdown "
        await screen.type("we")
        await screen.press("tab")
        assert typed(screen) == "shutdown web "


async def test_output_of_several_lines_is_shown_to_read(cloud: ScreenCloud) -> None:
    for number in (1, 2, 3):
        cloud.put(recent(number))
    async with dashboard() as screen:
        await screen.shows("vm-3")
        await screen.press("colon")
        await screen.type("instances")
        await screen.press("enter")
        await screen.until(lambda: isinstance(screen.app.screen, OutputScreen))
        await screen.press("escape")
        assert screen.app.screen is screen.app.main


async def test_kill_asks_with_the_focus_on_cancel(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web"))
    async with dashboard() as screen:
        await screen.shows("web")
        await screen.press("ctrl+k")
        await screen.until(lambda: isinstance(screen.app.screen, ConfirmScreen))
        await screen.shows("1 web (ttylinux, Running")
        assert screen.app.focused is not None
        assert screen.app.focused.id == "cancel"
        await screen.press("enter")
        await screen.until(lambda: screen.app.screen is screen.app.main)
        assert posted(cloud) == []


async def test_escape_leaves_the_machine_alone(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web"))
    async with dashboard() as screen:
        await screen.shows("web")
        await screen.press("delete")
        await screen.until(lambda: isinstance(screen.app.screen, ConfirmScreen))
        await screen.press("escape")
        await screen.until(lambda: "Nothing was done" in screen.notices)
        assert posted(cloud) == []


async def test_marked_machines_are_killed_together_after_one_question(cloud: ScreenCloud) -> None:
    for number in (1, 2, 3):
        cloud.put(recent(number))
    async with dashboard() as screen:
        await screen.shows("vm-3")
        await screen.press("space", "down", "space")
        await screen.shows("2 marked")
        await screen.press("ctrl+k")
        await screen.shows("these 2 machines")
        await screen.press("right", "enter")
        await screen.until(lambda: len(posted(cloud)) == 2)
        assert sorted(posted(cloud)) == ["/v1/instances/1/kill", "/v1/instances/3/kill"]


async def test_keys_start_and_shut_down_the_selected_machine(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, state=State.UNKNOWN, reachable=False))
    async with dashboard() as screen:
        await screen.shows("Unknown")
        await screen.press("s")
        await screen.shows("Boot")
        cloud.change(1, state=State.RUNNING)
        await screen.shows("Running")
        await screen.press("S")
        await screen.shows("Shutdown")
        assert posted(cloud) == ["/v1/instances/1/start", "/v1/instances/1/shutdown"]


async def test_y_copies_the_ssh_line(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        await screen.press("y", "enter")
        assert screen.app.clipboard.startswith("ssh -p 2222")
        assert screen.app.clipboard.endswith("root@127.86.3.1")


async def test_a_filter_narrows_as_one_types_and_escape_clears_it(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="web"))
    cloud.put(recent(2, name="db", state=State.FAILED, reachable=False))
    async with dashboard() as screen:
        await screen.shows("db")
        await screen.press("slash")
        await screen.type("state:run")
        await screen.until(lambda: "db" not in screen.rows)
        await screen.press("enter")
        assert screen.app.focused is screen.table
        assert "1 of 2" in screen.frame
        await screen.press("escape")
        await screen.until(lambda: "db" in screen.rows)


async def test_a_filter_without_matches_says_how_to_leave(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        await screen.press("slash")
        await screen.type("nothing-like-it")
        await screen.shows("Esc clears the filter")


async def test_a_click_on_a_title_orders_and_a_second_one_turns_it_round(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="b"))
    cloud.put(recent(2, name="c"))
    cloud.put(recent(3, name="a"))
    async with dashboard() as screen:
        await screen.shows("NAME")
        x = screen.rows.splitlines()[0].index("NAME") + 1
        await screen.pilot.click(screen.table, offset=(x, 0))
        assert list(screen.table.rows.shown) == [3, 1, 2]
        await screen.pilot.click(screen.table, offset=(x, 0))
        assert list(screen.table.rows.shown) == [2, 1, 3]
        await screen.press("3", "1")
        assert list(screen.table.rows.shown) == [2, 1, 3]


async def test_a_click_selects_a_row_and_the_wheel_scrolls(cloud: ScreenCloud) -> None:
    for number in range(1, 101):
        cloud.put(recent(number))
    async with dashboard() as screen:
        await screen.shows("vm-5 ")
        await screen.pilot.click(screen.table, offset=(10, 5))
        assert screen.table.cursor_key == 5
        await screen.pilot._post_mouse_events([MouseScrollDown], screen.table, offset=(10, 5))
        await screen.until(lambda: screen.table.scroll_offset.y > 0)
        assert screen.table.cursor_key == 5


async def test_help_tells_the_keys_of_where_one_is(cloud: ScreenCloud) -> None:
    async with dashboard((120, 60)) as screen:
        await screen.shows("● live")
        await screen.press("question_mark")
        await screen.until(lambda: isinstance(screen.app.screen, HelpScreen))
        await screen.shows("Order by the next column")
        await screen.press("escape")
        assert screen.app.screen is screen.app.main


async def test_the_palette_finds_machines_and_commands(cloud: ScreenCloud) -> None:
    for number in range(1, 30):
        cloud.put(recent(number))
    cloud.put(recent(77, name="[/red]needle"))
    async with dashboard() as screen:
        await screen.shows("vm-20")
        await screen.press("ctrl+p")
        await screen.type("needle")
        await screen.shows("127.86.3.77")
        await screen.press("enter")
        await screen.until(lambda: screen.table.cursor_key == 77)
        await screen.press("ctrl+p")
        await screen.type("shutdown")
        await screen.shows("shutdown")
        await screen.press("enter")
        await screen.until(lambda: typed(screen) == "shutdown ")


async def test_the_palette_tells_keys_and_leads_to_volumes_and_appliances(cloud: ScreenCloud) -> None:
    cloud.put(volume(1, tag="[/red]data"))
    async with dashboard() as screen:
        await screen.shows("No instances yet.")
        await screen.press("ctrl+p")
        await screen.type("create-volume")
        await screen.shows(", key n")
        await screen.press("escape", "escape", "ctrl+p")
        await screen.type("red]data")
        await screen.shows("volume, available")
        await screen.press("enter")
        await screen.until(lambda: screen.app.main.view.id == "volumes")
        assert screen.line_of("[/red]data")
        await screen.press("ctrl+p")
        await screen.type("ttylinux")
        await screen.shows("appliance, ready")


async def test_quit_leaves_machines_alone(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        await screen.press("q")
        await screen.until(lambda: screen.app.return_value == 0)
    assert posted(cloud) == []


async def test_a_dialog_that_is_left_twice_takes_nothing_else_along(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    async with dashboard() as screen:
        await screen.shows("vm-1")
        for key, kind in (
            ("question_mark", HelpScreen),
            ("y", ChooseScreen),
            ("r", FormScreen),
            ("ctrl+p", Palette),
        ):
            await screen.press(key)
            await screen.until(lambda kind=kind: isinstance(screen.app.screen, kind))  # type: ignore[misc]
            dialog = screen.app.screen
            dialog.dismiss(None)
            dialog.dismiss(None)
            await screen.until(lambda: screen.app.screen is screen.app.main)
            assert "vm-1" in screen.frame


async def test_a_form_that_is_done_under_another_dialog_ends_after_it(cloud: ScreenCloud) -> None:
    async with dashboard() as screen:
        await screen.shows("● live")
        await screen.press("r")
        await screen.until(lambda: isinstance(screen.app.screen, FormScreen))
        form = screen.app.screen
        await screen.press("f1")
        await screen.until(lambda: isinstance(screen.app.screen, HelpScreen))
        form.dismiss(None)
        await screen.pilot.pause()
        assert isinstance(screen.app.screen, HelpScreen)
        await screen.press("escape")
        await screen.until(lambda: screen.app.screen is screen.app.main)
