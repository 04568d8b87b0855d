"""The options of commands that enter a machine over SSH."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from slshell.commands.access import Entry
from slshell.commands.parameters import KeyValue
from slshell.commands.waiting import TIMEOUT_S

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
    click.option(
        "--no-wait", is_flag=True, help="Neither wait for a machine that is starting nor try it again."
    ),
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
