"""The cursor goes where ECMA-48 and the VT510 manual say, and margins hold it."""

from __future__ import annotations

import pytest

from tests.unit.terminal.drive import CSI, Driven

SIDES = f"{CSI}?69h{CSI}5;10s"


@pytest.mark.parametrize(
    ("told", "place"),
    [
        (f"{CSI}A", (4, 5)), (f"{CSI}2A", (3, 5)), (f"{CSI}99A", (1, 5)), (f"{CSI}0A", (4, 5)),
        (f"{CSI}B", (6, 5)), (f"{CSI}99B", (25, 5)), (f"{CSI}C", (5, 6)), (f"{CSI}999C", (5, 80)),
        (f"{CSI}D", (5, 4)), (f"{CSI}99D", (5, 1)), (f"{CSI}2E", (7, 1)), (f"{CSI}2F", (3, 1)),
        (f"{CSI}G", (5, 1)), (f"{CSI}10G", (5, 10)), (f"{CSI}9999G", (5, 80)), (f"{CSI}0`", (5, 1)),
        (f"{CSI}d", (1, 5)), (f"{CSI}9d", (9, 5)), (f"{CSI}3a", (5, 8)), (f"{CSI}3e", (8, 5)),
        (f"{CSI}2j", (5, 3)), (f"{CSI}9j", (5, 1)), (f"{CSI}2k", (3, 5)),
        (f"{CSI}H", (1, 1)), (f"{CSI}7H", (7, 1)), (f"{CSI};7H", (1, 7)), (f"{CSI}999;999f", (25, 80)),
        (f"{CSI}2;3H", (2, 3)), ("\r", (5, 1)), ("\b", (5, 4)), ("\n", (6, 5)), ("\v", (6, 5)),
        ("\f", (6, 5)),
        ("\x1bE", (6, 1)), ("\x1bD", (6, 5)), ("\x1bM", (4, 5)), ("\t", (5, 9)), (f"{CSI}2I", (5, 17)),
        (f"{CSI}Z", (5, 1)), ("\x1b9", (5, 6)), ("\x1b6", (5, 4)), ("\x84", (6, 5)), ("\x85", (6, 1)),
    ],
)  # fmt: skip
def test_a_control_moves_the_cursor_from_row_5_column_5(told: str, place: tuple[int, int]) -> None:
    assert Driven().tell(f"{CSI}5;5H", told).at() == place


@pytest.mark.parametrize(
    ("start", "told", "place"),
    [
        ((6, 7), f"{CSI}99A", (4, 7)), ((2, 7), f"{CSI}99A", (1, 7)), ((6, 7), f"{CSI}99B", (8, 7)),
        ((12, 7), f"{CSI}99B", (25, 7)), ((6, 7), f"{CSI}99C", (6, 10)), ((6, 12), f"{CSI}99C", (6, 80)),
        ((6, 7), f"{CSI}99D", (6, 5)), ((6, 4), f"{CSI}99D", (6, 1)), ((6, 7), "\r", (6, 5)),
        ((6, 4), "\r", (6, 1)), ((6, 5), "\b", (6, 5)), ((6, 4), "\b", (6, 3)), ((6, 7), f"{CSI}9E", (8, 5)),
        ((6, 7), f"{CSI}9F", (4, 5)), ((6, 7), f"{CSI}1G", (6, 1)), ((6, 7), "\t\t", (6, 10)),
        ((6, 1), "\t\t\t", (6, 10)), ((6, 7), f"{CSI}9Z", (6, 1)), ((8, 12), "\n", (8, 12)),
        ((25, 1), "\n", (25, 1)), ((8, 12), "\x1bE", (8, 5)), ((7, 12), "\x1bE", (8, 5)),
        ((8, 3), "\x1bE", (8, 1)), ((4, 12), "\x1bM", (4, 12)), ((6, 12), "\x1b9", (6, 13)),
    ],
)  # fmt: skip
def test_margins_hold_a_cursor_that_starts_within_them(
    start: tuple[int, int], told: str, place: tuple[int, int]
) -> None:
    screen = Driven().tell(SIDES, f"{CSI}4;8r", f"{CSI}{start[0]};{start[1]}H", told)
    assert screen.at() == place


def test_setting_margins_or_origin_mode_sends_the_cursor_home() -> None:
    screen = Driven().tell(f"{CSI}5;5H{CSI}2;3r")
    assert screen.at() == (1, 1)
    assert screen.tell(f"{CSI}?6h").at() == (2, 1)
    assert screen.tell(f"{CSI}?6l").at() == (1, 1)
    assert screen.tell(f"{CSI}?69h{CSI}4;9H{CSI}3;4s").at() == (1, 1)


@pytest.mark.parametrize("margins", ["3;3", "9;3", "40;50"])
def test_margins_that_leave_no_room_are_not_set(margins: str) -> None:
    screen = Driven().tell(f"{CSI}5;5H{CSI}{margins}r")
    assert (screen.top, screen.bottom, screen.at()) == (0, 24, (5, 5))


def test_in_origin_mode_positions_count_from_the_margins() -> None:
    screen = Driven().tell(SIDES, f"{CSI}6;11r{CSI}?6h{CSI}2;3H")
    assert screen.at() == (7, 7)
    assert screen.asked(f"{CSI}6n") == f"{CSI}2;3R"
    assert screen.tell(f"{CSI}99;99H").at() == (11, 10)
    assert screen.tell(f"{CSI}G").at() == (11, 5)
    assert screen.tell(f"{CSI}2d").at() == (7, 5)


@pytest.mark.parametrize("mode", [45, 1045])
def test_a_backspace_takes_back_a_wrap_in_reverse_wrap_mode(mode: int) -> None:
    screen = Driven(10, 4).tell(f"{CSI}?{mode}h", "x" * 15, "\b" * 6)
    assert screen.at() == (1, 10)
    assert screen.tell(f"{CSI}9D").at() == (1, 1)


@pytest.mark.parametrize("mode", [45, 1045])
def test_reverse_wrap_goes_up_and_round_the_margins(mode: int) -> None:
    screen = Driven(10, 6).tell(f"{CSI}?{mode}h{CSI}3;1H\b")
    assert screen.at() == (2, 10)
    assert screen.tell(f"{CSI}2;4r{CSI}2;1H\b").at() == (4, 10)
    assert screen.tell(f"{CSI}?7l{CSI}3;1H\b").at() == (3, 1)


def test_in_reverse_wrap_mode_a_backspace_at_the_edge_only_cancels_the_wrap() -> None:
    screen = Driven(5, 3).tell(f"{CSI}?45habcde\b")
    assert (screen.at(), screen.pending) == ((1, 5), False)
    assert Driven(5, 3).tell("abcde\b").at() == (1, 4)


def test_tab_stops_are_set_cleared_and_told() -> None:
    screen = Driven(40, 3).tell(f"{CSI}3g{CSI}1;5H\x1bH{CSI}1;20H\x1bH\r\t")
    assert screen.at() == (1, 5)
    assert screen.tell("\t").at() == (1, 20)
    assert screen.tell("\t").at() == (1, 40)
    assert screen.asked(f"{CSI}2$w") == "\x1bP2$u5/20\x1b\\"
    assert screen.tell(f"{CSI}20G{CSI}g\r\t\t").at() == (1, 40)
    assert screen.tell("\x1bP2$t3/7\x1b\\\r\t").at() == (1, 3)


def test_the_usual_tab_stops_come_back() -> None:
    assert Driven(40, 3).tell(f"{CSI}3g{CSI}?5W\t\t").at() == (1, 17)


def test_a_tab_at_the_edge_does_not_wrap_unless_the_fix_for_more_is_on() -> None:
    screen = Driven(10, 4).tell("x" * 10, "\t2")
    assert screen.shown(2) == ["x" * 10, "2"]
    screen = Driven(10, 4).tell(f"{CSI}?41h", "x" * 10, "\t1")
    assert screen.shown(2) == ["x" * 10, "        1"]


@pytest.mark.parametrize(
    ("save", "restore"), [("\x1b7", "\x1b8"), (f"{CSI}s", f"{CSI}u"), (f"{CSI}?1048h", f"{CSI}?1048l")]
)
def test_a_saved_cursor_comes_back_with_its_look(save: str, restore: str) -> None:
    screen = Driven().tell(f"{CSI}5;6H{CSI}31m{save}{CSI}H{CSI}m{CSI}4;9r{CSI}?6h", restore, "x")
    assert screen.at() == (5, 7)
    assert screen.cell(5, 4).style.foreground == 1
    assert not screen.modes.origin


def test_each_screen_has_its_own_saved_cursor() -> None:
    screen = Driven().tell(f"{CSI}2;3H\x1b7{CSI}?47h{CSI}6;7H\x1b7{CSI}?47l\x1b8")
    assert screen.at() == (2, 3)
    assert screen.tell(f"{CSI}?47h\x1b8").at() == (6, 7)


def test_restoring_without_having_saved_goes_home() -> None:
    assert Driven().tell(f"{CSI}5;6H\x1b8").at() == (1, 1)
    assert Driven().tell(f"{CSI}5;6H\x1b7{CSI}!p\x1b8").at() == (1, 1)
