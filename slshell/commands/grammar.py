"""The language of a typed line: words, quotes, variables, pipes, sequences and comments.

Quotes and backslashes mean what they mean in a POSIX shell. `shlex` cannot be used, for it does not tell a
quoted `$` or `|` from a bare one. Pure functions: nothing is looked up and nothing is run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from slshell.model.errors import UsageError


class Sort(StrEnum):
    """What a token is."""

    WORD = "word"
    PIPE = "pipe"
    END = "end"
    """`;` or the end of a line."""
    COMMENT = "comment"
    SHELL = "shell"
    """`!` and the rest of its line, for the user's own shell."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A stretch of a word: text as it is meant, or the name of a variable."""

    text: str
    start: int
    end: int
    variable: bool = False
    quoted: bool = False


@dataclass(frozen=True, kw_only=True)
class Token:
    """A word or a sign, with where it stands in the text."""

    sort: Sort
    start: int
    end: int
    parts: tuple[Part, ...] = ()

    @property
    def plain(self) -> str | None:
        """The text of a word without variables; None when it has some."""
        return None if any(part.variable for part in self.parts) else "".join(p.text for p in self.parts)


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """Commands of which each takes what the one before it answers; or one line for the user's shell."""

    commands: tuple[tuple[Token, ...], ...] = ()
    shell: str | None = None
    line: int = 1
    """The line of the text that it begins in."""


@dataclass(frozen=True, kw_only=True)
class Scan:
    """The tokens of a text as far as it can be read."""

    tokens: tuple[Token, ...]
    problem: Unreadable | None = None


class Unreadable(UsageError):
    """A text that is no line of commands; `position` is where it goes wrong."""

    position = 0


class Unfinished(Unreadable):
    """More has to come: a quotation mark is open, or the line ends in a backslash or a pipe."""


NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>[^}]*)\}|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<code>\?))")
_FOREIGN = "&<>()`"
"""Signs that mean something to a shell and nothing here; bare ones are refused, never taken for text."""


def scan(text: str) -> Scan:
    """Read as much of `text` as can be read."""
    scanner = _Scanner(text)
    try:
        scanner.run()
    except Unreadable as problem:
        return Scan(tokens=tuple(scanner.tokens), problem=problem)
    return Scan(tokens=tuple(scanner.tokens))


def parse(text: str) -> list[Pipeline]:
    """The pipelines of a text, in order.

    Raises:
        Unfinished: more has to come. Unreadable: a sign stands where it means nothing.
    """
    found = scan(text)
    if found.problem is not None:
        raise found.problem
    pipelines: list[Pipeline] = []
    commands: list[list[Token]] = [[]]
    for token in (*found.tokens, Token(sort=Sort.END, start=len(text), end=len(text))):
        match token.sort:
            case Sort.WORD:
                commands[-1].append(token)
            case Sort.PIPE:
                commands.append([])
            case Sort.SHELL:
                line = text[token.start + 1 : token.end].strip()
                pipelines.append(Pipeline(shell=line, line=_line_of(text, token.start)))
            case Sort.END if commands != [[]]:
                pipelines.append(_pipeline(text, commands, token))
                commands = [[]]
    return pipelines


def is_unfinished(text: str) -> bool:
    """Whether more has to come before `text` can be run."""
    try:
        parse(text)
    except Unfinished:
        return True
    except Unreadable:
        return False
    return False


def _pipeline(text: str, commands: list[list[Token]], end: Token) -> Pipeline:
    if not commands[-1] and all(commands[:-1]) and end.start == len(text):
        raise _at(
            Unfinished("nothing stands behind the “|”", hint="name the command that takes it"), end.start
        )
    if not all(commands):
        raise _at(
            Unreadable("a “|” has no command beside it", hint="write COMMAND | COMMAND"),
            next((each[0].start for each in commands if each), end.start),
        )
    line = _line_of(text, commands[0][0].start)
    return Pipeline(commands=tuple(tuple(each) for each in commands), line=line)


def _line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _at(error: Unreadable, position: int) -> Unreadable:
    error.position = position
    return error


class _Scanner:
    """Goes through a text once; what it has read stands in `tokens`, also when it raises."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._fresh = True
        """No word of the present pipeline has been read."""
        self._behind_pipe = False
        self.tokens: list[Token] = []

    def run(self) -> None:
        """Read to the end."""
        text = self._text
        while self._place < len(text):
            start, sign = self._place, text[self._place]
            if sign == "\n" and self._behind_pipe:
                self._place += 1
            elif sign in ";\n":
                self._sign(Sort.END)
                self._fresh, self._behind_pipe = True, False
            elif sign.isspace() or text.startswith("\\\n", start):
                self._place += 1 if sign.isspace() else 2
            elif sign == "#":
                self._rest_of_line(Sort.COMMENT)
            elif sign == "!" and self._fresh:
                self._rest_of_line(Sort.SHELL)
            elif sign == "|" and not text.startswith("||", start):
                self._sign(Sort.PIPE)
                self._behind_pipe = True
            else:
                self._word()
                self._fresh = self._behind_pipe = False

    def _sign(self, sort: Sort) -> None:
        self.tokens.append(Token(sort=sort, start=self._place, end=self._place + 1))
        self._place += 1

    def _rest_of_line(self, sort: Sort) -> None:
        start = self._place
        end = self._text.find("\n", start)
        self._place = len(self._text) if end < 0 else end
        self.tokens.append(Token(sort=sort, start=start, end=self._place))

    def _word(self) -> None:
        start = self._place
        parts: list[Part] = []
        try:
            while self._place < len(self._text):
                sign = self._text[self._place]
                if sign.isspace() or (sign in ";|" and not self._text.startswith("||", self._place)):
                    break
                self._part(sign, parts)
        finally:
            if self._place > start:
                self.tokens.append(Token(sort=Sort.WORD, start=start, end=self._place, parts=tuple(parts)))

    def _part(self, sign: str, parts: list[Part]) -> None:
        match sign:
            case "'":
                self._single(parts)
            case '"':
                self._double(parts)
            case "\\":
                self._escaped(parts)
            case "$":
                parts.append(self._variable(quoted=False))
            case _ if sign in _FOREIGN or sign == "|":
                self._refuse(sign)
            case _:
                parts.append(self._bare())

    def _bare(self) -> Part:
        start = self._place
        text = self._text
        while self._place < len(text):
            sign = text[self._place]
            if sign.isspace() or sign in "'\"\\$;|" or sign in _FOREIGN:
                break
            self._place += 1
        return Part(text=text[start : self._place], start=start, end=self._place)

    def _single(self, parts: list[Part]) -> None:
        start = self._place
        end = self._text.find("'", start + 1)
        if end < 0:
            self._place = len(self._text)
            parts.append(Part(text=self._text[start + 1 :], start=start, end=self._place, quoted=True))
            raise _at(Unfinished("a ' is not closed", hint="close the quotation mark"), start)
        self._place = end + 1
        parts.append(Part(text=self._text[start + 1 : end], start=start, end=end + 1, quoted=True))

    def _double(self, parts: list[Part]) -> None:
        opening = self._place
        self._place += 1
        start, kept = opening, ""
        while self._place < len(self._text):
            sign, following = self._text[self._place], self._text[self._place + 1 : self._place + 2]
            if sign == '"':
                self._place += 1
                parts.append(Part(text=kept, start=start, end=self._place, quoted=True))
                return
            if sign == "\\" and following in ("$", "`", '"', "\\", "\n"):
                kept += "" if following == "\n" else following
                self._place += 2
            elif sign == "$":
                parts.append(Part(text=kept, start=start, end=self._place, quoted=True))
                parts.append(self._variable(quoted=True))
                start, kept = self._place, ""
            elif sign == "`":
                self._refuse(sign)
            else:
                kept += sign
                self._place += 1
        parts.append(Part(text=kept, start=start, end=self._place, quoted=True))
        raise _at(Unfinished('a " is not closed', hint="close the quotation mark"), opening)

    def _escaped(self, parts: list[Part]) -> None:
        start = self._place
        following = self._text[start + 1 : start + 2]
        self._place = min(start + 2, len(self._text))
        if not following or (following == "\n" and start + 2 == len(self._text)):
            raise _at(Unfinished("the line ends in a backslash", hint="write its next part"), start)
        if following != "\n":
            parts.append(Part(text=following, start=start, end=self._place, quoted=True))

    def _variable(self, *, quoted: bool) -> Part:
        start = self._place
        if self._text.startswith("$(", start):
            self._refuse("$(")
        found = _VARIABLE.match(self._text, start)
        if found is None and self._text.startswith("${", start):
            self._place = len(self._text)
            raise _at(Unfinished("a ${ is not closed", hint="write ${NAME}"), start)
        if found is None:
            self._place += 1
            return Part(text="$", start=start, end=self._place, quoted=quoted)
        name = found["braced"] if found["name"] is None and found["code"] is None else found[0][1:]
        if name != "?" and NAME.fullmatch(name) is None:
            raise _at(Unreadable(f"“{found[0]}” is no variable", hint="write $NAME or ${NAME}"), start)
        self._place = found.end()
        return Part(text=name, start=start, end=self._place, variable=True, quoted=quoted)

    def _refuse(self, sign: str) -> None:
        doubled = self._text[self._place : self._place + 2] if sign in "&|" else sign
        shown = doubled if doubled in ("&&", "||") else sign
        hint = "set -e stops at the first failure" if shown in ("&&", "||") else "as text, put it in quotes"
        raise _at(Unreadable(f"“{shown}” means nothing here", hint=hint), self._place)
