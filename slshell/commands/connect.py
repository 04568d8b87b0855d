"""`slshell connect`."""

from __future__ import annotations

import shlex

import click

from slshell.commands.access import Entry
from slshell.commands.entry_options import access_to, entry_options, host_options
from slshell.commands.environment import Environment
from slshell.commands.host_name import HostName
from slshell.commands.opening import descriptor, has_terminal, open_plan
from slshell.commands.parameters import instance_in
from slshell.commands.registry import Danger, command
from slshell.model.instance import State


@command(danger=Danger.CHANGE)
@click.argument("instance", type=instance_in(State.RUNNING), required=False, metavar="[ID]")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND…]")
@host_options
@entry_options
def connect_command(
    environment: Environment,
    instance: str | None,
    words: tuple[str, ...],
    host: HostName | None,
    fingerprint: str,
    entry: Entry,
) -> int:
    """Open an SSH session in a machine, or run one command there.

    The exit code is that of the session or command. One word behind -- is a line for the machine's
    shell; several words are taken as they are.
    """
    if host is not None and instance is not None:
        # Without an id the first word of the command is read as one.
        words = (instance, *words)
    if not words and has_terminal(environment):
        access = access_to(environment.lasting, instance, host, fingerprint, entry)
        return open_plan(environment, access.plan())
    access = access_to(environment, instance, host, fingerprint, entry)
    return access.run(command_line(words), stdin=descriptor(environment), sink=environment.output.raw)


def command_line(words: tuple[str, ...]) -> str | None:
    """The line for the machine's shell; None where there are no words."""
    if not words:
        return None
    return words[0] if len(words) == 1 else shlex.join(words)
