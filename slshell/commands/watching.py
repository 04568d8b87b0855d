"""`--watch`: look again whenever something changes, or after some seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NoReturn

import click

from slshell.commands.environment import Environment
from slshell.model.errors import CloudUnreachable, SlshellError, TimedOut, UsageError
from slshell.output.frames import Frames
from slshell.output.listing import Kind, Listing

HELD_S = 20.0
"""Longest time between two looks at what the cloud reports changes of."""
POLL_S = 2.0
"""Time between two looks at what it does not, and between attempts while it is away."""
SETTLE_S = 0.2
"""A burst of changes is shown as one."""


def watch(environment: Environment, look: Callable[[], Any], title: str, seconds: float) -> NoReturn:
    """Show what `look` answers, again and again; `seconds` 0 stands for the usual pace.

    Raises:
        UsageError: what is written would be seen only at the end, which never comes. Exit: `look`
        answered no listing. SlshellError: the first look failed.
    """
    output = environment.output
    if output.captured:
        raise UsageError("--watch never ends, and here a command is shown when it has ended")
    drawable = environment.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")
    frames = Frames(output, title, redraws=output.stdout_is_tty and drawable)
    listing = _looked(look)
    pace = _Pace(environment, listing.kind, seconds)
    if pace.begin():
        listing = _looked(look)
    frames.show(listing, _note(listing))
    while True:
        try:
            pace.wait()
            listing = _looked(look)
        except (CloudUnreachable, TimedOut) as error:
            frames.trouble(f"{error.message}; trying again")
            time.sleep(POLL_S)
        else:
            frames.show(listing, _note(listing))


class _Pace:
    """When to look again."""

    def __init__(self, environment: Environment, kind: Kind, seconds: float) -> None:
        self._environment = environment
        self._part = kind.changes
        self._seconds = seconds or (HELD_S if kind.changes else POLL_S)
        self._revision = 0

    def begin(self) -> bool:
        """Take the cloud's present revision; answers whether one has to look once more for it."""
        if self._part:
            self._revision = self._environment.cloud.status().revision
        return bool(self._part)

    def wait(self) -> None:
        """Return when there is something new, or when it is time."""
        if not self._part:
            time.sleep(self._seconds)
            return
        deadline = time.monotonic() + self._seconds
        while (left := deadline - time.monotonic()) > 0:
            changes = self._environment.cloud.changes(self._revision, min(left, HELD_S))
            self._revision = changes.revision
            if changes.reset or changes.gone or getattr(changes, self._part):
                time.sleep(min(SETTLE_S, self._seconds))
                return


def _looked(look: Callable[[], Any]) -> Listing:
    value = look()
    if not isinstance(value, Listing):
        raise click.exceptions.Exit(value if isinstance(value, int) else 0)
    return value


def _note(listing: Listing) -> str:
    error: SlshellError | None = next(iter(listing.errors), None)
    return error.message if error else ""
