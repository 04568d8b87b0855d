"""Looking back in a pane: scrolling, selecting, searching, copying; and pasting."""

from __future__ import annotations

from textual import events

from tests.screen.driver import Driver
from tests.screen.paned import leader, pane, panes
from tests.screen.served import ScreenCloud
from tests.support.wires import Machine

LINES = b"".join(b"line %03d of the log\r\n" % number for number in range(200))


async def said(screen: Driver, machine: Machine, data: bytes, last: str) -> None:
    """Let the machine say something and wait until its last words are drawn."""
    machine.wire.say(data)
    await screen.shows(last)


def first_row(screen: Driver) -> str:
    """The first row of the terminal."""
    return screen.frame.splitlines()[1]


async def wheel(screen: Driver, up: bool, *, shift: bool = False) -> None:
    """Turn the wheel over the pane."""
    view = pane(screen)
    kind = events.MouseScrollUp if up else events.MouseScrollDown
    view.post_message(kind(view, 5, 5, 0, 0, 0, shift, False, False))
    await screen.pilot.pause()


async def test_the_wheel_scrolls_back_and_what_comes_meanwhile_does_not_move_the_view(
    cloud: ScreenCloud,
) -> None:
    machine = Machine()
    async with panes(machine, size=(80, 24)) as screen:
        await said(screen, machine, LINES, "line 199")
        assert first_row(screen) == "line 179 of the log"
        await wheel(screen, up=True)
        await screen.shows("3 rows back")
        assert first_row(screen) == "line 176 of the log"
        machine.wire.say(b"more\r\nand more\r\n")
        await screen.shows("5 rows back")
        assert first_row(screen) == "line 176 of the log"
        await screen.press("x")
        await screen.shows("and more")
        assert machine.wire.typed == b"x"


async def test_the_wheel_is_the_programs_where_it_asks_and_never_with_shift(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine, size=(80, 24)) as screen:
        await said(screen, machine, LINES + b"\x1b[?1000h\x1b[?1006hmouse", "mouse")
        await wheel(screen, up=True)
        assert machine.wire.typed == b"\x1b[<64;6;6M"
        await wheel(screen, up=True, shift=True)
        await screen.shows("3 rows back")
        assert machine.wire.typed == b"\x1b[<64;6;6M"


async def test_copy_mode_selects_by_keys_and_copies(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine, size=(80, 24)) as screen:
        await said(screen, machine, LINES, "line 199")
        await leader(screen, "left_square_bracket")
        await screen.shows("Copy mode")
        await screen.press("g", "j", "home", "w", "v", "j", "end", "y")
        await screen.until(lambda: screen.app.clipboard == "001 of the log\nline 002 of the log")
        assert "Copied 2 lines" in screen.notices
        await screen.press("left_square_bracket")
        assert machine.wire.typed == b"["


async def test_a_wrapped_line_is_copied_as_one_and_wide_characters_whole(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine, size=(40, 24)) as screen:
        words = "日本語 " + "word " * 12 + "end"
        await said(screen, machine, words.encode() + b"\r\n", "end")
        await leader(screen, "left_square_bracket")
        await screen.press("g", "V", "j", "y")
        await screen.until(lambda: screen.app.clipboard == words + "\n")


async def test_search_finds_upwards_highlights_and_goes_on(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine, size=(80, 24)) as screen:
        await said(screen, machine, LINES, "line 199")
        await leader(screen, "slash")
        await screen.type("line 05")
        await screen.press("enter")
        await screen.shows("line 059")
        marked = [y for y in range(22) if pane(screen).gaze.over(pane(screen).gaze.first + y)]
        assert [screen.frame.splitlines()[y + 1] for y in marked] == [
            f"line {number:03} of the log" for number in range(50, 60) if f"line {number:03}" in screen.frame
        ]
        first = pane(screen).gaze.found
        assert first is not None
        await screen.press("n")
        await screen.until(lambda: pane(screen).gaze.found == (first.row - 1, first.column))
        await screen.press("N")
        await screen.until(lambda: pane(screen).gaze.found == first)
        await screen.press("slash", "ctrl+u")
        await screen.type("nowhere")
        await screen.press("enter")
        await screen.until(lambda: "“nowhere” is not there" in screen.notices)
        await screen.press("escape")
        await screen.shows("line 199")
        assert machine.wire.typed == b""


async def test_the_mouse_selects_and_copies_words_and_stretches(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine, size=(80, 24)) as screen:
        await said(screen, machine, b"one two-three four\r\nfive", "five")
        view = pane(screen)
        await screen.pilot.mouse_down(view, offset=(4, 0))
        await screen.pilot.hover(view, offset=(2, 1))
        await screen.pilot.mouse_up(view, offset=(2, 1))
        await screen.until(lambda: screen.app.clipboard == "two-three four\nfiv")
        await screen.pilot.click(view, offset=(6, 0), times=2)
        await screen.until(lambda: screen.app.clipboard == "two-three")
        assert machine.wire.typed == b""


async def test_the_mouse_is_the_programs_where_it_asks(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine, size=(80, 24)) as screen:
        await said(screen, machine, b"\x1b[?1002h\x1b[?1006hready", "ready")
        view = pane(screen)
        await screen.pilot.mouse_down(view, offset=(4, 2))
        await screen.pilot.hover(view, offset=(6, 3))
        await screen.pilot.mouse_up(view, offset=(6, 3))
        assert machine.wire.typed == b"\x1b[<0;5;3M\x1b[<32;7;4M\x1b[<0;7;4m"


async def test_several_lines_are_pasted_after_a_question_and_one_without(cloud: ScreenCloud) -> None:
    machine = Machine()
    async with panes(machine, size=(80, 24)) as screen:
        screen.app.post_message(events.Paste("one line"))
        await screen.until(lambda: machine.wire.typed == b"one line")
        screen.app.post_message(events.Paste("rm -rf a\nrm -rf b\n"))
        await screen.shows("Paste 2 lines into web-1?")
        await screen.press("escape")
        await screen.hides("Paste 2 lines")
        assert machine.wire.typed == b"one line"
        machine.wire.say(b"\x1b[?2004hvi")
        await screen.shows("vi")
        screen.app.copy_to_clipboard("a\nb\x1b[201~")
        await leader(screen, "right_square_bracket")
        await screen.shows("Paste 2 lines")
        await screen.press("enter")
        await screen.until(lambda: machine.wire.typed == b"one line\x1b[200~a\rb[201~\x1b[201~")
