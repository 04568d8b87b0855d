"""Which command a list of words means, what it still lacks, and which argument takes what a pipe brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click

from slshell.client.profiles import nearest_hint
from slshell.commands.declare import CommandGroup
from slshell.commands.parameters import Reference
from slshell.commands.table import Root
from slshell.model.errors import UsageError
from slshell.output.listing import Listing


@dataclass(frozen=True, kw_only=True)
class Found:
    """A command within the words of a line."""

    command: click.Command
    name: str
    """As in `commands()`; two words for one of a group."""
    place: int
    """How many words lead up to it, its own name the last of them."""
    rest: tuple[str, ...]
    """The words behind its name."""


def find(root: Root, words: Sequence[str]) -> Found | None:
    """The command that `words` name; None when they name none, or a group without one of its commands."""
    current: click.Command = root
    context = click.Context(root, info_name="slshell", resilient_parsing=True)
    names: list[str] = []
    rest = list(words)
    while isinstance(current, CommandGroup):
        try:
            _, rest, _ = current.make_parser(context).parse_args(rest)
        except click.UsageError:
            return None
        child = current.get_command(context, rest[0]) if rest else None
        if child is None:
            return None
        context = click.Context(child, info_name=child.name, parent=context, resilient_parsing=True)
        names.append(str(child.name))
        current, rest = child, rest[1:]
    return Found(command=current, name=" ".join(names), place=len(words) - len(rest), rest=tuple(rest))


def unknown_command(words: Sequence[str], root: Root) -> UsageError:
    """The error for words that name no command, with the nearest ones."""
    group = root.get_command(None, words[0])
    if isinstance(group, CommandGroup):
        known, word = sorted(group.commands), words[1] if len(words) > 1 else ""
        return UsageError(f"“{words[0]}” has no command “{word}”", hint=nearest_hint(word, known))
    return UsageError(
        f"there is no command “{words[0]}”", hint=nearest_hint(words[0], root.list_commands(None))
    )


def taker(command: click.Command, noun: str) -> click.Argument | None:
    """The first argument of a command that takes references to this kind of resource."""
    for each in references(command):
        if each.type.name == noun:
            return each
    return None


def references(command: click.Command) -> list[click.Argument]:
    """The arguments of a command that name resources."""
    return [
        each for each in command.params
        if isinstance(each, click.Argument) and isinstance(each.type, Reference)
    ]  # fmt: skip


def takes_something(words: Sequence[str], root: Root) -> Found:
    """The command behind a pipe.

    Raises:
        UsageError: there is no such command, or none of its arguments names a resource.
    """
    found = find(root, words)
    if found is None:
        raise unknown_command(words, root)
    if not references(found.command):
        raise UsageError(
            f"“{found.name}” takes no resources, so nothing can be piped into it",
            hint=f"slshell help {found.name} shows what it takes",
        )
    return found


def fed(words: Sequence[str], found: Found, listing: Listing, source: str) -> list[list[str]]:
    """The command lines that take a listing's resources: one for all, or one for each where one is taken.

    Raises:
        UsageError: the command takes another kind of resource; both are named.
    """
    noun, reference = listing.kind.noun, listing.kind.reference
    argument = taker(found.command, noun) if noun else None
    if argument is None or reference is None:
        wanted = " or ".join(dict.fromkeys(each.type.name for each in references(found.command)))
        given = f"{noun}s" if noun else "nothing that can be passed on"
        raise UsageError(
            f"“{source}” gives {given}, and “{found.name}” takes {wanted}s",
            hint=f"put a command before it that lists {wanted}s",
        )
    ids = list(dict.fromkeys(reference(item) for item in listing.items))
    batches = [ids] if argument.nargs == -1 else [[each] for each in ids]
    own = [each for each in found.command.params if isinstance(each, click.Argument)]
    # A first argument is put before the user's own words, which may end in “-- COMMAND”.
    place = found.place if own[0] is argument else len(words)
    return [[*words[:place], *batch, *words[place:]] for batch in batches]


def missing(found: Found, root: Root, *, fed_noun: str | None = None) -> list[str]:
    """What the arguments that have no word yet are called, in order; those a pipe fills are left out."""
    context = click.Context(root, info_name="slshell", resilient_parsing=True)
    inner = click.Context(found.command, info_name=found.name, parent=context, resilient_parsing=True)
    try:
        values, _, _ = found.command.make_parser(inner).parse_args(list(found.rest))
    except click.UsageError:
        return []
    filled = taker(found.command, fed_noun) if fed_noun else None
    return [
        each.make_metavar(inner)
        for each in found.command.params
        if isinstance(each, click.Argument) and each is not filled and not _given(values.get(str(each.name)))
    ]


def _given(value: object) -> bool:
    """Whether a parser's value is one; it has an object of its own for what was not said."""
    return isinstance(value, str | tuple) and bool(value)
