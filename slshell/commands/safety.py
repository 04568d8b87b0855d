"""What stands between a command and what it would change: read-only profiles, and plans instead of deeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
import msgspec
from click.core import ParameterSource

from slshell.client.cloud import Cloud
from slshell.commands.environment import Environment
from slshell.commands.parameters import Reference
from slshell.model.errors import NotAllowed, SlshellError
from slshell.output.listing import Column, Kind, Listing

QUIET_PARAMETERS = frozenset({"wait", "timeout_s", "yes"})
"""Parameters that change nothing in what is done."""


class PlannedStep(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a command would do."""

    action: str
    kind: str = ""
    """instance, appliance …; empty when nothing that exists is touched."""
    id: str = ""
    name: str = ""
    state: str = ""
    settings: str = ""
    """The other words of the command, as NAME=VALUE."""


PLAN = Kind(
    columns=(
        Column(title="ACTION", text=lambda each: each.action),
        Column(title="KIND", text=lambda each: each.kind),
        Column(title="ID", text=lambda each: each.id),
        Column(title="NAME", text=lambda each: each.name, flexible=True),
        Column(title="STATE", text=lambda each: each.state),
        Column(title="WITH", text=lambda each: each.settings, flexible=True),
    ),
    name=lambda each: each.name,
    quiet=lambda each: each.id,
    empty="nothing would be done",
)


def refuse_read_only(environment: Environment, what: str) -> None:
    """Nothing, unless the profile may not be changed.

    Raises:
        NotAllowed: the profile is read-only; it and its setting are named.
    """
    profile = environment.profile
    if profile.read_only:
        raise NotAllowed(
            f"profile “{profile.name}” is read-only, so “{what}” is refused",
            hint=f"set profiles.{profile.name}.read_only = false in config.toml, or choose another --profile",
            details={"profile": profile.name, "setting": f"profiles.{profile.name}.read_only"},
        )


def plan(context: click.Context) -> Listing:
    """What the command of this context would do to which resource; it is asked for, and nothing is done.

    References that name nothing are errors of the listing.
    """
    environment: Environment = context.obj
    action = " ".join(context.command_path.split()[1:])
    subject = _subject(context.command)
    settings = " ".join(_settings(context, subject))
    given = context.params.get(str(subject.name)) if subject is not None else None
    words = [given] if isinstance(given, str) else list(given or ())
    if subject is None or not words:
        return Listing(kind=PLAN, items=[PlannedStep(action=action, settings=settings)])
    steps: list[PlannedStep] = []
    errors: list[SlshellError] = []
    for word in dict.fromkeys(words):
        try:
            steps.append(_step(environment.cloud, subject.type, word, action, settings))
        except SlshellError as error:
            errors.append(error)
    return Listing(kind=PLAN, items=steps, errors=tuple(errors))


def _subject(command: click.Command) -> click.Argument | None:
    """The argument whose resources the command acts on: the first that takes several, else the first."""
    found = [
        each for each in command.params
        if isinstance(each, click.Argument) and isinstance(each.type, Reference)
    ]  # fmt: skip
    return next((each for each in found if each.nargs == -1), found[0] if found else None)


def _step(cloud: Cloud, kind: Any, word: str, action: str, settings: str) -> PlannedStep:
    if kind.find is None:
        return PlannedStep(action=action, kind=kind.name, id=word, settings=settings)
    found = kind.find(cloud, word)
    return PlannedStep(
        action=action,
        kind=kind.name,
        id=str(found.id),
        name=str(getattr(found, "name", "") or getattr(found, "tag", "")),
        state=str(getattr(found, "state", "")),
        settings=settings,
    )


def _settings(context: click.Context, subject: click.Argument | None) -> Iterator[str]:
    for each in context.command.params:
        name = str(each.name)
        given = context.get_parameter_source(name) not in (None, ParameterSource.DEFAULT)
        if each is subject or not each.expose_value or not given or name in QUIET_PARAMETERS:
            continue
        value = context.params[name]
        shown = name.replace("_", "-")
        if value is True:
            yield shown
        elif isinstance(value, tuple):
            yield from (f"{shown}={_word(item)}" for item in value)
        elif value not in (None, False):
            yield f"{shown}={_word(value)}"


def _word(value: Any) -> str:
    return "=".join(value) if isinstance(value, tuple) else str(value)
