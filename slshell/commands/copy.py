"""`slshell copy`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from slshell.commands.access import Entry, MachineAccess, login_of, refuse_gone
from slshell.commands.environment import Environment
from slshell.commands.parameters import instance_in, resolve_instance
from slshell.commands.registry import Danger, command
from slshell.model.errors import NotFound, UsageError
from slshell.model.instance import State
from slshell.output.listing import Column, Kind, Listing
from slshell.output.text import human_size

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from slshell.ssh.sides import Side
    from slshell.ssh.transfer import Tell

_REMOTE = re.compile(r"([^/:\s]+):(.*)", re.DOTALL)
EXAMPLE = "for example slshell copy notes.txt 3:/root/, or slshell copy 3:/var/log ."


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one thing that was to be copied."""

    source: str
    target: str
    files: int
    bytes: int
    unchanged: int
    """Files that were there already."""
    left_out: list[str]
    """Names that were not copied, with the reason."""
    checked: str
    """The checksum that was equal on both sides; empty when none could be compared."""


def _line(each: Copied) -> str:
    files = "1 file" if each.files == 1 else f"{each.files} files"
    same = f", {each.unchanged} there already" if each.unchanged else ""
    checked = f", {each.checked} equal" if each.checked else ""
    return f"COPIED {each.source} to {each.target} ({files}, {human_size(each.bytes)}{same}{checked})"


COPIED = Kind(
    columns=(
        Column(title="SOURCE", text=lambda each: each.source, flexible=True),
        Column(title="TARGET", text=lambda each: each.target, flexible=True),
        Column(title="FILES", text=lambda each: str(each.files), right=True),
        Column(title="SIZE", text=lambda each: human_size(each.bytes), right=True, key="bytes"),
        Column(title="CHECKED", text=lambda each: each.checked or "no"),
    ),
    name=lambda each: each.target,
    quiet=lambda each: each.target,
    empty="nothing was copied",
    line=_line,
    model=Copied,
)


class PlaceType(click.ParamType[Any]):
    """A path here, or `ID:PATH` in a machine."""

    name = "path"
    _machines = instance_in(State.RUNNING)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Files, and running machines with a colon."""
        from click.shell_completion import CompletionItem

        files = [CompletionItem(incomplete, type="file")]
        if "/" in incomplete or ":" in incomplete:
            return files
        found = self._machines.shell_complete(ctx, param, incomplete)
        return [*(CompletionItem(f"{each.value}:", help=each.help) for each in found), *files]


@command(danger=Danger.CHANGE)
@click.argument("places", type=PlaceType(), nargs=-1, required=True, metavar="SOURCE… TARGET")
@click.option(
    "-i",
    "--identity",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Private key to use before all others.",
)
@click.option("-u", "--user", metavar="NAME", default="", help="Account to enter, not the usual one.")
@click.option("--force", is_flag=True, help="Replace files that are there and differ.")
@click.option("--no-preserve", is_flag=True, help="Do not keep permissions and times.")
def copy_command(
    environment: Environment,
    places: tuple[str, ...],
    identity: Path | None,
    user: str,
    force: bool,
    no_preserve: bool,
) -> Listing:
    """Copy files and folders into a machine, out of it, or between two.

    ID:PATH is a path in a machine, below the home folder unless it begins with /. Folders are copied with
    all in them. A file appears when it is whole and its checksum is right; what broke off is gone on with by
    the same command.
    """
    if len(places) < 2:
        raise UsageError("say what to copy, and where to", hint=EXAMPLE)
    *sources, target = places
    if not any(map(_machine, sources)) and _machine(target) is None:
        raise UsageError("neither side is a machine; cp copies here", hint=EXAMPLE)
    from slshell.ssh.sides import Here
    from slshell.ssh.transfer import Copier, Wishes

    for source in sources:
        if _machine(source) is None and Here().look(_path(source)) is None:
            raise NotFound(f"there is no {source}", hint=EXAMPLE)
    wishes = Wishes(preserve=not no_preserve, force=force)
    copied = []
    with ExitStack() as open_, environment.output.progress() as progress:
        side = _sides(environment, Entry(user=user, identity=identity), open_)
        tell = _teller(progress.say)
        for source in sources:
            if _machine(source) is None and _machine(target) is None:
                raise UsageError(f"{source} and {target} are both here; cp copies here", hint=EXAMPLE)
            progress.say(f"looking at {source}")
            ends = side(source), side(target)
            if ends[0] is ends[1]:
                raise UsageError(
                    f"{source} and {target} are in one machine",
                    hint=f"slshell connect {_machine(source)} -- cp -a … copies there",
                )
            done = Copier(*ends, wishes, tell).copy(_path(source), _path(target))
            copied.append(
                Copied(
                    source=source, target=done.target, files=done.files, bytes=done.bytes,
                    unchanged=done.unchanged, left_out=done.left_out, checked=done.checked,
                )
            )  # fmt: skip
    _warn(environment, copied)
    return Listing(kind=COPIED, items=copied)


def _sides(environment: Environment, entry: Entry, open_: ExitStack) -> Callable[[str], Side]:
    """A function from a place to its side; each machine is entered once."""
    from slshell.ssh.remote_sides import machine_side
    from slshell.ssh.sides import Here

    known: dict[int, Side] = {}
    login = login_of(environment, entry)

    def side(place: str) -> Side:
        reference = _machine(place)
        if reference is None:
            return Here()
        machine = resolve_instance(environment.cloud, reference)
        if machine.id not in known:
            refuse_gone(machine)
            access = MachineAccess(environment, entry, machine, login)
            connection = access.link.take()
            open_.callback(access.link.leave, connection)
            known[machine.id] = machine_side(connection.transport, reference)
        return known[machine.id]

    return side


def _machine(place: str) -> str | None:
    """The machine of `ID:PATH`; None for a path here, also for one such as `./a:b`."""
    found = _REMOTE.fullmatch(place)
    return found[1] if found else None


def _path(place: str) -> str:
    found = _REMOTE.fullmatch(place)
    if found is None:
        return os.path.expanduser(place)  # noqa: PTH111 - a `/` at the end means something
    return re.sub(r"~(/|\Z)", "", found[2], count=1) if found[2].startswith("~") else found[2]


def _teller(say: Callable[[str], None]) -> Tell:
    def tell(path: str, done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        say(f"{path}: {percent} % of {human_size(total)}")

    return tell


def _warn(environment: Environment, copied: list[Copied]) -> None:
    for each in copied:
        for text in each.left_out:
            environment.output.warning(f"left out: {text}")
        if each.files and not each.checked:
            environment.output.warning(
                f"{each.target} is not checked: one side has none of sha256sum, sha1sum and md5sum"
            )
