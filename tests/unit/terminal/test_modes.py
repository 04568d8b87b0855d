"""Modes: set, reset, saved, asked for; the alternate screens; levels and resets."""

from __future__ import annotations

import pytest

from tests.unit.terminal.drive import CSI, Driven

MODIFIABLE = (
    1, 3, 4, 5, 6, 7, 9, 12, 18, 19, 25, 35, 40, 41, 42, 45, 47, 66, 67, 69, 95, 1000, 1002, 1003, 1004, 1006,
    1015, 1045, 1047, 1048, 1049, 2004, 2026,
)  # fmt: skip


@pytest.mark.parametrize("mode", MODIFIABLE)
def test_a_private_mode_is_told_as_it_was_set(mode: int) -> None:
    screen = Driven().tell(f"{CSI}?40h")
    assert screen.tell(f"{CSI}?{mode}h").asked(f"{CSI}?{mode}$p") == f"{CSI}?{mode};1$y"
    assert screen.tell(f"{CSI}?{mode}l").asked(f"{CSI}?{mode}$p") == f"{CSI}?{mode};2$y"


@pytest.mark.parametrize("mode", [2, 4, 12, 20])
def test_an_ansi_mode_is_told_as_it_was_set(mode: int) -> None:
    screen = Driven()
    assert screen.tell(f"{CSI}{mode}h").asked(f"{CSI}{mode}$p") == f"{CSI}{mode};1$y"
    assert screen.tell(f"{CSI}{mode}l").asked(f"{CSI}{mode}$p") == f"{CSI}{mode};2$y"


@pytest.mark.parametrize("mode", [1, 5, 7, 10, 11, 13, 14, 15, 16, 17, 18, 19])
def test_an_ansi_mode_that_no_terminal_has_is_told_as_never_set(mode: int) -> None:
    assert Driven().tell(f"{CSI}{mode}h").asked(f"{CSI}{mode}$p") == f"{CSI}{mode};4$y"


@pytest.mark.parametrize(
    ("asked", "answer"),
    [("?8", "?8;4"), ("?2", "?2;3"), ("?60", "?60;0"), ("?9999", "?9999;0"), ("99", "99;0")],
)
def test_other_modes_are_told_as_never_set_or_unknown(asked: str, answer: str) -> None:
    assert Driven().asked(f"{CSI}{asked}$p") == f"{CSI}{answer}$y"


def test_several_modes_are_set_at_once() -> None:
    screen = Driven().tell(f"{CSI}?1;5;2004h")
    assert (screen.modes.application_cursor, screen.modes.reverse_video, screen.modes.bracketed_paste) == (
        True,
    ) * 3


def test_modes_are_saved_and_restored() -> None:
    screen = Driven().tell(f"{CSI}?7s{CSI}?7l{CSI}?7r")
    assert screen.modes.autowrap
    assert not screen.tell(f"{CSI}?7l{CSI}?7s{CSI}?7h{CSI}?7r").modes.autowrap


def test_of_the_mouse_modes_the_last_one_set_holds() -> None:
    screen = Driven().tell(f"{CSI}?1000h{CSI}?1003h{CSI}?1015h{CSI}?1006h")
    assert (screen.modes.mouse, screen.modes.mouse_encoding) == (1003, 1006)
    assert screen.tell(f"{CSI}?1003l{CSI}?1006l").modes.mouse == 0
    assert screen.modes.mouse_encoding == 0


def test_the_keypad_has_sequences_of_its_own() -> None:
    assert Driven().tell("\x1b=").modes.application_keypad
    assert not Driven().tell("\x1b=\x1b>").modes.application_keypad


@pytest.mark.parametrize("mode", [47, 1047, 1049])
def test_the_main_screen_comes_back_from_the_alternate_one(mode: int) -> None:
    screen = Driven(9, 3).tell(f"abc\r\nd{CSI}?{mode}h")
    assert screen.modes.alternate
    assert screen.at() == (2, 2)
    screen.tell(f"{CSI}2J{CSI}Hxyz{CSI}?{mode}l")
    assert screen.shown() == ["abc", "d", ""]
    assert screen.at() == ((2, 2) if mode == 1049 else (1, 4))
    assert screen.tell(f"{CSI}?47h").shown(1) == (["xyz"] if mode != 1047 else [""])


def test_132_columns_have_to_be_allowed() -> None:
    screen = Driven().tell(f"x{CSI}?3h")
    assert screen.columns == 80
    screen.tell(f"{CSI}?40h{CSI}2;9r{CSI}?3h")
    assert (screen.columns, screen.shown(1), screen.top, screen.at()) == (132, [""], 0, (1, 1))
    assert screen.tell(f"{CSI}?95h2{CSI}?3l").shown(1) == ["2"]
    assert screen.columns == 80


def test_a_soft_reset_leaves_text_and_cursor() -> None:
    screen = Driven().tell(f"{CSI}?1;6;66;69;45h{CSI}?7;25l{CSI}4h{CSI}2;9r{CSI}31mx\x1b(0{CSI}5;6H{CSI}!p")
    modes = screen.modes
    assert screen.shown(2) == ["", "x"]
    assert screen.at() == (6, 6)
    assert (screen.top, modes.origin, modes.application_cursor, modes.insert, modes.margins) == (
        0,
        *(False,) * 4,
    )
    assert modes.autowrap
    assert modes.cursor_visible
    assert screen.tell("q").cell(5, 5).text == "q"
    assert screen.cell(5, 5).style.foreground == -1


def test_a_full_reset_is_like_power_on() -> None:
    screen = Driven().tell(f"m{CSI}?1049ha\x1b]2;t\x07\x1bH{CSI}2;5r{CSI}?6h{CSI}?40h{CSI}?3h\x1bc")
    assert (screen.columns, screen.at(), screen.title, screen.shown(1)) == (80, (1, 1), "", [""])
    assert not screen.modes.alternate
    assert screen.tell("\t").at() == (1, 9)
    assert screen.tell(f"{CSI}?47h").shown(1) == [""]


def test_lower_levels_understand_less() -> None:
    screen = Driven().tell(f'{CSI}62;1"p')
    assert screen.asked(f"{CSI}4$p") == ""
    assert screen.tell(f'{CSI}63;1"p').asked(f"{CSI}4$p") == f"{CSI}4;2$y"
    assert not screen.tell(f"{CSI}?69h").modes.margins
    assert not screen.tell(f'{CSI}64;1"p{CSI}?95h').modes.dec[95]
    assert screen.tell(f"{CSI}?69h").modes.margins
    assert screen.tell(f'{CSI}65;1"p{CSI}?95h').modes.dec[95]


def test_a_change_of_level_resets_the_terminal() -> None:
    screen = Driven().tell(f'x{CSI}5;6H\x1b7{CSI}4h{CSI}61"p')
    assert screen.shown(1) == [""]
    assert not screen.modes.insert
    assert screen.tell("\x1b8").at() == (1, 1)


@pytest.mark.parametrize(
    ("style", "shape", "blinking"),
    [(0, "block", True), (1, "block", True), (2, "block", False), (3, "underline", True),
     (4, "underline", False), (5, "bar", True), (6, "bar", False), (7, "block", True)],
)  # fmt: skip
def test_the_cursor_takes_a_shape(style: int, shape: str, blinking: bool) -> None:
    cursor = Driven().tell(f"{CSI}{style} q").cursor
    assert (cursor.shape, cursor.blinking) == (shape, blinking)


def test_blinking_is_also_a_mode() -> None:
    assert not Driven().tell(f"{CSI}5 q{CSI}?12l").cursor.blinking
    assert Driven().tell(f"{CSI}6 q{CSI}?12h").cursor.blinking
    assert not Driven().tell(f"{CSI}?25l").cursor.visible


def test_pens_are_pushed_and_popped() -> None:
    screen = Driven().tell(f"{CSI}31m{CSI}#{{{CSI}32mx{CSI}#}}y")
    assert [screen.cell(x, 0).style.foreground for x in range(2)] == [2, 1]


def test_side_margins_stay_when_their_mode_is_set_again() -> None:
    screen = Driven().tell(f"{CSI}?69h{CSI}3;9s{CSI}?69h")
    assert (screen.left, screen.right) == (2, 8)
    assert screen.tell(f"{CSI}?69l").right == 79
