"""What may come next on a line, from the commands' own parameters and a picture of the cloud; asks nobody."""

from __future__ import annotations

import dataclasses
import io
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem, ShellComplete

from slshell.client.cloud import Cloud, Link
from slshell.client.mirror import Snapshot
from slshell.client.transport import Transport
from slshell.commands.builtins import BUILTINS, HIDDEN, SECRET
from slshell.commands.environment import Environment
from slshell.commands.grammar import Sort, Token, scan
from slshell.commands.stages import find, references
from slshell.commands.table import Root, make_root
from slshell.commands.variables import Variables, assignment
from slshell.model.appliance import Appliance
from slshell.model.errors import CloudUnreachable, SlshellError, UsageError
from slshell.model.instance import InstanceType
from slshell.output.text import clean, human_size
from slshell.output.writer import Output

NAMES = ("name", "tag")
"""The field of a resource by which a line may refer to it, beside its id."""
MOST = 200
"""Candidates worth looking through; nobody reads more."""
_HALF_VARIABLE = re.compile(r"\$\{?[A-Za-z_0-9]*\Z")


@dataclass(frozen=True)
class Candidate:
    """One word that may stand where the cursor is."""

    word: str
    help: str


@dataclass(frozen=True, kw_only=True)
class Offer:
    """The candidates, and where in the line the text begins that they replace."""

    start: int
    candidates: tuple[Candidate, ...] = ()


class _Nowhere:
    """A link that is never used, for everything is in the picture."""

    def transport(self) -> Transport:
        raise CloudUnreachable("completion asks nobody")

    def forget(self, transport: Transport) -> None:
        """Nothing to forget."""

    def abort(self) -> None:
        """Nothing to break."""

    def again(self) -> Link:
        return self


class PicturedCloud(Cloud):
    """A cloud whose lists are those of a snapshot, at once, where name or id begins with `prefix`.

    Every mapping of the snapshot answers the list of the same name, so a new kind of resource needs nothing.
    """

    def __init__(self, snapshot: Snapshot, types: Iterable[InstanceType], prefix: str) -> None:
        super().__init__(_Nowhere())
        self._types = list(types)
        for field in dataclasses.fields(snapshot):
            held = getattr(snapshot, field.name)
            if isinstance(held, Mapping):
                self.__dict__[field.name] = _listed(held, prefix)

    def types(self) -> list[InstanceType]:
        """Machine sizes that the cloud named."""
        return self._types

    def search(self, query: Mapping[str, Any], limit: int) -> tuple[list[Appliance], bool]:
        """Nothing: what entries offer is in no snapshot, and a key does not wait for it."""
        return [], False


def _listed(held: Mapping[Any, Any], prefix: str) -> Callable[..., list[Any]]:
    def resources(**_filters: object) -> list[Any]:
        if not prefix or not held:
            return list(held.values())
        named = next((word for word in NAMES if hasattr(next(iter(held.values())), word)), "id")
        name = attrgetter(named)
        return [
            each for each in held.values()
            if str(name(each)).startswith(prefix) or str(each.id).startswith(prefix)
        ]  # fmt: skip

    return resources


@dataclass(frozen=True, kw_only=True)
class Completer:
    """Completes lines of one session. All its work is in memory, files apart."""

    environment: Environment
    root: Root
    variables: Variables
    builtins: bool = True

    def offer(self, line: str, snapshot: Snapshot, types: Iterable[InstanceType] = ()) -> Offer:
        """What may replace the last, half-typed word of `line`; the most useful first."""
        found = scan(line)
        words, half = _last_command(found.tokens, len(line))
        piped = _is_piped(found.tokens)
        if half is not None and half.sort is not Sort.WORD:
            return Offer(start=len(line))
        start = len(line) if half is None else half.start
        if (variable := _HALF_VARIABLE.search(line)) and not _in_single_quotes(half):
            return Offer(start=variable.start(), candidates=tuple(self._variables(variable[0])))
        typed = "" if half is None else "".join(part.text for part in half.parts)
        if typed.startswith("--") and "=" in typed and half is not None and half.plain is not None:
            start += line[half.start :].index("=") + 1
        if words and words[0].plain in BUILTINS and self.builtins:
            return Offer(start=start, candidates=tuple(self._for_builtin(words[0].plain or "", typed)))
        candidates = self._words(self._known(words), typed, piped, snapshot, types)
        return Offer(start=start, candidates=tuple(candidates))

    def _words(
        self, words: list[str], typed: str, piped: bool, snapshot: Snapshot, types: Iterable[InstanceType]
    ) -> list[Candidate]:
        found: dict[str, Candidate] = {}
        value = typed.partition("=")[2] if typed.startswith("--") else typed
        inner = self._pictured(PicturedCloud(snapshot, types, value))
        for item in self._items(words, typed, inner):
            if item.type in ("file", "dir"):
                found.update((each.word, each) for each in files(value, self.variables.home))
            elif item.value not in words:
                found.setdefault(item.value, Candidate(item.value, clean(item.help or "")))
            if len(found) >= MOST:
                break
        if not words and piped:
            return [each for each in found.values() if self._takes_something(each.word)]
        if not words and self.builtins:
            extra = [Candidate(each.name, each.summary) for each in BUILTINS.values()]
            return [*found.values(), *(each for each in extra if each.word.startswith(typed))]
        return list(found.values())

    def _items(self, words: list[str], typed: str, inner: Environment) -> Iterator[CompletionItem[str]]:
        if words and words[0] == "help":
            group = self.root if len(words) == 1 else self.root.get_command(None, words[1])
            if isinstance(group, click.Group):
                yield from group.shell_complete(click.Context(group, obj=inner), typed)
            return
        if words and self.root.get_command(None, words[0]) is None and not words[0].startswith("-"):
            return
        shell = ShellComplete(self.root, {"obj": inner}, "slshell", "_SLSHELL_COMPLETE")
        try:
            yield from shell.get_completions(words, typed)
        except (SlshellError, click.ClickException):
            return

    def _pictured(self, picture: PicturedCloud) -> Environment:
        """A world with the picture for its cloud; another profile than the picture's has nothing to offer."""
        inner = self.environment.with_output(Output(stdout=io.StringIO(), stderr=io.StringIO()))
        own = inner.profile.name

        def cloud(profile: Any, *_: object) -> Cloud:
            if profile.name != own:
                raise CloudUnreachable("completion asks nobody")
            return picture

        inner.make_cloud = cloud
        inner.most_offers = MOST
        inner.__dict__["cloud"] = picture
        return inner

    def _takes_something(self, name: str) -> bool:
        found = find(self.root, [name])
        return found is not None and bool(references(found.command))

    def _variables(self, typed: str) -> Iterator[Candidate]:
        braced = typed.startswith("${")
        prefix = typed[2 if braced else 1 :]
        for name, value in self.variables.known().items():
            if name.startswith(prefix):
                shown = HIDDEN if SECRET.search(name) else clean(value[:60])
                yield Candidate(f"${{{name}}}" if braced else f"${name}", shown)

    def _for_builtin(self, name: str, typed: str) -> Iterator[Candidate]:
        match name:
            case "set":
                yield from (Candidate(word, "") for word in ("-e", "+e") if word.startswith(typed))
            case "export" | "unset":
                for each in self._variables(f"${typed}"):
                    if each.word not in ("$?", "$_"):
                        yield Candidate(each.word[1:], each.help)

    def _known(self, words: Sequence[Token]) -> list[str]:
        """Words as far as their variables are known."""
        found: list[str] = []
        for word in words:
            try:
                found += self.variables.expanded([word])
            except UsageError:
                found.append("".join(part.text for part in word.parts))
        return found[1:] if found[:1] == ["slshell"] else found


def candidates(
    line: str, environment: Environment, snapshot: Snapshot, types: Iterable[InstanceType] = ()
) -> list[Candidate]:
    """Words that may replace the last, half-typed one of `line`, without the variables of a session."""
    completer = Completer(
        environment=environment, root=make_root(), variables=Variables(environment.environ), builtins=False
    )
    return list(completer.offer(line, snapshot, types).candidates)


def completed(line: str, word: str, start: int | None = None) -> str:
    """`line` with its last, half-typed word (or all from `start`) replaced by a candidate."""
    if start is None:
        half = _last_command(scan(line).tokens, len(line))[1]
        start = len(line) if half is None else half.start
        typed = line[start:]
        if typed.startswith("--") and "=" in typed and not word.startswith("-"):
            start += typed.index("=") + 1
        elif word.startswith("$") and (variable := _HALF_VARIABLE.search(line)):
            start = variable.start()
    return line[:start] + as_typed(word)


def as_typed(word: str) -> str:
    """A candidate as it is to be typed: quoted where it must be."""
    if word.startswith("-") or _HALF_VARIABLE.match(word.removesuffix("}")):
        return word
    if word.startswith("~/"):
        return "~/" + (shlex.quote(word[2:]) if word[2:] else "")
    return shlex.quote(word)


def files(typed: str, home: Path) -> Iterator[Candidate]:
    """Files and folders whose path begins with what is typed; hidden ones when a dot is typed."""
    folder, _, prefix = typed.rpartition("/")
    stem = typed[: len(typed) - len(prefix)]
    place = Path(f"{home}{folder[1:]}" if folder == "~" or folder.startswith("~/") else (stem or "."))
    try:
        entries = sorted(os.scandir(place), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries[: MOST * 10]:
        if not entry.name.startswith(prefix) or (entry.name.startswith(".") and not prefix):
            continue
        try:
            size = human_size(entry.stat().st_size)
            yield Candidate(f"{stem}{entry.name}/" if entry.is_dir() else f"{stem}{entry.name}",
                            "folder" if entry.is_dir() else size)  # fmt: skip
        except OSError:
            continue


def _last_command(tokens: Sequence[Token], end: int) -> tuple[list[Token], Token | None]:
    """The whole words of the command at the end of a line, and the token that the cursor touches."""
    words: list[Token] = []
    for token in tokens:
        if token.sort is Sort.WORD:
            words.append(token)
        elif token.sort is not Sort.COMMENT:
            words = []
    while words and (assignment(words[0]) is not None) and len(words) > 1:
        del words[0]
    last = tokens[-1] if tokens else None
    if last is None or last.end < end or last.sort in (Sort.PIPE, Sort.END):
        return words, None
    return (words[:-1] if last.sort is Sort.WORD else words), last


def _is_piped(tokens: Sequence[Token]) -> bool:
    signs = [token.sort for token in tokens if token.sort in (Sort.PIPE, Sort.END, Sort.SHELL)]
    return signs[-1:] == [Sort.PIPE]


def _in_single_quotes(half: Token | None) -> bool:
    if half is None or not half.parts:
        return False
    last = half.parts[-1]
    return last.quoted and not last.variable and "$" in last.text
