"""Erasing, inserting, deleting and scrolling, with margins and with protected cells."""

from __future__ import annotations

import pytest

from tests.unit.terminal.drive import CSI, Driven

FIVE = ["abcde", "fghij", "klmno", "pqrst", "uvwxy"]
SIDES = f"{CSI}?69h{CSI}2;4s"


def five(*told: str) -> Driven:
    """A screen with five rows of text and the cursor on the `h`."""
    return Driven(7, 6).tell("\r\n".join(FIVE), f"{CSI}2;3H", *told)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (f"{CSI}J", ["abcde", "fg", "", "", ""]), (f"{CSI}1J", ["", "   ij", "klmno", "pqrst", "uvwxy"]),
        (f"{CSI}2J", [""] * 5), (f"{CSI}3J", FIVE), (f"{CSI}9J", FIVE),
        (f"{CSI}K", ["abcde", "fg", *FIVE[2:]]), (f"{CSI}1K", ["abcde", "   ij", *FIVE[2:]]),
        (f"{CSI}2K", ["abcde", "", *FIVE[2:]]), (f"{CSI}2X", ["abcde", "fg  j", *FIVE[2:]]),
        (f"{CSI}@", ["abcde", "fg hij", *FIVE[2:]]), (f"{CSI}99@", ["abcde", "fg", *FIVE[2:]]),
        (f"{CSI}P", ["abcde", "fgij", *FIVE[2:]]), (f"{CSI}99P", ["abcde", "fg", *FIVE[2:]]),
        (f"{CSI}L", ["abcde", "", "fghij", "klmno", "pqrst"]), (f"{CSI}M", ["abcde", *FIVE[2:], ""]),
        (f"{CSI}S", [*FIVE[1:], ""]), (f"{CSI}2T", ["", "", *FIVE[:3]]), (f"{CSI}99S", [""] * 5),
        (f"{CSI}'}}", ["ab cde", "fg hij", "kl mno", "pq rst", "uv wxy"]),
        (f"{CSI}2'~", ["abe", "fgj", "klo", "pqt", "uvy"]),
        (f"{CSI} @", ["bcde", "ghij", "lmno", "qrst", "vwxy"]), (f"{CSI} A", [f" {line}" for line in FIVE]),
        ("\r\x1b6", [f" {line}" for line in FIVE]),
        (f"{CSI}7G\x1b9", ["bcde", "ghij", "lmno", "qrst", "vwxy"]),
    ],
)  # fmt: skip
def test_an_edit_on_a_full_screen(told: str, shown: list[str]) -> None:
    assert five(told).shown(5) == shown


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (f"{CSI}L", ["abcde", "f   j", "kghio", "plmnt", "uvwxy"]),
        (f"{CSI}99L", ["abcde", "f   j", "k   o", "p   t", "uvwxy"]),
        (f"{CSI}M", ["abcde", "flmnj", "kqrso", "p   t", "uvwxy"]),
        (f"{CSI}2S", ["abcde", "fqrsj", "k   o", "p   t", "uvwxy"]),
        (f"{CSI}T", ["abcde", "f   j", "kghio", "plmnt", "uvwxy"]),
        (f"{CSI}@", ["abcde", "fg hj", "klmno", "pqrst", "uvwxy"]),
        (f"{CSI}P", ["abcde", "fgi j", "klmno", "pqrst", "uvwxy"]),
        (f"{CSI}'}}", ["abcde", "fg hj", "kl mo", "pq rt", "uvwxy"]),
        (f"{CSI}'~", ["abcde", "fgi j", "kln o", "pqs t", "uvwxy"]),
        (f"{CSI}4G\x1b9", ["abcde", "fhi j", "kmn o", "prs t", "uvwxy"]),
        (f"{CSI}2G\x1b6", ["abcde", "f ghj", "k lmo", "p qrt", "uvwxy"]),
        (f"{CSI}4;2H\n", ["abcde", "flmnj", "kqrso", "p   t", "uvwxy"]),
        (f"{CSI}X{CSI}J", ["abcde", "fg", "", "", ""]),
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
