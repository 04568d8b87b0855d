"""Doing one thing to several machines: each by itself, one failure does not stop the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import click

from slshell.commands.environment import Environment
from slshell.commands.kinds import INSTANCE
from slshell.commands.parameters import near_id, resolve_ids
from slshell.commands.waiting import TIMEOUT_S, wait_for
from slshell.model.errors import SlshellError
from slshell.model.instance import Instance, State
from slshell.model.volume import DiskKind
from slshell.output.listing import Listing
from slshell.output.text import human_size, human_span

ITS_OWN = frozenset({DiskKind.ROOT, DiskKind.SWAP, DiskKind.VOLATILE})
"""Disks that end with the machine."""


def wait_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--wait` and `--timeout` to a command that starts something."""
    function = click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(min=0),
        default=TIMEOUT_S,
        show_default=True,
        metavar="SECONDS",
        help="Longest wait.",
    )(function)
    return click.option("-w", "--wait", "wait", is_flag=True, help="Return when it has come about.")(function)


def act(
    environment: Environment,
    references: Iterable[str],
    action: Callable[[int], Instance],
    *,
    goal: str | None,
    timeout_s: float = TIMEOUT_S,
) -> Listing:
    """Do `action` to each machine, then wait for `goal` where one is given."""
    ids, errors = resolve_ids(environment.cloud, references)
    return act_on(environment, ids, errors, action, goal=goal, timeout_s=timeout_s)


def act_on(
    environment: Environment,
    ids: Iterable[int],
    errors: list[SlshellError],
    action: Callable[[int], Instance],
    *,
    goal: str | None,
    timeout_s: float,
) -> Listing:
    """`act` for ids that are resolved; `errors` are those of the resolving."""
    errors = list(errors)
    items = []
    for number in ids:
        try:
            items.append(action(number))
        except SlshellError as error:
            errors.append(near_id(environment.cloud, number, error))
    if goal is not None and items:
        items, late = wait_for(environment, [each.id for each in items], goal, timeout_s)
        errors += late
    return Listing(kind=INSTANCE, items=items, errors=tuple(errors))


def loss(instance: Instance) -> str:
    """What goes with a machine, in one line: what it is, how long it ran, its disks, what it lets go of."""
    facts = [
        instance.appliance, str(instance.state), instance.address, f"made {_ago(instance.created_at)} ago"
    ]  # fmt: skip
    booted = [each.started_at for each in instance.phases if each.name == State.RUNNING and not each.ended_at]
    if booted and instance.state is State.RUNNING:
        facts.append(f"up for {_ago(booted[-1])}")
    facts += [f"{instance.vcpu} CPU", f"{human_size(instance.ram_mib, unit=1 << 20)} RAM"]
    own = [f"{human_size(each.size_bytes)} {each.kind}" for each in instance.disks if each.kind in ITS_OWN]
    sizes = f" ({', '.join(own)})" if own else ""
    held = [each.name or each.source for each in instance.disks if each.kind is DiskKind.PERSISTENT]
    kept = f"; volumes stay: {', '.join(held)}" if held else ""
    about = ", ".join(fact for fact in facts if fact)
    return f"{instance.id} {instance.name} ({about}) and its disks{sizes}{kept}"


def _ago(moment: datetime) -> str:
    return human_span((datetime.now(UTC) - moment).total_seconds())
