"""`slshell exec`."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace

import click

from slshell.commands.access import Entry, MachineAccess, login_of
from slshell.commands.connect import command_line
from slshell.commands.entry_options import entry_options
from slshell.commands.environment import Environment
from slshell.commands.executed import EXECUTED, Executed, Lines, Running
from slshell.commands.fleet import Fleet
from slshell.commands.registry import Danger, command
from slshell.commands.selection import Selection, selected
from slshell.model.errors import SlshellError, UsageError
from slshell.model.instance import Instance
from slshell.output.formats import Format
from slshell.output.listing import Listing

PARALLEL = 10
"""Machines at once: as many logins as OpenSSH lets be under way, should all be behind one server."""


@command(danger=Danger.CHANGE)
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND…")
@click.option(
    "--on",
    "machines",
    type=Selection(),
    multiple=True,
    required=True,
    metavar="ID[,ID…]",
    help="Machines: ids, names, patterns such as lab-*, state:running; may be repeated.",
)
@click.option(
    "--parallel",
    type=click.IntRange(min=1),
    default=PARALLEL,
    show_default=True,
    help="Machines at once.",
)
@entry_options
def exec_command(
    environment: Environment,
    words: tuple[str, ...],
    machines: tuple[tuple[str, ...], ...],
    parallel: int,
    entry: Entry,
) -> Listing | int:
    """Run one command on several machines at once.

    What each writes comes with its name before it, and a table of exit codes follows. With -o json, yaml or
    csv the answer is that table, with the whole output of each. The exit code is 0 when all are, else the
    highest. The command's input is empty.
    """
    line = command_line(words)
    if not line:
        raise UsageError("COMMAND is missing", hint="write slshell exec --on ID,ID -- COMMAND")
    found = selected(environment.cloud, tuple(word for each in machines for word in each))
    streams = environment.output.format is Format.TABLE
    items = _done(environment, found, line, entry, parallel, Lines(environment.output) if streams else None)
    code = max(each.exit_code for each in items)
    listing = Listing(kind=EXECUTED, items=items, exit_code=code)
    if not streams:
        return listing
    environment.output.result = items
    environment.output.notice("\n" + environment.output.text_of(listing).rstrip("\n"))
    return code


def _done(
    environment: Environment,
    machines: list[Instance],
    line: str,
    entry: Entry,
    parallel: int,
    shown: Lines | None,
) -> list[Executed]:
    """What became of the command on each machine, in their order."""
    fleet = Fleet()
    inner = environment.with_output(replace(environment.output, stderr_is_tty=False))
    if environment.ask_secret is not None:
        inner.ask_secret = fleet.answer(environment.ask_secret)
    login = login_of(inner, entry)
    names = Counter(each.name for each in machines)
    runs = [
        Running(
            instance=each,
            label=each.name if names[each.name] == 1 else f"{each.name}/{each.id}",
            access=MachineAccess(inner, entry, each, login),
        )
        for each in machines
    ]
    if shown is not None:
        shown.width = max(len(run.label) for run in runs)

    def work(run: Running) -> None:
        began = time.monotonic()

        def hear(data: bytes, to_stderr: bool) -> None:
            if shown is None:
                run.keep(data, to_stderr)
            else:
                fleet.do(lambda: shown.add(run.label, data, to_stderr))

        try:
            run.status = run.access.run(line, stdin=None, sink=hear)
        except SlshellError as error:
            run.error = error
        run.seconds = time.monotonic() - began
        if shown is not None:
            fleet.do(lambda: shown.end(run.label, run.error))

    def stop() -> None:
        for run in runs:
            run.access.link.close()

    fleet.run([lambda run=run: work(run) for run in runs], parallel, stop)  # type: ignore[misc]
    return [run.outcome() for run in runs]
