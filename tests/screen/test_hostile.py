"""Names and texts of strangers are drawn as text, whatever is in them, and never move a column."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from slshell.model.event import Severity
from slshell.model.instance import State
from tests.screen.driver import Driver, dashboard
from tests.screen.paned import leader, live, panes
from tests.screen.served import ScreenCloud, recent
from tests.support.wires import Machine
from tests.unit.client.served import appliance, event, instance
from tests.unit.client.served_volumes import volume

NAMES = (
    "[/red]",
    "[bold red on white]x[/]",
    "[@click=app.quit]click me[/]",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "a\u202egnp.exe\u202c",
    "\u200f\u200bmarks\u2066",
    "👩‍👩‍👧‍👦🇩🇪❤️ family",
    "日本語のとても長い名前のサーバー",
    "z̷̢̧̢̛̺̰̫̣̗a̶̧͚̲l̵̛g̸̡o",
    "tab\there\nand a line\r\0",
    "\ud800 alone".encode("utf-8", "replace").decode(),
    "x" * 10_000,
    "[" * 300,
    "\\",
)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_hostile_names_are_drawn_harmlessly_in_every_view(
    cloud: ScreenCloud, size: tuple[int, int]
) -> None:
    for number, name in enumerate(NAMES, 1):
        cloud.put(
            instance(
                number, name=name, reason=name, state=State.FAILED, progress=name, user=name, tags=(name,)
            )
        )
        cloud.put(volume(number, tag=name, reason=name, progress=name, origin=name, owner=name))
        cloud.put(appliance(name, id=f"{number:027}", title=name, reason=name, origin=name))
        cloud.put(event(number, name, kind=name, severity=Severity.ERROR, instance_id=number))
    async with dashboard(size) as screen:
        await screen.shows("● live")
        for view in "12345":
            await screen.press(view)
            for key in ("home", "enter", "escape", *["down"] * len(NAMES)):
                await screen.press(key)
            frame = screen.frame
            assert not [letter for letter in frame if letter != "\n" and ord(letter) < 32]
            assert not set("\x7f\x9b\u202e\u200f\u2066") & set(frame)
            assert {cell_len(line) for line in screen.rows.splitlines()} <= set(range(size[0] + 1))


async def test_columns_stay_aligned_behind_wide_names(cloud: ScreenCloud) -> None:
    for number, name in enumerate(NAMES, 1):
        cloud.put(recent(number, name=name))
    async with dashboard() as screen:
        await screen.shows("127.86.3.12")
        starts = {
            cell_len(line[: line.index("127.86.")]) for line in screen.rows.splitlines() if "127.86." in line
        }
        assert len(starts) == 1


async def test_a_hostile_reason_in_a_notice_and_in_an_error_is_plain_text(cloud: ScreenCloud) -> None:
    from slshell.model.errors import Conflict

    cloud.put(recent(1, name="[/red]", state=State.BOOT, reachable=False))
    cloud.failures["/v1/instances/1/shutdown"] = Conflict("[/bad] \x1b[31mno", hint="[@click=app.quit]go[/]")
    async with dashboard() as screen:
        await screen.shows("[/red]")
        cloud.change(1, state=State.FAILED, reason="[/oops] \x1b[2J")
        await screen.until(lambda: "[/red] (1) failed" in screen.notices)
        await screen.press("S")
        await screen.until(lambda: "[@click=app.quit]go[/]" in screen.notices)
        await screen.press("colon")
        await screen.type("shutdown 1")
        await screen.press("enter")
        await screen.shows("✗ [/bad]")
        assert "\x1b" not in screen.frame


async def test_a_question_with_hostile_names_is_plain_text(cloud: ScreenCloud) -> None:
    cloud.put(recent(1, name="[/red]\x1b[2Jevil"))
    async with dashboard() as screen:
        await screen.shows("evil")
        await screen.press("ctrl+k")
        await screen.shows("This will be lost")
        assert "[/red]" in screen.frame
        assert "\x1b" not in screen.frame


def harmless(screen: Driver) -> bool:
    """Nothing on screen that a terminal would obey or reorder."""
    frame = screen.frame
    controls = [letter for letter in frame if letter != "\n" and ord(letter) < 32]
    return not controls and not set("\x7f\x9b\u202e\u200f\u2066") & set(frame)


@pytest.mark.parametrize("name", ["[/red]evil", "\x1b[2Jevil\u202e", "\u2066\u200fevil"])
async def test_hostile_names_are_plain_text_in_dialogs_and_forms(cloud: ScreenCloud, name: str) -> None:
    cloud.put(recent(1, name=name, appliance=name, host=name, tags=(name,)))
    for number in (1, 2):
        cloud.put(volume(number, tag=name))
    async with dashboard() as screen:
        await screen.shows("evil")
        for key, words in (("y", "the ssh line"), ("a", "attach-volume"), ("ctrl+k", "This will be lost")):
            await screen.press(key)
            await screen.shows(words)
            assert "evil" in screen.frame or key == "a"
            assert harmless(screen)
            await screen.press("escape")
            await screen.until(lambda: screen.app.screen is screen.app.main)


@pytest.mark.parametrize("name", ["[/red]evil", "\x1b[2Jevil\u202e"])
async def test_hostile_names_are_plain_text_in_tabs_banners_and_the_list_of_sessions(
    cloud: ScreenCloud, name: str
) -> None:
    machine = Machine(name)
    async with panes(machine) as screen:
        machine.wire.say(b"\x1b]0;[/bold]titled\x07")
        await screen.until(lambda: not machine.wire.unread)
        assert "evil" in screen.frame.splitlines()[0]
        await leader(screen, "v")
        await screen.until(lambda: live(screen, 2), "the other pane")
        await screen.until(lambda: screen.frame.splitlines()[1].count("evil") == 2)
        assert harmless(screen)
        await leader(screen, "x")
        await screen.shows("This will be lost")
        assert harmless(screen)
        await screen.press("escape")
        await leader(screen, "d")
        await screen.press("6")
        await screen.until(lambda: "evil" in screen.rows)
        assert harmless(screen)


@pytest.mark.parametrize("size", [(60, 20), (120, 36)])
async def test_what_stands_behind_an_endless_name_is_seen(cloud: ScreenCloud, size: tuple[int, int]) -> None:
    endless, other = Machine("n" * 10_000), Machine("other")
    async with panes(endless, other, size=size) as screen:
        hub = screen.app.sessions
        await leader(screen, "p")
        endless.wire.say(b"\x1b]0;" + b"t" * 3000 + b"\x07")
        await screen.until(lambda: "ttt" in screen.frame.splitlines()[-1], "the title")
        assert "other" in screen.frame.splitlines()[0]
        await leader(screen, "x")
        await screen.shows("This will be lost")
        await screen.shows("Cancel")
        assert "nn?" in screen.frame
        await screen.press("escape")
        await leader(screen, "v")
        await screen.until(lambda: live(screen, 3), "the split")
        endless.wire.end("r" * 3000)
        await screen.until(lambda: "r opens it again · x closes" in screen.frame, "the keys")
        assert size[0] < 120 or "rr…rr" in screen.frame
        assert len(hub.losses()[0]) < size[0]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_buttons_below_a_question_with_endless_names_are_seen(
    cloud: ScreenCloud, size: tuple[int, int]
) -> None:
    cloud.put(recent(1, name="n" * 10_000))
    async with dashboard(size) as screen:
        await screen.shows("nnn")
        await screen.press("ctrl+k")
        await screen.shows("This will be lost")
        await screen.shows("Cancel")
        assert "Destroy" in screen.frame or "Kill" in screen.frame
