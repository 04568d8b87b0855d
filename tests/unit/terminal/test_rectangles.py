"""Rectangles: copied, filled, erased, given another look, and summed up."""

from __future__ import annotations

import pytest

from slshell.terminal import style as looks
from slshell.terminal.style import Styles
from tests.unit.terminal.drive import CSI, Driven, check_sound

EIGHT = ["01234567", "89abcdef", "ghijklmn", "opqrstuv", "wxyzABCD", "EFGHIJKL", "MNOPQRST", "UVWXYZ-+"]


def eight(*told: str) -> list[str]:
    return Driven(10, 9).tell("\r\n".join(EIGHT), *told, f"{CSI}?69l{CSI}r{CSI}?6l").shown(8)


def changed(**rows: str) -> list[str]:
    """The eight rows with others at `r1` to `r8`."""
    return [rows.get(f"r{number}", row) for number, row in enumerate(EIGHT, 1)]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (f"{CSI}2;2;4;4;1;5;5;1$v", changed(r5="wxyz9abD", r6="EFGHhijL", r7="MNOPpqrT")),
        (f"{CSI}2;2;4;4;1;3;3;1$v", changed(r3="gh9ablmn", r4="ophijtuv", r5="wxpqrBCD")),
        (f"{CSI};;2;2;;5;5;1$v", changed(r5="wxyz01CD", r6="EFGH89KL")),
        (f"{CSI}2;2;4;4;1$v", changed(r1="9ab34567", r2="hijbcdef", r3="pqrjklmn")),
        (f"{CSI}2;2;1;1;1;5;5;1$v", EIGHT),
        (f"{CSI}33;5;5;7;7$x", changed(r5="wxyz!!!D", r6="EFGH!!!L", r7="MNOP!!!T")),
        (f"{CSI}10;5;5;7;7$x", EIGHT),
        (f"{CSI}5;5;7;7$z", changed(r5="wxyz   D", r6="EFGH   L", r7="MNOP   T")),
        (f"{CSI}5;5;7;7${{", changed(r5="wxyz   D", r6="EFGH   L", r7="MNOP   T")),
        (f"{CSI}5;5;4;4$z", EIGHT),
        (f"{CSI}8;8;99;99$z", changed(r8="UVWXYZ-")),
        (f"{CSI}?69h{CSI}2;9s{CSI}2;9r{CSI}?6h{CSI}33;1;1;2;2$x", changed(r2="8!!bcdef", r3="g!!jklmn")),
        (f"{CSI}?69h{CSI}3;6s{CSI}3;6r{CSI}5;5;7;7$z", changed(r5="wxyz   D", r6="EFGH   L", r7="MNOP   T")),
    ],
)  # fmt: skip
def test_a_rectangle_is_changed_within_its_edges_only(told: str, shown: list[str]) -> None:
    assert eight(told) == shown


def test_rectangles_leave_the_cursor() -> None:
    screen = Driven().tell(f"{CSI}3;4H{CSI}2;2;4;4;1;5;5;1$v{CSI}$z{CSI}33$x")
    assert screen.at() == (3, 4)


def test_attributes_of_a_rectangle_are_set_and_toggled() -> None:
    screen = Driven(4, 3).tell(f"abcd\r\nefgh{CSI}2*x{CSI}1;2;2;3;1;7$r")
    assert [screen.cell(x, 1).style.has(looks.BOLD | looks.REVERSE) for x in range(4)] == [
        False,
        True,
        True,
        False,
    ]
    screen.tell(f"{CSI}1;2;2;3;7;4$t")
    assert screen.cell(1, 0).style.attributes == looks.BOLD
    assert screen.cell(1, 0).style.underline == 1
    screen.tell(f"{CSI}1;1;3;4;0$r")
    assert screen.cell(1, 0).style.attributes == 0


def test_attributes_of_a_stream_go_from_row_to_row() -> None:
    screen = Driven(4, 3).tell(f"abcd\r\nefgh{CSI}1;3;2;2;1$r")
    bold = [[screen.cell(x, y).style.has(looks.BOLD) for x in range(4)] for y in range(2)]
    assert bold == [[False, False, True, True], [True, True, False, False]]


def test_new_looks_of_a_rectangle_may_need_room_for_their_styles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Styles, "LIMIT", 40)
    screen = Driven(10, 4)
    for number in range(200):
        screen.tell(f"{CSI}38;5;{number}mx{CSI}1;1;4;10;{number % 9}$t")
        check_sound(screen)


def test_the_look_that_cells_have_in_common_is_told() -> None:
    screen = Driven(4, 2).tell(f"{CSI}1;31;4ma{CSI}0;1;32;4mb")
    assert screen.asked(f"{CSI}1;1;1;1#|") == f"{CSI}0;1;4;31m"
    assert screen.asked(f"{CSI}1;1;1;2#|") == f"{CSI}0;1;4m"
    assert screen.asked(f"{CSI}#|") == f"{CSI}0m"
    assert screen.asked(f"{CSI}9;9;9;9#|") == ""


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        (f"{CSI}7;1;1;1;1;1*y", 0x10000 - ord("A")),
        (f"{CSI}1;1H{CSI}1;4mA{CSI}7;1;1;1;1;1*y", 0x10000 - ord("A") - 0x90),
        (f"{CSI}7;1;2;2;2;2*y", 0x10000 - 0x20),
        (f"{CSI}7;1;1;1;1;9*y", 0x10000 - ord("A")),
        (f"{CSI}3#y{CSI}7;1;1;1;1;1*y", ord("A")),
        (f"{CSI}7#y{CSI}7;1;1;1;1;4*y", ord("A") + 3 * 0x20),
        (f"{CSI}7;1;5;5;2;2*y", 0),
    ],
)
def test_a_checksum_is_that_of_a_vt_unless_told_otherwise(told: str, answer: int) -> None:
    assert Driven(10, 5).tell("A").asked(told) == f"\x1bP7!~{answer:04X}\x1b\\"


def test_the_checksum_of_half_a_wide_character_is_that_of_its_cell() -> None:
    screen = Driven(10, 5).tell("\u4e2d")
    assert screen.asked(f"{CSI}7;1;1;1;1;1*y") == f"\x1bP7!~{0x10000 - 0x2D:04X}\x1b\\"
    assert screen.asked(f"{CSI}7;1;1;2;1;2*y") == f"\x1bP7!~{0x10000 - 0xFF:04X}\x1b\\"


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ("\u4e2d", 0x2D + 0xFF),
        ("e\u0301", 0xE9),
        ("v\u0301", ord("v")),
        (f"{CSI}8mv", 0x20),
    ],
)
def test_a_checksum_has_a_byte_of_each_cell_and_no_hidden_text(told: str, answer: int) -> None:
    asked = Driven(10, 5).tell(told).asked(f"{CSI}7;1;1;1;1;2*y")
    assert asked == f"\x1bP7!~{0x10000 - answer:04X}\x1b\\"
