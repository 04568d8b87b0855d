"""Output of machines as text that steers no terminal."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slshell.output.plain import LONGEST_ESCAPE, Plain, plain
from slshell.output.text import is_hostile

SAMPLE = "\x1b[1;31mred\x1b[0m\r\n\x1b]0;title\x07a\tb\rüber\x1bPq#1\x1b\\ \x1b(Bend\x1b[6n\n".encode()


def test_sequences_go_and_lines_and_tabs_stay() -> None:
    assert plain(SAMPLE) == "red\na\tb\nüber end\n"


@given(st.lists(st.integers(0, len(SAMPLE)), max_size=6))
def test_pieces_give_the_same_as_the_whole(cuts: list[int]) -> None:
    text, borders = Plain(), [0, *sorted(cuts), len(SAMPLE)]
    parts = [text.feed(SAMPLE[a:b]) for a, b in pairwise(borders)]
    assert "".join(parts) + text.feed(b"", last=True) == plain(SAMPLE)


@given(st.binary(max_size=300))
def test_nothing_that_steers_a_terminal_is_left(data: bytes) -> None:
    assert not is_hostile(plain(data).replace("\n", "").replace("\t", ""))


@pytest.mark.parametrize("begin", [b"\x1b]0;", b"\x1b[", b"\x1bP"])
def test_a_sequence_without_end_holds_nothing_back_for_ever(begin: bytes) -> None:
    text = Plain()
    told = text.feed(begin)
    for _ in range(3):
        told += text.feed(b"1" * LONGEST_ESCAPE)
    assert len(told) > LONGEST_ESCAPE
    assert "\x1b" not in told
