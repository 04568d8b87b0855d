"""Asking several clouds at the same time; one that does not answer is one row among the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Thread
from typing import Any

from slshell.client import local
from slshell.client.cloud import Cloud
from slshell.client.profiles import LOCAL, Profile, data_folder
from slshell.commands.environment import Environment
from slshell.model.errors import SlshellError, TimedOut
from slshell.output.formats import Format
from slshell.output.listing import Column, Kind, Listing


@dataclass
class Asked:
    """One cloud, and what it answered: a value or an error."""

    name: str
    profile: Profile | None = None
    cloud: Cloud | None = None
    value: Any = None
    error: SlshellError | None = None


@dataclass(frozen=True)
class Placed:
    """An item of one of several clouds, or why that cloud gave none."""

    profile: str
    item: Any = None
    error: SlshellError | None = None


def ask_clouds(
    environment: Environment, names: Sequence[str], question: Callable[[Cloud], Any]
) -> list[Asked]:
    """Ask each profile's cloud in a thread of its own, within the time of its profile. None is started."""
    asked = [_prepared(environment, name) for name in names]
    threads = {}
    for each in asked:
        if each.cloud is not None:
            threads[each.name] = Thread(target=_ask, args=(each, question), daemon=True)
            threads[each.name].start()
    began = time.monotonic()
    return [_awaited(each, threads.get(each.name), began) for each in asked]


def known_clouds(environment: Environment) -> list[str]:
    """All profiles; the bundled cloud is left out where it was never used and others are named."""
    names = environment.clouds.names()
    home = data_folder(environment.environ)
    used = local.read(home) is not None or (home / "cloud.db").exists()
    return [name for name in names if name != LOCAL or used] or names


def across(environment: Environment, kind: Kind, fetch: Callable[[Cloud], Sequence[Any]]) -> Listing:
    """The resources of all clouds in one listing with a column for the profile.

    It fails only when no cloud answers, with the highest of their exit codes.
    """
    asked = ask_clouds(environment, known_clouds(environment), fetch)
    errors = [each.error for each in asked if each.error is not None]
    items = [Placed(each.name, item) for each in asked if each.error is None for item in each.value]
    output = environment.output
    if output.quiet or output.format is Format.NAME:
        for each in asked:
            if each.error is not None:
                output.warning(f"{each.name}: {each.error.message}")
    else:
        items += [Placed(each.name, error=each.error) for each in asked if each.error is not None]
    failed = len(errors) == len(asked)
    code = max((error.exit_code for error in errors), default=0) if failed else 0
    return Listing(kind=placed_kind(kind), items=items, exit_code=code)


def placed_kind(kind: Kind) -> Kind:
    """The same kind with a column for the profile in front; errors stand where remarks do."""
    titles = [column.title for column in kind.columns if not column.wide]
    remarks = "REMARK" if "REMARK" in titles else titles[-1]
    profile = Column(title="PROFILE", text=lambda each: each.profile, keep=9)
    columns = [_placed(column, column.title == remarks) for column in kind.columns]
    return Kind(
        columns=(profile, *columns),
        name=lambda each: kind.name(each.item),
        quiet=lambda each: f"{each.profile} {kind.quiet(each.item)}",
        empty="no cloud has any",
        model=kind.model,
        data=lambda each: _data(kind, each),
    )


def _placed(column: Column, takes_errors: bool) -> Column:
    def text(each: Placed) -> str:
        if each.error is not None:
            return each.error.message if takes_errors else ""
        return column.text(each.item)

    def style(each: Placed) -> str:
        if each.error is not None:
            return "red"
        return column.style(each.item) if column.style else ""

    return replace(column, text=text, style=style)


def _data(kind: Kind, each: Placed) -> dict[str, Any]:
    if each.error is not None:
        return {"profile": each.profile, "error": each.error.as_data()}
    return {"profile": each.profile, **kind.as_data(each.item)}


def _prepared(environment: Environment, name: str) -> Asked:
    """Variables such as STRATUSLAB_ENDPOINT speak of the chosen cloud only."""
    asked = Asked(name)
    try:
        chosen = environment.clouds.chosen(environment.profile_name)[0] == name
        asked.profile = environment.clouds.pick(name, variables=chosen)
        asked.cloud = environment.make_cloud(asked.profile, False, environment.output.notice)
    except SlshellError as error:
        asked.error = error
    return asked


def _ask(asked: Asked, question: Callable[[Cloud], Any]) -> None:
    assert asked.cloud is not None  # noqa: S101 - only those with a cloud are asked
    try:
        value = question(asked.cloud)
    except SlshellError as error:
        asked.error = error
    else:
        asked.value = value


def _awaited(asked: Asked, thread: Thread | None, began: float) -> Asked:
    """The answer; what comes later than the limit is not looked at."""
    if thread is None or asked.profile is None or asked.cloud is None:
        return asked
    limit = asked.profile.timeout_s
    thread.join(max(0.0, began + limit - time.monotonic()))
    late = thread.is_alive()
    asked.cloud.close()
    if late:
        hint = "endpoint_timeout in its section allows more"
        return Asked(asked.name, asked.profile, error=TimedOut(f"no answer within {limit:g} s", hint=hint))
    return asked
