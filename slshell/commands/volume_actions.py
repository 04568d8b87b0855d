"""Doing one thing to several volumes, and waiting until it has come about."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from slshell.commands.environment import Environment
from slshell.commands.kinds import volume_lines, volume_remark
from slshell.commands.parameters import resolve_volumes
from slshell.model.errors import Conflict, SlshellError, TimedOut
from slshell.model.volume import QUARANTINED, Volume, VolumeState
from slshell.output.listing import Kind, Listing
from slshell.output.text import human_size, human_span

RESTORED = volume_lines(lambda each: f"RESTORED {each.id} {each.tag}".rstrip())
TIMEOUT_S = 600.0
TICK_S = 1.0
POLL_S = 20.0


def act(
    environment: Environment,
    references: Iterable[str],
    action: Callable[[Volume], Volume],
    kind: Kind,
    *,
    deleted: bool = False,
) -> Listing:
    """Do `action` to each volume, `deleted` ones when that is said; one failure does not stop the rest."""
    meant = QUARANTINED if deleted else frozenset[VolumeState]()
    volumes, errors = resolve_volumes(environment.cloud.volumes(all=deleted), references, meant)
    items = []
    for one in volumes:
        try:
            items.append(action(one))
        except SlshellError as error:
            errors.append(error)
    return Listing(kind=kind, items=items, errors=tuple(errors))


def wait_for_volume(
    environment: Environment,
    volume: Volume,
    reached: Callable[[Volume], bool],
    lost: Callable[[Volume], bool],
    *,
    doing: str,
    timeout_s: float = TIMEOUT_S,
) -> Volume:
    """The volume once it is there.

    Raises:
        Conflict: it will not get there, and why. TimedOut: it takes too long.
    """
    cloud = environment.cloud
    deadline = time.monotonic() + timeout_s
    revision = cloud.changes(volume.revision, 0).revision
    seen = cloud.volume(volume.id)
    with environment.output.progress() as progress:
        while not reached(seen):
            if lost(seen):
                raise Conflict(
                    f"{doing} did not work: {seen.reason or f'volume {seen.id} is {seen.state}'}",
                    hint="slshell events tells more",
                    details={"id": seen.id, "state": str(seen.state)},
                )
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimedOut(
                    f"{doing}: volume {seen.id} is still {seen.state} after {timeout_s:g} s",
                    hint=seen.reason or "it goes on; slshell volumes shows when it is done",
                    details={"id": seen.id, "state": str(seen.state)},
                )
            progress.say(f"{doing}: {volume_remark(seen) or seen.state}")
            changes = cloud.changes(revision, min(left, TICK_S if progress.shown else POLL_S))
            revision = changes.revision
            if changes.reset or any(each.id == seen.id for each in changes.volumes):
                seen = cloud.volume(seen.id)
    return seen


def ready(environment: Environment, volume: Volume, doing: str) -> Volume:
    """The volume once it is made and nobody works on it."""
    return wait_for_volume(
        environment,
        volume,
        lambda one: one.state in (VolumeState.AVAILABLE, VolumeState.ATTACHED) and not one.progress,
        lambda one: one.state in (VolumeState.FAILED, VolumeState.DELETED, VolumeState.PURGING),
        doing=doing,
    )


def bring_back(environment: Environment, references: Iterable[str]) -> Listing:
    """Take deleted volumes out of quarantine, and wait until each is there."""

    def restore(one: Volume) -> Volume:
        return wait_for_volume(
            environment,
            environment.cloud.undelete_volume(one.id),
            lambda now: now.state is VolumeState.AVAILABLE,
            lambda now: now.state in (VolumeState.DELETED, VolumeState.FAILED),
            doing=f"bringing {one.tag or one.id[:8]} back",
        )

    return act(environment, references, restore, RESTORED, deleted=True)


def loss(volume: Volume) -> str:
    """What goes with a volume, in one line."""
    age = human_span((datetime.now(UTC) - volume.created_at).total_seconds())
    name = f"{volume.id} {volume.tag}".strip()
    kept = f", {len(volume.snapshots)} snapshots" if volume.snapshots else ""
    used = human_size(volume.allocated_bytes)
    return f"{name} ({human_size(volume.size_bytes)}, {used} of it used{kept}, made {age} ago)"
