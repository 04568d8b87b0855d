"""Operating-system commands: colours, links, the clipboard."""

from __future__ import annotations

import pytest

from tests.unit.terminal.drive import CSI, Driven


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("rgb:f0f0/8080/0000", "f0f0/8080/0000"), ("rgb:f/8/0", "ffff/8888/0000"), ("#fff", "f0f0/f0f0/f0f0"),
        ("#f08000", "f0f0/8080/0000"), ("#f00800000", "f0f0/8080/0000"), ("#f00080000000", "f0f0/8080/0000"),
        ("rgbi:1/1/1", "ffff/ffff/ffff"), ("red", "ffff/0000/0000"), ("Red", "ffff/0000/0000"),
    ],
)  # fmt: skip
def test_a_colour_is_told_as_it_was_set(written: str, told: str) -> None:
    screen = Driven()
    for number in ("4;1", "4;256", "5;0", "10", "11", "12", "17"):
        assert screen.tell(f"\x1b]{number};{written}\x1b\\").asked(f"\x1b]{number};?\x1b\\") == (
            f"\x1b]{number};rgb:{told}\x1b\\"
        )


@pytest.mark.parametrize("written", ["", "nonsense", "rgb:1/2", "#12", "rgbi:1.1.1/2/3", "rgb:12345/0/0"])
def test_what_is_no_colour_changes_nothing(written: str) -> None:
    assert Driven().tell(f"\x1b]4;1;{written}\x07").palette.colors == {}


def test_several_colours_are_set_and_asked_at_once() -> None:
    screen = Driven().tell("\x1b]4;0;#010203;1;#040506\x07\x1b]10;#111;#222\x07")
    assert (
        screen.asked("\x1b]4;0;?;1;?\x07") == "\x1b]4;0;rgb:0101/0202/0303\x07\x1b]4;1;rgb:0404/0505/0606\x07"
    )
    assert screen.asked("\x1b]10;?;?\x07") == "\x1b]10;rgb:1010/1010/1010\x07\x1b]11;rgb:2020/2020/2020\x07"


def test_colours_are_reset_one_by_one_or_all() -> None:
    screen = Driven().tell("\x1b]4;0;#111;1;#222;2;#333;256;#444\x07\x1b]104;1\x07")
    assert set(screen.palette.colors) == {0, 2, 256}
    assert set(screen.tell("\x1b]104;\x1b\\").palette.colors) == {256}
    assert screen.tell("\x1b]105\x07").palette.colors == {}
    assert screen.tell("\x1b]11;#123\x07\x1b]111\x07").palette.dynamic == {}


def test_colours_that_nobody_set_are_the_usual_ones() -> None:
    screen = Driven()
    assert screen.asked("\x1b]4;196;?\x07\x1b]4;232;?\x07") == (
        "\x1b]4;196;rgb:ffff/0000/0000\x07\x1b]4;232;rgb:0808/0808/0808\x07"
    )
    assert screen.asked("\x1b]11;?\x07") == "\x1b]11;rgb:0000/0000/0000\x07"


def test_text_may_be_a_link() -> None:
    screen = Driven().tell(f"\x1b]8;id=a:b=c;http://x/;y\x1b\\t{CSI}mu\x1b]8;;\x1b\\v")
    styles = [screen.cell(x, 0).style for x in range(3)]
    assert [(style.link, style.link_id) for style in styles] == [("http://x/;y", "a")] * 2 + [("", "")]
    assert Driven().tell("\x1b]8;;" + "x" * 3000 + "\x07t").cell(0, 0).style.link == ""


def test_the_clipboard_is_out_of_reach_unless_allowed() -> None:
    screen = Driven()
    assert screen.asked("\x1b]52;c;aGk=\x07\x1b]52;c;?\x07") == ""
    assert screen.clipboard is None
    screen = Driven(clipboard=True)
    assert screen.asked("\x1b]52;c;?\x1b\\") == ""
    assert screen.asked("\x1b]52;;aGk=\x1b\\\x1b]52;;?\x1b\\") == "\x1b]52;s0;aGk=\x1b\\"
    assert screen.clipboard == b"hi"
    assert screen.asked("\x1b]52;rm -r;?\x1b\\") == ""
    assert screen.tell("\x1b]52;c;!\x07").clipboard == b""


@pytest.mark.parametrize(
    "told", ["\x1b]999;x\x07", "\x1b];\x07", "\x1b]x\x07", "\x1b]4;1\x07", "\x1b]4;9999;?\x07"]
)
def test_other_commands_do_nothing(told: str) -> None:
    assert Driven().asked(told) == ""
    assert Driven().tell(told, "x").shown(1) == ["x"]
