"""The language of a line: quotes as in a POSIX shell, pipes, sequences, comments and what is refused."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slshell.commands.grammar import Sort, Unfinished, Unreadable, is_unfinished, parse, scan
from slshell.commands.variables import Variables

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)


def words(line: str, **values: str) -> list[list[list[str]]]:
    """The words of each command of each pipeline."""
    variables = Variables({"HOME": "/home/me", **values})
    return [[variables.expanded(each) for each in pipeline.commands] for pipeline in parse(line)]


@given(st.lists(TEXT, min_size=1, max_size=6))
def test_quoted_words_come_back_as_they_were(texts: list[str]) -> None:
    assert words("x " + shlex.join(texts)) == [[["x", *texts]]]


@given(TEXT)
def test_double_quotes_keep_everything_but_what_is_escaped(text: str) -> None:
    escaped = "".join(f"\\{letter}" if letter in '$`"\\' else letter for letter in text)
    assert words(f'x "{escaped}"') == [[["x", text]]]


@given(st.text("ab '\"\\$|;#&<>()`!{}?~\n", max_size=14))
def test_any_text_is_read_or_refused_with_a_place_and_a_reason(text: str) -> None:
    found = scan(text)
    ends = [token.end for token in found.tokens]
    assert ends == sorted(ends)
    try:
        parse(text)
    except Unreadable as problem:
        assert 0 <= problem.position <= len(text)
        assert problem.message
        assert problem.hint
    else:
        assert found.problem is None


@pytest.mark.parametrize(
    "line",
    [
        """a 'b c'd"e f" g""", r"a b\ c \'d", '"$A"x $A "a$A"', "a$A$B'$A'", '"" a', "a\\\nb c", '"a\\\nb"',
        r'"\a\$A\\"', "$A", "x$A", "$C", '"$C"', "a # b", "a#b", "${A}b", "$ a", "a='b c'", "~ ~/x a~ '~'",
    ],
)  # fmt: skip
def test_words_are_those_of_a_posix_shell(line: str) -> None:
    values = {"A": " one  two ", "B": "three", "C": "", "HOME": "/home/me"}
    script = f"""for word in {line}\ndo printf '%s\\0' "$word"; done"""
    theirs = subprocess.run(["sh", "-c", script], env=values, capture_output=True, text=True, check=True)
    assert words(f"x {line}", **values) == [[["x", *theirs.stdout.split("\0")[:-1]]]]


def test_pipes_and_sequences_are_told_apart_from_quoted_signs() -> None:
    assert words("a | b 'c|d' ; e\nf |\n g") == [[["a"], ["b", "c|d"]], [["e"]], [["f"], ["g"]]]


def test_a_comment_ends_with_its_line() -> None:
    assert words("# nothing | here\na # b; c\nd") == [[["a"]], [["d"]]]


def test_a_shell_line_is_taken_whole() -> None:
    found = parse("a; !ls | wc -l; echo $X # all of it\nb")
    assert [each.shell for each in found] == [None, "ls | wc -l; echo $X # all of it", None]
    assert words("echo hi!") == [[["echo", "hi!"]]]


def test_pipelines_know_their_line() -> None:
    assert [each.line for each in parse("a\n\nb; c\n'x\ny'\nd")] == [1, 3, 3, 4, 6]


@pytest.mark.parametrize("line", ["a 'b", 'a "b', "a \\", "a |", "a | # c", "a ${B", "a\n'b"])
def test_what_is_not_finished_asks_for_more(line: str) -> None:
    assert is_unfinished(line)
    with pytest.raises(Unfinished):
        parse(line)


@pytest.mark.parametrize(
    ("line", "sign", "position"),
    [
        ("a && b", "&&", 2), ("a || b", "||", 2), ("a > b", ">", 2), ("a < b", "<", 2), ("a & b", "&", 2),
        ("a $(b)", "$(", 2), ("a `b`", "`", 2), ('a "`b`"', "`", 3), ("a (b)", "(", 2), ("| a", "|", 2),
        ("a | | b", "|", 0), ("a | ; b", "|", 0), ("a ${B-c}", "${B-c}", 2), ("a ${}", "${}", 2),
    ],
)  # fmt: skip
def test_what_means_something_to_a_shell_only_is_refused(line: str, sign: str, position: int) -> None:
    assert not is_unfinished(line)
    with pytest.raises(Unreadable) as caught:
        parse(line)
    assert f"“{sign}”" in caught.value.message
    assert caught.value.position == position


def test_what_was_read_before_a_mistake_is_still_known() -> None:
    found = scan("kill 'web")
    assert [token.sort for token in found.tokens] == [Sort.WORD, Sort.WORD]
    assert found.tokens[1].parts[0].text == "web"
    assert found.problem is not None
