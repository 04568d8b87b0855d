"""What a line looks like before it is sent: its colours, what it still lacks, and what is wrong with it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import click

from slshell.commands.builtins import BUILTINS, out_of_place
from slshell.commands.environment import Environment
from slshell.commands.grammar import Pipeline, Sort, Token, Unreadable, parse, scan
from slshell.commands.line import usage_error
from slshell.commands.stages import Found, find, missing, references, takes_something, unknown_command
from slshell.commands.table import Root
from slshell.commands.variables import Variables, assignment
from slshell.model.errors import SlshellError, UsageError
from slshell.output.writer import Output


class Look(StrEnum):
    """How a stretch of a line is coloured."""

    VERB = "verb"
    UNKNOWN = "unknown"
    """A word that stands where a command should, and is none."""
    OPTION = "option"
    TEXT = "text"
    """Quoted."""
    VARIABLE = "variable"
    SIGN = "sign"
    COMMENT = "comment"
    SHELL = "shell"
    WORD = "word"


@dataclass(frozen=True)
class Stretch:
    """Part of a line and its look."""

    start: int
    end: int
    look: Look


@dataclass(frozen=True)
class Complaint:
    """What is wrong with a line, and where."""

    position: int
    message: str
    hint: str


def looks(text: str, root: Root) -> Iterator[Stretch]:
    """The coloured stretches of a text, in order; blanks between them have no look."""
    place = 0
    """How many words of the present command have been seen."""
    group: click.Command | None = root
    for token in scan(text).tokens:
        match token.sort:
            case Sort.WORD:
                plain = token.plain
                if place == 0 and assignment(token) is not None:
                    yield Stretch(token.start, token.end, Look.VARIABLE)
                    continue
                if isinstance(group, click.Group) and plain is not None and not plain.startswith("-"):
                    group, look = _verb(group, plain, place)
                    yield Stretch(token.start, token.end, look)
                else:
                    yield from _word(token)
                place += 1
            case Sort.PIPE | Sort.END:
                place, group = 0, root
                yield Stretch(token.start, token.end, Look.SIGN)
            case sort:
                yield Stretch(token.start, token.end, Look(sort.value))


def _verb(group: click.Group, word: str, place: int) -> tuple[click.Command | None, Look]:
    if place == 0 and (word in BUILTINS or word == "slshell"):
        return (group if word == "slshell" else None), Look.VERB
    context = click.Context(group, resilient_parsing=True)
    found = group.get_command(context, word)
    return found, (Look.VERB if found is not None else Look.UNKNOWN if place == 0 else Look.WORD)


def _word(token: Token) -> Iterator[Stretch]:
    option = bool(token.parts) and not token.parts[0].quoted and token.parts[0].text.startswith("-")
    for part in token.parts:
        look = Look.VARIABLE if part.variable else Look.TEXT if part.quoted else Look.WORD
        yield Stretch(part.start, part.end, Look.OPTION if option and look is Look.WORD else look)


def hint(text: str, root: Root, variables: Variables) -> str:
    """What is still to be typed, for example `ID…`; empty when nothing is, or nobody can know."""
    try:
        pipelines = parse(text)
    except Unreadable:
        return ""
    if not pipelines or pipelines[-1].shell is not None or scan(text).tokens[-1].sort is not Sort.WORD:
        return ""
    commands = pipelines[-1].commands
    words = _expanded(commands[-1], variables)
    if not words:
        return ""
    if (builtin := BUILTINS.get(words[0])) is not None:
        return builtin.usage.partition(" ")[2] if len(words) == 1 else ""
    found = find(root, words)
    if found is None:
        group = root.get_command(None, words[0])
        return "COMMAND" if isinstance(group, click.Group) and len(words) == 1 else ""
    if (value := _awaited_value(found)) is not None:
        return value
    noun = _first_noun(found) if len(commands) > 1 else None
    return " ".join(missing(found, root, fed_noun=noun))


def _awaited_value(found: Found) -> str | None:
    """What the option that stands last wants; None when none does."""
    last = found.rest[-1] if found.rest else ""
    if not last.startswith("-") or "--" in found.rest[:-1]:
        return None
    for each in found.command.params:
        if isinstance(each, click.Option) and last in each.opts and not each.is_flag and not each.count:
            return each.make_metavar(click.Context(found.command, resilient_parsing=True))
    return None


def complaint(text: str, root: Root, variables: Variables, environment: Environment) -> Complaint | None:
    """What is wrong with a line as far as that can be told without asking the cloud; None when it can run."""
    try:
        pipelines = parse(text)
    except Unreadable as problem:
        return Complaint(problem.position, problem.message, problem.hint)
    later: set[str] = set()
    for pipeline in pipelines:
        for at, words in enumerate(pipeline.commands):
            if later & {part.text for word in words for part in word.parts if part.variable}:
                continue
            try:
                _check(words, at, pipeline, root, variables, environment)
            except SlshellError as error:
                return Complaint(words[0].start, error.message, error.hint)
            except click.ClickException as failure:
                told = usage_error(failure)
                return Complaint(words[0].start, told.message, told.hint)
        later |= {"?", "_", *_names_set(pipeline)}
    return None


def _check(
    words: Sequence[Token], at: int, pipeline: Pipeline, root: Root, variables: Variables, world: Environment
) -> None:
    name = words[0].plain
    if name in BUILTINS or assignment(words[0]) is not None:
        if len(pipeline.commands) > 1:
            raise out_of_place(words[0])
        variables.expanded(words)
        return
    texts = variables.expanded(words)
    texts = texts[1:] if texts[:1] == ["slshell"] else texts
    if not texts:
        raise UsageError("there is no command on this line", hint="help lists the commands")
    if texts[0] == "help" and texts[1:2] and texts[1] in BUILTINS:
        return
    found = find(root, texts)
    if found is None:
        if texts[0].startswith("-") or isinstance(root.get_command(None, texts[-1]), click.Group):
            return
        raise unknown_command(texts, root)
    if at:
        takes_something(texts, root)
    rest = ["0", *found.rest] if at else list(found.rest)
    quiet = world.with_output(Output(stdout=io.StringIO(), stderr=io.StringIO()))
    above = click.Context(root, info_name="slshell", obj=quiet)
    try:
        with found.command.make_context(found.name, rest, parent=above):
            return
    except click.exceptions.Exit:
        return


def _names_set(pipeline: Pipeline) -> set[str]:
    words = [word for command in pipeline.commands for word in command]
    names = {pair[0] for word in words if (pair := assignment(word)) is not None}
    if words and words[0].plain in ("export", "unset"):
        names |= {word.plain or "" for word in words[1:]}
    return names


def _first_noun(found: Found) -> str | None:
    own = references(found.command)
    return own[0].type.name if own else None


def _expanded(words: Sequence[Token], variables: Variables) -> list[str]:
    found: list[str] = []
    for word in words:
        try:
            found += variables.expanded([word])
        except UsageError:
            found.append("?")
    return found[1:] if found[:1] == ["slshell"] else found
