"""Colours and attributes of text."""

from __future__ import annotations

import pytest

from slshell.terminal.row import Row
from slshell.terminal.style import (
    BLINK,
    BOLD,
    DIM,
    HIDDEN,
    ITALIC,
    OVERLINE,
    REVERSE,
    RGB,
    STRIKE,
    Style,
    Styles,
    rgb,
)  # fmt: skip
from tests.unit.terminal.drive import CSI, Driven


@pytest.mark.parametrize(
    ("parameters", "style"),
    [
        ("1", Style(attributes=BOLD)), ("2;3", Style(attributes=DIM | ITALIC)),
        ("5", Style(attributes=BLINK)),
        ("7;8;9", Style(attributes=REVERSE | HIDDEN | STRIKE)), ("53", Style(attributes=OVERLINE)),
        ("4", Style(underline=1)), ("21", Style(underline=2)), ("4:0", Style()), ("4:3", Style(underline=3)),
        ("4:5", Style(underline=5)), ("4:9", Style()), ("1;22", Style()), ("4;24", Style()),
        ("7;27;9;29", Style()),
        ("31", Style(foreground=1)), ("97", Style(foreground=15)), ("47", Style(background=7)),
        ("100", Style(background=8)), ("38;5;200", Style(foreground=200)),
        ("38:5:200", Style(foreground=200)),
        ("48;2;1;2;3", Style(background=RGB | 0x010203)), ("48:2:1:2:3", Style(background=RGB | 0x010203)),
        ("48:2::1:2:3", Style(background=RGB | 0x010203)), ("58;5;9", Style(underline_color=9)),
        ("58:2::9:8:7", Style(underline_color=RGB | 0x090807)), ("31;39;41;49", Style()),
        ("31;;32", Style(foreground=2)),
        ("1;31;0", Style()), ("", Style()), ("38;5", Style(foreground=0)),
        ("38;5;999;1", Style(attributes=BOLD)),
        ("38;9;1", Style(attributes=BOLD)), ("38;2;999;0;0", Style()),
        ("38;5;3;1", Style(foreground=3, attributes=BOLD)),
        ("999;1", Style(attributes=BOLD)), ("38:2", Style(foreground=RGB)), ("1:2:3;31", Style(foreground=1)),
        ("99999999999999999999;1", Style(attributes=BOLD)),
    ],
)  # fmt: skip
def test_parameters_make_a_style(parameters: str, style: Style) -> None:
    assert Driven().tell(f"{CSI}{parameters}mx").cell(0, 0).style == style


def test_the_parts_of_a_colour_of_24_bits_are_told_apart() -> None:
    assert rgb(RGB | 0x0A141E) == (10, 20, 30)


def test_sequences_for_keys_are_not_taken_for_looks() -> None:
    assert Driven().tell(f"{CSI}>4;2m{CSI}?4mx").cell(0, 0).style == Style()


def test_what_protects_a_cell_outlives_a_reset_of_looks() -> None:
    screen = Driven(4, 2).tell(f'{CSI}1"q{CSI}1;0mx\r{CSI}?K')
    assert screen.shown(1) == ["x"]


def test_styles_that_no_cell_has_any_more_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Styles, "LIMIT", 50)
    screen = Driven(10, 3, history=2)
    for number in range(500):
        screen.tell(f"{CSI}38;2;1;{number // 256};{number % 256}mx")
    assert len(screen.styles) <= 50
    assert screen.cell(screen.x, screen.y).style.foreground == RGB | 0x010000 | 499
    assert screen.cell(0, 0).style.foreground != -1


def colors(screen: Driven, row: Row) -> list[int]:
    return [run.style.foreground for run in screen.runs(row)]


def test_a_full_table_of_styles_costs_old_rows_their_looks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Styles, "LIMIT", 100)
    screen = Driven(10, 2, history=20)
    for number in range(200):
        screen.tell(f"{CSI}38;5;{number}mx")
    assert len(screen.styles) <= 100
    assert screen.text() == "x" * 200
    rows = [*screen.history, *screen.page.rows]
    coloured = [colors(screen, row) for row in rows]
    kept = next(place for place, found in enumerate(coloured) if found != [-1])
    assert 5 < kept <= 15
    assert coloured[:kept] == [[-1]] * kept
    assert [color for row in coloured[kept:] for color in row] == list(range(kept * 10, 200))


def test_old_rows_that_need_no_looks_of_their_own_keep_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Styles, "LIMIT", 100)
    screen = Driven(10, 2, history=30).tell(f"{CSI}31mred\r\n{CSI}m")
    for number in range(16, 216):
        screen.tell(f"{CSI}38;5;{number}mx")
        if number % 20 == 0:
            screen.tell(f"\r\n{CSI}31mred\r\n{CSI}m")
    assert colors(screen, screen.history[0]) == [1]
    assert [-1] in [colors(screen, row) for row in screen.history]


def test_long_links_cost_old_rows_their_looks_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Styles, "LINKS_LIMIT", 5000)
    screen = Driven(10, 2, history=20)
    for number in range(150):
        screen.tell(f"\x1b]8;;http://{number:0100}\x07x")
    links = [[run.style.link for run in screen.runs(row)] for row in (*screen.history, *screen.page.rows)]
    assert links[0] == [""]
    assert links[-1][-1].endswith("149")
    assert links[-2][0].endswith("130")
    assert sum(len(style.link) for style in screen.styles._styles) <= 5000


@pytest.mark.parametrize(
    "parameters", ["38;:", "38;5:3;7", "48;2;1:;2:2;3", "58;:::", "38;2;:", "4;38;5;9:9"]
)
def test_sub_parameters_where_none_are_expected_do_no_harm(parameters: str) -> None:
    assert Driven(10, 2).tell(f"{CSI}{parameters}mx{CSI}0my").shown(1) == ["xy"]
