"""A session's life in a pane: floods, drops, booting, ends, and leaving with it open."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from textual import _time as timer_clock
from textual import events

from slshell.dashboard.sessions import view as view_module
from slshell.dashboard.sessions.hub import REST_S
from slshell.dashboard.sessions.leader import LeaderLine
from slshell.dashboard.sessions.view import TerminalView
from slshell.model.errors import CloudUnreachable
from slshell.sessions import session as session_module
from slshell.sessions.inflow import LIMIT
from slshell.sessions.session import State
from tests.screen.driver import dashboard
from tests.screen.paned import leader, live, pane, panes
from tests.screen.served import ScreenCloud, recent
from tests.screen.test_session import configure
from tests.support.wires import Machine


async def test_ctrl_c_reaches_a_machine_that_floods_for_ever_and_its_answer_is_drawn(
    cloud: ScreenCloud,
) -> None:
    machine = Machine()
    async with panes(machine) as screen:

        def interrupted(data: bytes) -> None:
            machine.wire.flood(b"")
            machine.wire.say(b"^C\r\nprompt$ ")

        machine.wire.on_write = interrupted
        machine.wire.flood(b"y\r\n" * 10_000)
        await screen.until(lambda: machine.wire.reads > 2 * LIMIT // 30_000)
        assert pane(screen).session.waiting_bytes < 2 * LIMIT
        await screen.press("ctrl+c")
        assert machine.wire.typed == b"\x03"
        await screen.shows("prompt$")


async def test_an_endless_flood_in_a_hidden_pane_does_not_hold_up_the_one_in_front(
    cloud: ScreenCloud,
) -> None:
    loud, quiet = Machine("loud"), Machine("quiet")
    async with panes(loud, quiet) as screen:
        loud.wire.flood(b"y\r\n" * 10_000)
        for number in range(5):
            read = loud.wire.reads
            quiet.wire.say(b"answer %d\r\n" % number)
            await screen.shows(f"answer {number}")
            await screen.until(lambda read=read: loud.wire.reads > read)  # type: ignore[misc]
        assert "✱" in screen.frame.splitlines()[0]


async def test_a_flood_beside_is_drawn_seldom_and_what_is_typed_at_once(
    cloud: ScreenCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine()
    async with panes(machine) as screen:
        await leader(screen, "v")
        await screen.until(lambda: live(screen, 2))
        loud, quiet = machine.wires
        loud.say(b"before the flood")
        await screen.shows("before the flood")
        monkeypatch.setattr(view_module, "BESIDE_S", 600.0)
        monkeypatch.setattr(view_module, "FLOODED_S", 600.0)
        loud.flood(b"flooded\r\n" * 1000)
        for number in range(3):
            read = loud.reads
            quiet.say(b"\ranswer %d" % number)
            await screen.shows(f"answer {number}")
            await screen.until(lambda read=read: loud.reads > read)  # type: ignore[misc]
            assert "before the flood" in screen.frame
        await leader(screen, "o")
        await screen.shows("flooded")


async def test_the_last_words_beside_are_drawn_when_nothing_follows(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine) as screen:
        await leader(screen, "v")
        await screen.until(lambda: live(screen, 2))
        for number in range(3):
            machine.wires[0].say(b"\rlong words before ", b"and the last %d" % number)
            await screen.shows(f"and the last {number}")


async def test_a_computer_that_is_held_up_goes_on_drawing_a_flood(
    cloud: ScreenCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = itertools.count()
    clock = timer_clock.get_time
    machine = Machine()
    async with panes(machine) as screen:
        # Each look at the clock comes later than the feeding rests, as on a computer that others use.
        monkeypatch.setattr(timer_clock, "get_time", lambda: clock() + next(moments) * 2 * REST_S)
        machine.wire.say(b"y\r\n" * LIMIT, b"the end")
        await screen.shows("the end")


async def test_a_drop_is_told_and_mended_with_the_history_kept(
    cloud: ScreenCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "FIRST_PAUSE_S", 600.0)
    machine = Machine()
    async with panes(machine) as screen:
        machine.wire.say(b"before the drop\r\n")
        await screen.shows("before")
        machine.refuses = CloudUnreachable("no answer")
        machine.wire.end("the machine stopped answering", lost=True)
        await screen.shows("the machine stopped answering · again in")
        await screen.press("a")
        machine.refuses = None
        await screen.press("r")
        await screen.until(lambda: live(screen, 1), "the connection")
        machine.wire.say(b"after it")
        await screen.shows("after it")
        assert "before the drop" in screen.frame
        assert machine.wire.typed == b""


async def test_a_booting_machine_shows_its_console_then_logs_in(cloud: ScreenCloud) -> None:
    machine = Machine(console=True)
    machine.opens.clear()
    async with dashboard() as screen:
        await screen.until(lambda: screen.app.picture.known)
        screen.app.sessions.open(machine.plan())
        assert machine.console is not None
        machine.console.say(b"[0.1] Linux version 6\r\nttylinux login: ")
        await screen.shows("ttylinux login:")
        assert "boots: this is its console until SSH answers" in screen.frame
        machine.opens.set()
        await screen.until(lambda: live(screen, 1), "the session")
        machine.wire.say(b"web-1:~# ")
        await screen.shows("web-1:~#")
        assert "Linux version 6" in screen.frame
        await screen.press("x")
        assert (machine.console.typed, machine.wire.typed) == (b"", b"x")


async def test_leaving_with_sessions_asks_and_says_which(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine) as screen:
        await leader(screen, "d")
        await screen.press("q")
        await screen.shows("Leave the dashboard?")
        assert "web-1 (open)" in screen.frame
        await screen.press("escape")
        await screen.hides("Leave the dashboard?")
        assert not machine.wire.closed
        await screen.press("q")
        await screen.shows("Leave the dashboard?")
        await screen.press("right", "enter")
        await screen.until(lambda: screen.app.return_value == 0)
    assert machine.wire.closed


async def test_a_live_session_is_closed_after_a_question(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine) as screen:
        await leader(screen, "x")
        await screen.shows("Close web-1?")
        await screen.press("right", "enter")
        await screen.shows("6 Sessions 0")
        assert machine.wire.closed


async def test_another_leader_key_takes_the_place_of_the_usual_one(
    cloud: ScreenCloud, own_settings: Path
) -> None:
    configure(own_settings, '[dashboard.keys]\n"session.leader" = "f12"\n')
    machine = Machine()
    async with panes(machine) as screen:
        assert "f12 keys" in screen.frame
        await screen.press("ctrl+backslash")
        assert machine.wire.typed == b"\x1c"
        await screen.press("f12", "d")
        await screen.shows("6 Sessions 1")
        await screen.press("6", "enter")
        await screen.shows("f12 keys")
        await screen.press("f12", "f12")
        assert machine.wire.typed == b"\x1c\x1b[24~"


async def test_nothing_of_a_hostile_machine_gets_beyond_its_pane(cloud: ScreenCloud) -> None:
    cloud.put(recent(1))
    machine = Machine("\x1b[2J[/red]\u202eevil")
    async with panes(machine) as screen:
        machine.wire.say(
            b"\x1b]52;c;c3RvbGVu\x07\x1b]0;\x1b[31mtitle\xe2\x80\xae\x07\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07"
            b"\x1bPq#0;1;1\x1b\\\x9b2J\xff\xfe\x00\x0e\x8f\xe2\x80\xaeright\x1b[9999;1Hcorner\x1b[8;500;500t"
        )
        await screen.shows("corner")
        assert "link" in screen.frame
        view = pane(screen)
        drawn = "".join(view.render_line(y).text for y in range(view.size.height))
        assert not any(ord(each) < 32 or 0x7F <= ord(each) < 0xA0 or each == "\u202e" for each in drawn)
        links = {
            segment.style.link
            for y in range(view.size.height)
            for segment in view.render_line(y)
            if segment.style is not None
        }
        assert links == {None}
        assert screen.app.clipboard == ""
        assert (view.session.screen.columns, view.session.screen.rows) == (120, 34)
        assert "\u202e" not in screen.frame


async def test_the_clipboard_is_the_machines_only_where_that_is_allowed(
    cloud: ScreenCloud, own_settings: Path
) -> None:
    configure(own_settings, "[sessions]\nclipboard = true\n")
    machine = Machine()
    async with panes(machine) as screen:
        machine.wire.say(b"\x1b]52;c;dGFrZW4=\x07")
        await screen.until(lambda: screen.app.clipboard == "taken")


async def test_a_picture_that_is_being_built_is_not_drawn_before_its_end(
    cloud: ScreenCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view_module, "SYNCHRONISED_S", 600.0)
    machine = Machine()
    async with panes(machine) as screen:
        machine.wire.say(b"whole\x1b[?2026h\rhalf ")
        session = pane(screen).session
        await screen.until(lambda: "half" in session.screen.text())
        assert "half" not in screen.frame
        machine.wire.say(b"a picture\x1b[?2026l")
        await screen.shows("half a picture")


async def test_a_picture_that_is_never_ended_is_drawn_all_the_same(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine) as screen:
        machine.wire.say(b"\x1b[?2026hstuck")
        await screen.shows("stuck")


async def test_programs_that_ask_are_told_of_the_focus(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine) as screen:
        machine.wire.say(b"\x1b[?1004hready")
        await screen.shows("ready")
        await leader(screen, "d")
        await screen.shows("6 Sessions 1")
        assert machine.wire.typed == b"\x1b[O"
        await screen.press("6", "enter")
        await screen.shows("ready")
        assert machine.wire.typed == b"\x1b[O\x1b[I"


@pytest.mark.parametrize("size", [(40, 16), (80, 24), (200, 60)])
async def test_every_size_has_room_for_the_terminal_and_says_which_key_leads_out(
    cloud: ScreenCloud, size: tuple[int, int]
) -> None:
    machine = Machine("a-machine-with-a-very-long-name-indeed")
    async with panes(machine, size=size) as screen:
        machine.wire.say(b"prompt$ ")
        await screen.shows("prompt$")
        assert machine.wire.sizes[-1] == (size[0], size[1] - 2)
        assert "^\\ keys" in screen.frame.splitlines()[-1]
        await screen.press("ctrl+backslash")
        await screen.shows("d dashboard")
        assert "split" in screen.frame
        assert max(map(len, screen.frame.splitlines())) <= size[0]
        await screen.press("escape", "a")
        assert machine.wire.typed == b"a"
        assert pane(screen).session.state is State.OPEN


async def test_a_key_that_comes_to_a_closed_line_reaches_the_machine_and_no_key_goes_round(
    cloud: ScreenCloud,
) -> None:
    machine = Machine()
    async with panes(machine) as screen:
        await screen.press("ctrl+backslash")
        line = screen.app.screen.query_one(LeaderLine)
        assert screen.app.focused is line
        line.display = False
        line.post_message(events.Key("w", "w"))
        await screen.until(lambda: machine.wire.typed == b"w")
        assert isinstance(screen.app.focused, TerminalView)
