"""Sessions in panes: what is typed, what is drawn, and who has the keys."""

from __future__ import annotations

import paramiko
from textual import events

from slshell.ssh.keys import make_own_key
from tests.screen.driver import dashboard
from tests.screen.paned import leader, live, panes
from tests.screen.served import ScreenCloud, recent
from tests.support.wires import Machine
from tests.unit.ssh.server import SshServer


async def test_a_session_is_drawn_and_gets_every_key(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine) as screen:
        machine.wire.say(b"\x1b[1;31mweb-1\x1b[m:~# ")
        await screen.shows("web-1:~#")
        assert machine.wire.sizes[-1] == (120, 34)
        await screen.press(
            "l", "s", "enter", "ctrl+c", "ctrl+p", "escape", "tab", "f1", "alt+x", "q", "ctrl+q"
        )
        assert machine.wire.typed == b"ls\r\x03\x10\x1b\t\x1bOP\x1bxq\x11"


async def test_the_leader_key_leads_to_the_dashboard_and_6_and_enter_back(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    machine = Machine()
    async with panes(machine) as screen:
        machine.wire.say(b"hello")
        await screen.shows("hello")
        await leader(screen, "d")
        await screen.shows("vm-1")
        machine.wire.say(b" you\x07")
        await screen.shows("6 Sessions 1 ♪")
        await screen.press("6")
        await screen.shows("web-1")
        await screen.press("enter")
        await screen.shows("hello you")
        await screen.press("x")
        assert machine.wire.typed == b"x"
        await leader(screen, "d")
        await screen.hides("♪")


async def test_connect_opens_a_pane_and_tells_how_the_session_ended(cloud: ScreenCloud) -> None:
    key = paramiko.Ed25519Key.from_private_key_file(str(make_own_key()))
    with SshServer(key) as server:
        cloud.put(server.instance(name="machine"))
        async with dashboard() as screen:
            await screen.shows("machine")
            await screen.press("c")
            await screen.shows("machine$")
            await screen.type("stty size; exit 7")
            await screen.press("enter")
            await screen.shows("34 120")
            await screen.shows("the shell ended with 7 · r opens it again · x closes")
            await screen.press("r")
            await screen.until(lambda: screen.frame.count("machine$") == 2, "the second prompt")
            server.sessions[-1].close()
            await screen.shows("the machine stopped answering")
            await screen.until(lambda: screen.frame.count("machine$") == 3, "the connection anew")
            await screen.press("ctrl+d")
            await screen.shows("the shell ended with 0")
            await screen.press("x")
            await screen.shows("6 Sessions 0")


async def test_two_panes_share_the_screen_and_keys_go_to_the_active_one(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine, size=(101, 32)) as screen:
        machine.wire.say(b"first")
        await leader(screen, "v")
        await screen.until(lambda: live(screen, 2))
        first, second = machine.wires
        assert first.sizes[-1] == second.sizes[-1] == (50, 29)
        second.say(b"second")
        await screen.shows("second")
        line = next(each for each in screen.frame.splitlines() if "second" in each)
        assert line.index("first") == 0
        assert line.index("│") == 50
        assert line.index("second") == 51
        await screen.press("b")
        await leader(screen, "left")
        await screen.press("a")
        assert (first.typed, second.typed) == (b"a", b"b")
        await leader(screen, "o", "ctrl+backslash")
        assert second.typed == b"b\x1c"


async def test_a_zoomed_pane_has_all_the_room_and_gives_it_back(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine, size=(80, 24)) as screen:
        await leader(screen, "s")
        await screen.until(lambda: live(screen, 2))
        assert [wire.sizes[-1] for wire in machine.wires] == [(80, 10), (80, 10)]
        await leader(screen, "z")
        await screen.shows("zoomed")
        await screen.until(lambda: machine.wire.sizes[-1] == (80, 21))
        await leader(screen, "z")
        await screen.until(lambda: machine.wire.sizes[-1] == (80, 10))
        await leader(screen, "shift+up")
        await screen.until(lambda: machine.wire.sizes[-1] == (80, 11))


async def test_tabs_are_turned_named_parted_and_joined(cloud: ScreenCloud) -> None:
    web, db = Machine("web"), Machine("db")
    async with panes(web, db) as screen:
        await screen.shows("1 ● web  2 ● db")
        await leader(screen, "n", "comma")
        await screen.press("ctrl+u")
        await screen.type("front")
        await screen.press("enter")
        await screen.shows("1 ● front  2 ● db")
        db.wire.say(b"news")
        await screen.shows("2 ● db ✱")
        await leader(screen, "m")
        await screen.shows("Bring here")
        await screen.press("1")
        await screen.shows("1 ● db +1")
        await screen.shows("news")
        await leader(screen, "exclamation_mark")
        await screen.shows("1 ● front  2 ● db")
        await leader(screen, "1")
        await screen.press("z")
        assert (web.wire.typed, db.wire.typed) == (b"z", b"")


async def test_broadcast_types_into_all_panes_and_says_so_in_each(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine) as screen:
        await leader(screen, "v")
        await screen.until(lambda: live(screen, 2))
        await leader(screen, "b")
        await screen.until(lambda: screen.frame.count("TYPED TO ALL") == 2)
        assert "typed to 2 panes" in screen.frame
        machine.wires[0].say(b"\x1b[?1h")
        await screen.until(lambda: screen.app.sessions.book.sessions[0].screen.modes.application_cursor)
        await screen.press("x", "up")
        assert [wire.typed for wire in machine.wires] == [b"x\x1bOA", b"x\x1b[A"]
        await leader(screen, "b")
        await screen.hides("TYPED TO ALL")
        await screen.press("y")
        assert [wire.typed for wire in machine.wires] == [b"x\x1bOA", b"x\x1b[Ay"]


async def test_the_cursor_is_full_where_keys_go_and_a_line_elsewhere(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine) as screen:
        await leader(screen, "v")
        await screen.until(lambda: live(screen, 2))
        for wire in machine.wires:
            wire.say(b"$ ")
        await screen.until(lambda: screen.frame.count("$ ") + screen.frame.count("$\n") >= 2)

        def cursors() -> list[tuple[bool, bool]]:
            looks = []
            for view in screen.app.sessions.screen.area.views:
                plain, cell = (next(iter(view.render_line(1).crop(x, x + 1))).style for x in (0, 2))
                assert plain is not None
                assert cell is not None
                looks.append((cell.bgcolor == plain.color, bool(cell.underline)))
            return looks

        await screen.until(lambda: cursors() == [(False, True), (True, False)])
        await leader(screen, "left")
        await screen.until(lambda: cursors() == [(True, False), (False, True)])
        machine.wires[0].say(b"\x1b[4 q")
        await screen.until(lambda: cursors()[0] == (False, True))


async def test_no_key_is_lost_when_keys_come_faster_than_the_screen_follows(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine, size=(80, 24)) as screen:
        await leader(screen, "s")
        await screen.until(lambda: live(screen, 2))
        sent = ["a", "b", "ctrl+backslash", "o", "c", "d", "ctrl+backslash", "o", "ctrl+backslash", "z", "e"]
        for key in sent:
            screen.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await screen.shows("zoomed")
        await screen.until(lambda: sum(len(wire.typed) for wire in machine.wires) == 5, "every key")
        assert [wire.typed for wire in machine.wires] == [b"cd", b"abe"]


async def test_no_key_of_the_leader_line_is_torn_from_its_words(cloud: ScreenCloud) -> None:
    wanted = ["d dashboard", "| v split right", "z zoom", ", rename", "b type to all", "? f1 all keys"]
    for columns in (80, 97, 120):
        async with panes(Machine(), size=(columns, 36)) as screen:
            await screen.press("ctrl+backslash")
            await screen.shows("Sessions  d dashboard")
            assert [words for words in wanted if words not in screen.frame] == []
