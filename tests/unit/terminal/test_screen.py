"""What the drawing side asks of a screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slshell.terminal.screen import Run, Screen
from slshell.terminal.style import BOLD, Style
from tests.unit.terminal.drive import CSI, Driven


def test_a_screen_is_made_and_fed_without_anything_else() -> None:
    screen = Screen(10, 2)
    screen.feed(b"hello\x1b[c")
    assert screen.lines() == ["hello     ", " " * 10]
    assert (screen.cursor.x, screen.cursor.y, screen.cursor.visible) == (5, 0, True)


def test_answers_come_as_bytes_in_the_order_of_the_questions() -> None:
    answers: list[bytes] = []
    Screen(10, 2, reply=answers.append).feed(b"\x1b[5n\x1b[6n")
    assert answers == [b"\x1b[0n", b"\x1b[1;1R"]


def test_a_row_is_told_as_runs_of_one_style() -> None:
    screen = Driven(20, 2).tell(f"ab{CSI}1mcd{CSI}m中e\u0301")
    assert screen.runs(screen.page.rows[0]) == [
        Run("ab", Style(), 2), Run("cd", Style(attributes=BOLD), 2), Run("中e\u0301", Style(), 3),
    ]  # fmt: skip
    assert screen.runs(screen.page.rows[1]) == []


def test_only_changed_rows_are_to_be_drawn_again() -> None:
    screen = Driven(10, 4)
    assert screen.changed() == [0, 1, 2, 3]
    assert screen.changed() == []
    screen.tell(f"{CSI}2;1Hx{CSI}4;1H{CSI}1my")
    assert screen.changed() == [1, 3]
    screen.tell(f"{CSI}m{CSI}2;1Hx")
    assert screen.changed() == []
    screen.tell(f"{CSI}4;1H{CSI}my")
    assert screen.changed() == [3]
    screen.resize(10, 5)
    assert screen.changed() == [0, 1, 2, 3, 4]


def test_the_view_may_be_scrolled_back() -> None:
    screen = Driven(5, 2).tell("1\r\n2\r\n3\r\n4")
    assert [row.text for row in screen.view()] == ["3", "4"]
    assert [row.text for row in screen.view(1)] == ["2", "3"]
    assert [row.text for row in screen.view(99)] == ["1", "2"]
    assert [row.text for row in screen.view(-1)] == ["3", "4"]


def test_the_example_in_the_documentation_is_true() -> None:
    page = (Path(__file__).parents[3] / "docs" / "terminal.md").read_text()
    example = page.split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - our own documentation
    assert names["screen"].lines()[0] == "Hello".ljust(100)
    assert str(names["screen"].cursor).replace("'", '"') in example
    assert names["answers"] == [b"\x1b[2;1R"]
    assert '# [b"\\x1b[2;1R"]' in example


def test_a_row_keeps_its_number_when_older_ones_are_forgotten() -> None:
    screen = Driven(5, 2, history=3).tell("\r\n".join("0123456789"))
    first = screen.scrolled - len(screen.history)
    assert [(first + place, row.text) for place, row in enumerate(screen.view(99), 0)] == [(5, "5"), (6, "6")]
    screen.tell(f"{CSI}2S{CSI}3J")
    assert screen.scrolled == 10
    screen.resize(6, 2)
    assert (screen.scrolled, len(screen.history)) == (10, 0)


def test_a_part_of_a_row_is_told_as_text() -> None:
    screen = Driven(10, 2).tell("a中e\u0301b")
    assert screen.plain(screen.page.rows[0]) == "a中e\u0301b"
    assert screen.plain(screen.page.rows[0], 1, 4) == "中e\u0301"
    assert screen.plain(screen.page.rows[0], 2) == "e\u0301b"


def test_history_and_screen_are_one_text_with_whole_lines() -> None:
    screen = Driven(5, 2).tell("abcdefgh\r\nx  \r\n中\r\n")
    assert screen.text() == "abcdefgh\nx\n中"


def test_the_history_is_as_long_as_wanted() -> None:
    assert len(Driven(5, 2, history=10).tell("x\r\n" * 100).history) == 10
    assert len(Driven(5, 2, history=0).tell("x\r\n" * 100).history) == 0


def test_a_row_of_plain_text_is_kept_as_little_more_than_its_text() -> None:
    screen = Driven(80, 2).tell("some words\r\n\n\n")
    assert (screen.history[0].text, screen.history[0].styles) == ("some words", "")


def test_bells_are_counted() -> None:
    assert Driven().tell("\a\a\x1b]2;t\x07").bells == 2


def test_a_picture_under_construction_is_known() -> None:
    screen = Driven().tell(f"{CSI}?2026h")
    assert screen.modes.synchronised
    assert not screen.tell(f"{CSI}?2026l").modes.synchronised


def test_a_control_character_within_the_choice_of_an_encoding_makes_no_difference() -> None:
    stream = b"\x1b%\x07@\xc3\xa9 \x1b%\x00G\xc3\xa9"
    whole = Screen(20, 2)
    whole.feed(stream)
    for cut in range(1, len(stream)):
        pieces = Screen(20, 2)
        pieces.feed(stream[:cut])
        pieces.feed(stream[cut:])
        assert pieces.lines() == whole.lines()
    assert whole.lines()[0].rstrip() == "Ã© é"
