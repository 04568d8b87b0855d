"""The filter line: `web`, `state:running`, `!ttylinux`, `cpu>50`, `/^web-[0-9]/`; all words must hold."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from slshell.dashboard.columns.base import Renderer

Row = TypeVar("Row")
_WORD = re.compile(
    r"""(?P<not>!?)(?:
        /(?P<pattern>(?:\\.|[^/\\])+)/(?=\s|$)
      | ~(?P<short>\S+)
      | (?P<name>[A-Za-z]+)(?P<sign>[:<>=~])(?P<value>"[^"]*"?|\S*)
      | "(?P<quoted>[^"]*)"?
      | (?P<text>\S+)
    )""",
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, ">": operator.gt, "=": operator.eq}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

Test = Callable[[Row, str], bool]


@dataclass(frozen=True)
class Filter(Generic[Row]):
    """A compiled filter line; an empty one lets every row pass."""

    line: str
    tests: tuple[Callable[[Row, str], bool], ...]
    unknown: tuple[str, ...] = ()
    """Names before a colon that this resource does not know."""
    wrong: tuple[str, ...] = ()
    """Patterns that are no regular expressions; they are looked for as text."""

    def passes(self, row: Row, haystack: str) -> bool:
        """Whether `row` is to be shown; `haystack` is all of its text in lower case."""
        return all(test(row, haystack) for test in self.tests)


def haystack_of(renderer: Renderer[Row], row: Row) -> str:
    """All text of a row that a plain word is looked for in, a line a cell."""
    parts = [column.value(row) for column in renderer.usual_columns if not column.ticks]
    if renderer.words is not None:
        parts.append(renderer.words(row))
    return "\n".join(parts).casefold()


def parse(line: str, renderer: Renderer[Row]) -> Filter[Row]:
    """Compile a filter line; a half-typed word is no error, it is looked for as text."""
    tests: list[Test[Row]] = []
    unknown: list[str] = []
    wrong: list[str] = []
    for match in _WORD.finditer(line.strip()):
        negated = bool(match["not"])
        pattern = match["pattern"] or match["short"]
        if pattern is not None:
            tests.append(_pattern_test(pattern, negated, wrong))
        elif match["name"] is not None:
            value_of = _value_of(renderer, match["name"].lower())
            value = match["value"].strip('"')
            if value_of is None:
                if match["sign"] in ":~":
                    unknown.append(match["name"])
                tests.append(_text_test(match[0].lstrip("!").casefold(), negated))
            elif value and match["sign"] == "~":
                tests.append(_value_pattern_test(value_of, value, negated, wrong))
            elif value:
                tests.append(_value_test(value_of, match["sign"], value.casefold(), negated))
        else:
            words = match["quoted"] if match["quoted"] is not None else match["text"]
            tests.append(_text_test(_without_slash(words).casefold(), negated))
    return Filter(line, tuple(tests), tuple(unknown), tuple(wrong))


def _without_slash(words: str) -> str:
    """A pattern that is still being typed is looked for as text, so that rows do not vanish meanwhile."""
    return words.removeprefix("/")


def _value_of(renderer: Renderer[Row], name: str) -> Callable[[Row], Any] | None:
    if name in renderer.facts:
        return renderer.facts[name]
    for column in renderer.columns:
        if column.id == name:
            return column.value
    return None


def _compiled(pattern: str, wrong: list[str]) -> re.Pattern[str]:
    """A pattern, or the same letters as text when they are no regular expression, which is noted."""
    try:
        return re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    except re.error:
        wrong.append(pattern)
        return re.compile(re.escape(pattern), re.IGNORECASE)


def _pattern_test(pattern: str, negated: bool, wrong: list[str]) -> Callable[[Row, str], bool]:
    found = _compiled(pattern, wrong)
    return lambda _row, haystack: (found.search(haystack) is not None) is not negated


def _value_pattern_test(
    value_of: Callable[[Row], Any], pattern: str, negated: bool, wrong: list[str]
) -> Callable[[Row, str], bool]:
    found = _compiled(pattern, wrong)
    return lambda row, _haystack: (found.search(str(value_of(row))) is not None) is not negated


def _text_test(word: str, negated: bool) -> Callable[[Row, str], bool]:
    if negated:
        return lambda _row, haystack: word not in haystack
    return lambda _row, haystack: word in haystack


def _value_test(
    value_of: Callable[[Row], Any], sign: str, wanted: str, negated: bool
) -> Callable[[Row, str], bool]:
    if sign == ":":
        return lambda row, _haystack: (wanted in str(value_of(row)).casefold()) is not negated
    number = _NUMBER.match(wanted)
    compare = _COMPARE[sign]
    if number is None:
        return lambda row, _haystack: compare(str(value_of(row)).casefold(), wanted) is not negated
    limit = float(number[0])

    def test(row: Row, _haystack: str) -> bool:
        value = value_of(row)
        if isinstance(value, str):
            found = _NUMBER.search(value)
            value = float(found[0]) if found else None
        return (value is not None and compare(value, limit)) is not negated

    return test
