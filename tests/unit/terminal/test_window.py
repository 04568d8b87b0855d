"""Titles, and the window that programs believe to be in."""

from __future__ import annotations

import pytest

from tests.unit.terminal.drive import CSI, Driven


def named(icon: str, window: str) -> Driven:
    return Driven().tell(f"\x1b]1;{icon}\x07\x1b]2;{window}\x1b\\")


def names(screen: Driven) -> tuple[str, str]:
    return screen.window.icon, screen.window.title


def test_titles_are_set_together_or_alone() -> None:
    assert names(Driven().tell("\x1b]0;both\x07")) == ("both", "both")
    assert names(named("i", "w")) == ("i", "w")


def test_titles_are_told_without_anything_that_steers_a_terminal() -> None:
    screen = named("i", "a\u009b1m\x07")
    assert screen.asked(f"{CSI}20t") == "\x1b]Li\x1b\\"
    screen = Driven().tell("\x1b]2;x\x01\u202ey; rm\x07")
    assert screen.asked(f"{CSI}21t") == "\x1b]lx y; rm\x1b\\"
    assert Driven(title_report=False).tell("\x1b]2;x\x07").asked(f"{CSI}21t") == ""


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("22;0 x 23;0", ("i", "w")), ("22;0 x 23;1 23;2", ("i", "x")), ("22;0 x 23;2 23;1", ("x", "w")),
        ("22;1 x 23;1", ("i", "x")), ("22;2 x 23;2", ("x", "w")), ("22;1 22;2 x 23;0", ("i", "w")),
        ("22 x 22 y 23 23", ("i", "w")), ("23", ("i", "w")),
    ],
)  # fmt: skip
def test_titles_are_pushed_and_popped(told: str, expected: tuple[str, str]) -> None:
    screen = named("i", "w")
    for part in told.split():
        screen.tell(f"{CSI}{part}t" if part[0].isdigit() else f"\x1b]0;{part}\x07")
    assert names(screen) == expected


def test_the_stack_of_titles_does_not_grow_for_ever() -> None:
    screen = named("i", "w").tell(f"{CSI}22t" * 1000)
    assert len(screen.window._stack) <= 16
    assert len(Driven().tell("\x1b]2;" + "x" * 99999 + "\x07").title) <= 1024


def test_titles_may_be_hexadecimal() -> None:
    screen = Driven().tell(f"{CSI}>0t\x1b]2;6162\x07")
    assert screen.title == "ab"
    assert screen.asked(f"{CSI}>1t{CSI}21t") == "\x1b]l6162\x1b\\"
    assert screen.tell("\x1b]2;zz\x07").title == "ab"
    assert screen.tell(f"{CSI}>0;1T\x1b]2;61\x07").asked(f"{CSI}21t") == "\x1b]l61\x1b\\"


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("18", "8;25;80"), ("14", "4;500;800"), ("16", "6;20;10"), ("19", "9;60;200"), ("15", "5;1200;2000"),
        ("11", "1"), ("13", "3;0;0"),
    ],
)  # fmt: skip
def test_sizes_and_states_are_told(asked: str, answer: str) -> None:
    assert Driven().asked(f"{CSI}{asked}t") == f"{CSI}{answer}t"


def test_the_window_is_moved_and_closed_up() -> None:
    screen = Driven()
    assert screen.asked(f"{CSI}2t{CSI}11t") == f"{CSI}2t"
    assert screen.asked(f"{CSI}1t{CSI}11t") == f"{CSI}1t"
    assert screen.asked(f"{CSI}3;5;6t{CSI}13t") == f"{CSI}3;5;6t"
    assert screen.asked(f"{CSI}3;;1t{CSI}13t") == f"{CSI}3;0;1t"


@pytest.mark.parametrize(
    ("told", "size"),
    [
        ("8;10;90", (90, 10)), ("8;;90", (90, 25)), ("8;10", (80, 10)), ("8;0;90", (90, 60)),
        ("8;10;0", (200, 10)),
        ("4;200;400", (40, 10)), ("4;;400", (40, 25)), ("24", (80, 24)), ("9;1", (200, 60)),
        ("9;2", (80, 60)),
        ("9;3", (200, 25)), ("10;1", (200, 60)), ("8;9999;9999", (200, 60)),
    ],
)  # fmt: skip
def test_programs_may_resize_the_screen(told: str, size: tuple[int, int]) -> None:
    screen = Driven().tell(f"{CSI}{told}t")
    assert (screen.columns, screen.rows) == size
    screen = Driven(resize=False).tell(f"{CSI}{told}t")
    assert (screen.columns, screen.rows) == (80, 25)


def test_a_resize_by_the_program_cuts_rows_and_leaves_the_history_alone() -> None:
    screen = Driven(10, 3).tell("abcdefghijkl\r\n1\r\n2\r\n3")
    before = list(screen.history)
    screen.tell(f"{CSI}8;2;4t")
    assert (screen.shown(), screen.at()) == (["2", "3"], (2, 2))
    assert list(screen.history)[: len(before)] == before
    assert screen.tell(f"{CSI}8;3;10t").shown() == ["2", "3", ""]


@pytest.mark.parametrize("told", ["9;1t{0}9;0t", "10;1t{0}10;0t", "10;2t{0}10;2t"])
def test_a_window_made_large_goes_back(told: str) -> None:
    screen = Driven().tell(CSI + told.format(CSI))
    assert (screen.columns, screen.rows) == (80, 25)
