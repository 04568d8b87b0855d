"""Erasing, inserting, deleting and scrolling, with margins and with protected cells."""

from __future__ import annotations

import pytest

from tests.unit.terminal.drive import CSI, Driven

FIVE = ["12345", "67890", "ABCDE", "FGHIJ", "KLMNO"]
SIDES = f"{CSI}?69h{CSI}2;4s"


def five(*told: str) -> Driven:
    """A screen with five rows of text and the cursor on the `8`."""
    return Driven(7, 6).tell("\r\n".join(FIVE), f"{CSI}2;3H", *told)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (f"{CSI}J", ["12345", "67", "", "", ""]), (f"{CSI}1J", ["", "   90", "ABCDE", "FGHIJ", "KLMNO"]),
        (f"{CSI}2J", [""] * 5), (f"{CSI}3J", FIVE), (f"{CSI}9J", FIVE),
        (f"{CSI}K", ["12345", "67", *FIVE[2:]]), (f"{CSI}1K", ["12345", "   90", *FIVE[2:]]),
        (f"{CSI}2K", ["12345", "", *FIVE[2:]]), (f"{CSI}2X", ["12345", "67  0", *FIVE[2:]]),
        (f"{CSI}@", ["12345", "67 890", *FIVE[2:]]), (f"{CSI}99@", ["12345", "67", *FIVE[2:]]),
        (f"{CSI}P", ["12345", "6790", *FIVE[2:]]), (f"{CSI}99P", ["12345", "67", *FIVE[2:]]),
        (f"{CSI}L", ["12345", "", "67890", "ABCDE", "FGHIJ"]), (f"{CSI}M", ["12345", *FIVE[2:], ""]),
        (f"{CSI}S", [*FIVE[1:], ""]), (f"{CSI}2T", ["", "", *FIVE[:3]]), (f"{CSI}99S", [""] * 5),
        (f"{CSI}'}}", ["12 345", "67 890", "AB CDE", "FG HIJ", "KL MNO"]),
        (f"{CSI}2'~", ["125", "670", "ABE", "FGJ", "KLO"]),
        (f"{CSI} @", ["2345", "7890", "BCDE", "GHIJ", "LMNO"]), (f"{CSI} A", [f" {line}" for line in FIVE]),
        ("\r\x1b6", [f" {line}" for line in FIVE]),
        (f"{CSI}7G\x1b9", ["2345", "7890", "BCDE", "GHIJ", "LMNO"]),
    ],
)  # fmt: skip
def test_an_edit_on_a_full_screen(told: str, shown: list[str]) -> None:
    assert five(told).shown(5) == shown


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (f"{CSI}L", ["12345", "6   0", "A789E", "FBCDJ", "KLMNO"]),
        (f"{CSI}99L", ["12345", "6   0", "A   E", "F   J", "KLMNO"]),
        (f"{CSI}M", ["12345", "6BCD0", "AGHIE", "F   J", "KLMNO"]),
        (f"{CSI}2S", ["12345", "6GHI0", "A   E", "F   J", "KLMNO"]),
        (f"{CSI}T", ["12345", "6   0", "A789E", "FBCDJ", "KLMNO"]),
        (f"{CSI}@", ["12345", "67 80", "ABCDE", "FGHIJ", "KLMNO"]),
        (f"{CSI}P", ["12345", "679 0", "ABCDE", "FGHIJ", "KLMNO"]),
        (f"{CSI}'}}", ["12345", "67 80", "AB CE", "FG HJ", "KLMNO"]),
        (f"{CSI}'~", ["12345", "679 0", "ABD E", "FGI J", "KLMNO"]),
        (f"{CSI}4G\x1b9", ["12345", "689 0", "ACD E", "FHI J", "KLMNO"]),
        (f"{CSI}2G\x1b6", ["12345", "6 780", "A BCE", "F GHJ", "KLMNO"]),
        (f"{CSI}4;2H\n", ["12345", "6BCD0", "AGHIE", "F   J", "KLMNO"]),
        (f"{CSI}X{CSI}J", ["12345", "67", "", "", ""]),
    ],
)  # fmt: skip
def test_an_edit_within_margins(told: str, shown: list[str]) -> None:
    assert five(SIDES, f"{CSI}2;4r{CSI}2;3H", told).shown(5) == shown


@pytest.mark.parametrize(
    "told",
    [f"{CSI}L", f"{CSI}M", f"{CSI}@", f"{CSI}P", f"{CSI}'}}", f"{CSI}'~", "\n", "\x1bM", f"{CSI}4;5H\x1bE"],
)
def test_outside_the_margins_nothing_is_moved(told: str) -> None:
    assert five(SIDES, f"{CSI}2;4r{CSI}1;1H", told).shown(5) == FIVE


def test_inserted_and_deleted_lines_leave_the_cursor_in_the_first_column() -> None:
    assert five(f"{CSI}L").at() == five(f"{CSI}M").at() == (2, 1)


def test_erasing_the_history_leaves_the_screen() -> None:
    screen = five("\n" * 9)
    assert screen.history
    assert not screen.tell(f"{CSI}3J").history


def test_what_is_protected_stays_when_erasure_is_selective() -> None:
    protected = f'{CSI}1"qab{CSI}0"qcd\r'
    assert Driven(6, 2).tell(protected, f"{CSI}?2K").shown(1) == ["ab"]
    assert Driven(6, 2).tell(protected, f"{CSI}?J").shown(1) == ["ab"]
    assert Driven(6, 2).tell(protected, f"{CSI}1;1;1;6${{").shown(1) == ["ab"]
    assert Driven(6, 2).tell(protected, f"{CSI}2J").shown(1) == [""]
    assert Driven(6, 2).tell(protected, f"{CSI}2X").shown(1) == ["  cd"]


def test_what_iso_protects_stays_in_every_erasure_but_that_of_rectangles() -> None:
    guarded = "a\x1bVb\x1bWc\r"
    for told in (f"{CSI}2K", f"{CSI}J", f"{CSI}3X", f"{CSI}?2J"):
        assert Driven(6, 2).tell(guarded, told).shown(1) == [" b"]
    assert Driven(6, 2).tell(guarded, f"{CSI}1;1;1;2${{").shown(1) == ["  c"]


def test_what_iso_protects_is_erased_once_dec_protection_is_spoken_of() -> None:
    screen = Driven(6, 2).tell(f'a\x1bVb\x1bWc\r{CSI}2"q{CSI}J')
    assert screen.shown(1) == [""]


def test_inserting_and_deleting_characters_end_a_pending_wrap_even_outside_the_margins() -> None:
    for told in (f"{CSI}@", f"{CSI}P"):
        screen = Driven(6, 2).tell(f"{CSI}?69h{CSI}2;4s{CSI}1;6Ha{told}b")
        assert screen.shown() == ["     b", ""]


def test_selective_erasure_leaves_the_look() -> None:
    screen = Driven(6, 2).tell(f"{CSI}41mab{CSI}m\r{CSI}?K")
    assert screen.cell(0, 0).text == " "
    assert screen.cell(0, 0).style.background == 1


def test_a_wide_character_is_protected_whole_or_not_at_all() -> None:
    screen = Driven(6, 2).tell(f'{CSI}1"q中{CSI}0"q{CSI}2*x{CSI}1;2;1;2;1$r\r{CSI}?K')
    assert screen.shown(1) == ["中"]
    screen = Driven(6, 2).tell(f"a\x1bV\x1bW{CSI}1;2H中{CSI}2*x{CSI}1;2;1;2;1$r{CSI}2K")
    assert screen.shown(1) == [""]


def test_the_alignment_pattern_fills_the_screen_and_drops_the_margins() -> None:
    screen = Driven(4, 3).tell(f"{CSI}?69h{CSI}2;3s{CSI}2;3r\x1b#8")
    assert screen.shown() == ["EEEE"] * 3
    assert (screen.at(), screen.top, screen.left) == ((1, 1), 0, 0)


def test_the_alignment_pattern_ends_attributes_but_not_colours() -> None:
    screen = Driven(4, 3).tell(f'{CSI}1;4;7;31m{CSI}1"q\x1b#8')
    assert screen.asked("\x1bP$qm\x1b\\") == "\x1bP1$r0;31m\x1b\\"
    assert screen.asked('\x1bP$q"q\x1b\\') == '\x1bP1$r1"q\x1b\\'
    assert screen.cell(0, 0).style.attributes == 0
