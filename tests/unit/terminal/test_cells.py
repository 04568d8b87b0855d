"""The width of characters, and clusters of a character with its marks."""

from __future__ import annotations

import pytest
from wcwidth import wcwidth

from slshell.terminal.cells import PIECES, SURELY_NARROW, Clusters, width
from tests.unit.terminal.drive import CSI, Driven, check_sound


def test_what_is_taken_for_narrow_without_looking_is_narrow() -> None:
    narrow = [chr(code) for code in range(0x20, 0x10000) if SURELY_NARROW.fullmatch(chr(code))]
    assert len(narrow) > 1000
    assert [character for character in narrow if wcwidth(character) != 1 or width(character) != 1] == []


def test_what_is_taken_for_wide_without_looking_is_wide() -> None:
    wide = [chr(code) for code in range(0x20, 0x10000) if PIECES.findall(chr(code))[0][1]]
    assert len(wide) > 10_000
    assert [character for character in wide if wcwidth(character) != 2] == []


@pytest.mark.parametrize(
    ("character", "cells"),
    [("a", 1), ("é", 1), ("中", 2), ("🙂", 2), ("\u0301", 0), ("\u200d", 0), ("\u202e", -1), ("\uffff", -1)],
)
def test_a_character_takes_so_many_cells(character: str, cells: int) -> None:
    assert width(character) == cells


def test_clusters_that_no_cell_has_any_more_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clusters, "LIMIT", 40)
    screen = Driven(10, 3, history=2)
    for number in range(400):
        screen.tell(f"{chr(0x4E00 + number)}\u0301")
    assert len(screen.clusters) <= 40
    check_sound(screen)
    assert screen.cell(8, 2).text == f"{chr(0x4E00 + 399)}\u0301"


def test_a_full_table_of_clusters_costs_the_history_its_marks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clusters, "LIMIT", 20)
    screen = Driven(10, 2, history=5)
    for number in range(60):
        screen.tell(f"{chr(0x100 + number)}\u0301")
    assert len(screen.clusters) <= 20
    check_sound(screen)
    assert screen.text().replace("\u0301", "") == "".join(chr(0x100 + number) for number in range(60))


def test_characters_that_no_font_has_are_kept() -> None:
    screen = Driven(10, 2).tell("\U0010fffda\U00100000")
    assert screen.shown(1) == ["\U0010fffda\U00100000"]
    assert screen.tell(f"{CSI}1;1H\u0301").at() == (1, 1)
