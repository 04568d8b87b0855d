"""The options of commands that enter a machine over SSH."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from slshell.commands.access import Access, Entry, MachineAccess, refuse_gone
from slshell.commands.environment import Environment
from slshell.commands.host_access import HostAccess
from slshell.commands.host_name import HostName, HostParameter
from slshell.commands.parameters import KeyValue, resolve_instance
from slshell.commands.waiting import TIMEOUT_S
from slshell.model.errors import UsageError

OPTIONS = (
    click.option(
        "-i",
        "--identity",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        metavar="FILE",
        help="Private key to use before all others.",
    ),
    click.option("-u", "--user", metavar="NAME", default="", help="Account to enter, not the usual one."),
    click.option(
        "-e",
        "--env",
        "variables",
        type=KeyValue(),
        multiple=True,
        metavar="NAME=VALUE",
        help="Variable to set there, where it lets you; may be repeated.",
    ),
    click.option(
        "-A", "--forward-agent", is_flag=True, help="Let the machine use the keys of your agent meanwhile."
    ),
    click.option("--no-wait", is_flag=True, help="Do not wait for a machine that is starting."),
    click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(min=0),
        default=TIMEOUT_S,
        show_default=True,
        metavar="SECONDS",
        help="Longest wait for a machine that is starting.",
    ),
)


def entry_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add them; the function gets an `Entry` named `entry`."""

    @functools.wraps(function)
    def wrapped(
        *args: Any,
        identity: Path | None,
        user: str,
        variables: tuple[tuple[str, str], ...],
        forward_agent: bool,
        no_wait: bool,
        timeout_s: float,
        **rest: Any,
    ) -> Any:
        entry = Entry(
            user=user,
            identity=identity,
            variables=variables,
            forward_agent=forward_agent,
            wait=not no_wait,
            timeout_s=timeout_s,
        )
        return function(*args, entry=entry, **rest)

    made: Callable[..., Any] = wrapped
    for option in reversed(OPTIONS):
        made = option(made)
    return made


def host_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--host` and `--fingerprint`; the function gets `host` and `fingerprint`."""
    function = click.option(
        "--fingerprint",
        metavar="SHA256:…",
        default="",
        help="The host key that --host must have, instead of asking.",
    )(function)
    return click.option(
        "--host",
        type=HostParameter(),
        metavar="[USER@]HOST[:PORT]",
        help="Enter a host that is not of the cloud instead.",
    )(function)


def access_to(
    environment: Environment, instance: str | None, host: HostName | None, fingerprint: str, entry: Entry
) -> Access:
    """The way into a machine of the cloud, or into a host elsewhere.

    Raises:
        UsageError: neither is named. NotFound, Conflict: there is no such machine, or it is off.
    """
    if host is not None:
        return HostAccess(environment, entry, host, fingerprint)
    if fingerprint:
        raise UsageError("--fingerprint is for --host", hint="the cloud vouches for its own machines")
    if instance is None:
        raise UsageError("ID is missing", hint="name a machine, or a host elsewhere with --host")
    machine = resolve_instance(environment.cloud, instance)
    refuse_gone(machine)
    return MachineAccess(environment, entry, machine)
