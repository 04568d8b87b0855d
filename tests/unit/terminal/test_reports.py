"""What is answered to programs that ask."""

from __future__ import annotations

import pytest

from tests.unit.terminal.drive import CSI, Driven


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (f"{CSI}c", f"{CSI}?65;1;2;6;9;15;16;17;18;21;22;28;29c"),
        (f"{CSI}0c", f"{CSI}?65;1;2;6;9;15;16;17;18;21;22;28;29c"),
        ("\x1bZ", f"{CSI}?65;1;2;6;9;15;16;17;18;21;22;28;29c"),
        (f'{CSI}62;1"p{CSI}c', f"{CSI}?62;1;2;6;9;15;22;29c"),
        (f"{CSI}1c", ""), (f"{CSI}>c", f"{CSI}>64;400;0c"), (f"{CSI}>1c", ""),
        (f"{CSI}=c", "\x1bP!|00000000\x1b\\"),
        (f"{CSI}>q", "\x1bP>|slshell(1)\x1b\\"), (f"{CSI}5n", f"{CSI}0n"),
        (f"{CSI}3;4H{CSI}6n", f"{CSI}3;4R"),
        (f"{CSI}6;5H{CSI}?6n", f"{CSI}?6;5;1R"), (f"{CSI}?15n", f"{CSI}?13n"), (f"{CSI}?25n", f"{CSI}?20n"),
        (f"{CSI}?26n", f"{CSI}?27;1;0;0n"), (f"{CSI}?55n", f"{CSI}?50n"), (f"{CSI}?56n", f"{CSI}?57;0n"),
        (f"{CSI}?62n", f"{CSI}0000*{{"), (f"{CSI}?63;123n", "\x1bP123!~0000\x1b\\"),
        (f"{CSI}?75n", f"{CSI}?70n"),
        (f"{CSI}?85n", f"{CSI}?83n"), (f"{CSI}x", f"{CSI}2;1;1;128;128;1;0x"),
        (f"{CSI}1x", f"{CSI}3;1;1;128;128;1;0x"),
        (f"{CSI}>4;2m{CSI}?4m", f"{CSI}>4;2m"), (f"{CSI}?996n", ""), (f"{CSI}'|", f"{CSI}0&w"),
    ],
)  # fmt: skip
def test_a_question_is_answered(asked: str, answer: str) -> None:
    assert Driven().asked(asked) == answer


@pytest.mark.parametrize(
    ("told", "setting", "answer"),
    [
        (f"{CSI}1m", "m", "0;1"), (f"{CSI}31;44;9m", "m", "0;9;31;44"), (f"{CSI}4:3;95m", "m", "0;4:3;95"),
        (f"{CSI}38;5;200;48;2;1;2;3m", "m", "0;38:5:200;48:2::1:2:3"), (f"{CSI}5;6r", "r", "5;6"),
        (f"{CSI}?69h{CSI}3;4s", "s", "3;4"), (f"{CSI}4 q", " q", "4"), (f'{CSI}1"q', '"q', "1"),
        ("", '"p', "65;1"), ("", "*x", "0"), (f"{CSI}2*x", "*x", "2"), (f"{CSI}1$~", "$~", "1"),
        ("", "$}", "0"),
        (f"{CSI}27t", "t", "27"), (f"{CSI}24*|", "*|", "24"), ("", "$|", "80"),
    ],
)  # fmt: skip
def test_a_setting_is_told(told: str, setting: str, answer: str) -> None:
    assert Driven().tell(told).asked(f"\x1bP$q{setting}\x1b\\") == f"\x1bP1$r{answer}{setting}\x1b\\"


def test_an_unknown_setting_is_answered_as_such() -> None:
    assert Driven().asked("\x1bP$q+z\x1b\\") == "\x1bP0$r\x1b\\"


def test_a_described_look_makes_the_same_look() -> None:
    screen = Driven().tell(f"{CSI}1;2;3;5;7;8;9;53;4:3;38;5;9;48;2;1;2;3;58;5;200m")
    style = screen.styles[screen.pen]
    described = screen.asked("\x1bP$qm\x1b\\").removeprefix("\x1bP1$r").removesuffix("m\x1b\\")
    other = Driven().tell(f"{CSI}{described}m")
    assert other.styles[other.pen] == style


@pytest.mark.parametrize(
    ("names", "answer"),
    [
        ("436F", "1+r436F=323536"),
        ("544E", "1+r544E=787465726D2D323536636F6C6F72"),
        ("zz", "0+r"),
        ("43 6F", "0+r"),
        ("43\n6F", "0+r"),
        ("436", "0+r"),
        ("6162", "0+r"),
    ],
)
def test_capabilities_are_told_as_hexadecimal_digits(names: str, answer: str) -> None:
    assert Driven().asked(f"\x1bP+q{names}\x1b\\") == f"\x1bP{answer}\x1b\\"


def test_the_state_of_the_cursor_is_told() -> None:
    asked = Driven().tell(f"{CSI}3;4H{CSI}1;4m").asked(f"{CSI}1$w")
    assert asked == "\x1bP1$u3;4;1;C;@;@;0;2;@;BBBB\x1b\\"


def test_answers_have_eight_bits_where_the_program_likes_it() -> None:
    screen = Driven()
    assert screen.tell(f"\x1b G{CSI}5n", "\x1bP$qr\x1b\\").answers == [b"\x9b0n", b"\x901$r1;25r\x9c"]
    assert screen.asked(f"\x1b F{CSI}5n") == f"{CSI}0n"
    screen.tell("\x1b%@\x1b G").answers.clear()
    screen.feed(b"\x9b5n")
    assert screen.answers == [b"\x9b0n"]


def test_a_screen_without_anyone_to_answer_to_stays_silent() -> None:
    screen = Driven()
    screen._reply = None
    assert screen.asked(f"{CSI}c") == ""


def test_attributes_are_told_in_the_order_of_xterm() -> None:
    screen = Driven().tell(f"{CSI}1;2;3;4;5;7;8;9;53m")
    assert screen.asked("\x1bP$qm\x1b\\") == "\x1bP1$r0;1;4;5;7;8;2;3;9;53m\x1b\\"
