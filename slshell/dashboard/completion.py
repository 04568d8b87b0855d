"""What may come next on the command line, from the commands' own parameters and the mirror's picture."""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

import click
from click.shell_completion import CompletionItem, ShellComplete

from slshell.client.cloud import Cloud, Link
from slshell.client.mirror import Snapshot
from slshell.client.transport import Transport
from slshell.commands.environment import Environment
from slshell.commands.registry import make_root
from slshell.dashboard.text import clean
from slshell.model.appliance import Appliance
from slshell.model.errors import CloudUnreachable, SlshellError
from slshell.model.instance import Instance, InstanceType
from slshell.output.writer import Output

MOST = 200
"""Candidates worth looking through; nobody reads more."""


@dataclass(frozen=True)
class Candidate:
    """One word that may stand where the cursor is."""

    word: str
    help: str


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
    """A cloud that answers lists from a snapshot, at once; names and ids begin with `prefix`."""

    def __init__(self, snapshot: Snapshot, types: Iterable[InstanceType], prefix: str) -> None:
        super().__init__(_Nowhere())
        self._snapshot = snapshot
        self._types = list(types)
        self._prefix = prefix

    def instances(self, **_filters: object) -> list[Instance]:
        """Instances of the picture that may be meant."""
        prefix = self._prefix
        return [
            each for each in self._snapshot.instances.values()
            if each.name.startswith(prefix) or str(each.id).startswith(prefix)
        ]  # fmt: skip

    def appliances(self, **_filters: object) -> list[Appliance]:
        """Appliances of the picture."""
        return list(self._snapshot.appliances.values())

    def types(self) -> list[InstanceType]:
        """Machine sizes that the cloud named."""
        return self._types


def candidates(
    line: str, environment: Environment, snapshot: Snapshot, types: Iterable[InstanceType] = ()
) -> list[Candidate]:
    """Words that may replace the last, half-typed one of `line`; the most useful first."""
    words, last = _split(line)
    if words[:1] == ["slshell"]:
        del words[0]
    picture = PicturedCloud(snapshot, types, last)
    inner = environment.with_output(Output(stdout=io.StringIO(), stderr=io.StringIO()))
    inner.make_cloud = lambda *_: picture
    inner.__dict__["cloud"] = picture
    root = make_root()
    if words and root.get_command(None, words[0]) is None:
        return []
    shell = ShellComplete(root, {"obj": inner}, "slshell", "_SLSHELL_COMPLETE")
    found: dict[str, CompletionItem] = {}
    try:
        items = shell.get_completions(words, last)
    except (SlshellError, click.ClickException):
        return []
    for item in items:
        if item.type == "plain" and item.value not in words:
            found.setdefault(str(item.value), item)
        if len(found) >= MOST:
            break
    return [Candidate(word, clean(item.help or "")) for word, item in found.items()]


def completed(line: str, word: str) -> str:
    """`line` with its last, half-typed word replaced by a candidate."""
    _, last = _split(line)
    stem = line[: len(line) - len(last)] if last and line.endswith(last) else line
    return stem + (shlex.quote(word) if not word.startswith("-") else word)


def _split(line: str) -> tuple[list[str], str]:
    """The whole words of a line and the one that is being typed, empty after a blank."""
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    if not words or line[-1:].isspace():
        return words, ""
    return words[:-1], words[-1]
