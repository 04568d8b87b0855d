"""Wait until machines are where one wants them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from slshell.commands.environment import Environment
from slshell.commands.kinds import remark
from slshell.model.errors import Conflict, NotFound, SlshellError, TimedOut
from slshell.model.instance import Instance, State

REACHABLE = "reachable"
GONE = "gone"
GOALS = (*(str(state) for state in State), REACHABLE, GONE)
TIMEOUT_S = 600.0
"""Default limit: a machine's first boot by emulation, its image fetched before, ends well within."""
POLL_S = 20.0
TICK_S = 1.0
"""How long one request is held while a progress line is drawn, which counts the seconds."""


def wait_for(
    environment: Environment, ids: Iterable[int], goal: str, timeout_s: float = TIMEOUT_S
) -> tuple[list[Instance], list[SlshellError]]:
    """Wait until each machine has reached `goal` (one of GOALS) or cannot reach it any more.

    Answers the machines as last seen, in the order of `ids`, and an error for each that did not make it.
    """
    cloud = environment.cloud
    waiting = _Waiting(list(dict.fromkeys(ids)), goal)
    deadline = time.monotonic() + timeout_s
    revision = cloud.status().revision
    waiting.look_up(environment)
    with environment.output.progress() as progress:
        while waiting.open and (left := deadline - time.monotonic()) > 0:
            progress.say(waiting.summary())
            changes = cloud.changes(revision, min(left, TICK_S if progress.shown else POLL_S))
            revision = changes.revision
            if changes.reset:
                waiting.look_up(environment)
            for instance in changes.instances:
                waiting.see(instance)
    waiting.give_up(timeout_s)
    return waiting.seen_in_order(), list(waiting.errors.values())


class _Waiting:
    """Which machines are still on their way to the goal."""

    def __init__(self, ids: list[int], goal: str) -> None:
        self._ids = ids
        self._goal = goal
        self._seen: dict[int, Instance] = {}
        self.open = set(ids)
        self.errors: dict[int, SlshellError] = {}

    def look_up(self, environment: Environment) -> None:
        """Ask for each machine by itself, which also finds ended ones."""
        for number in sorted(self.open):
            try:
                self.see(environment.cloud.instance(number))
            except NotFound as error:
                self.open.discard(number)
                if self._goal != GONE:
                    self.errors[number] = error

    def see(self, instance: Instance) -> None:
        """Take in a machine's newest state."""
        if instance.id not in self.open:
            return
        before = self._seen.get(instance.id)
        self._seen[instance.id] = instance
        if _reached(instance, self._goal):
            self.open.discard(instance.id)
        elif _is_lost(before, instance, self._goal):
            self.open.discard(instance.id)
            self.errors[instance.id] = Conflict(
                f"machine {instance.id} is {instance.state} and will not become {self._goal}: "
                f"{instance.reason or 'no reason was given'}",
                hint=_remedy(instance),
                details={"id": instance.id, "state": str(instance.state)},
            )

    def summary(self) -> str:
        """One line on where the machines are."""
        if len(self._ids) == 1:
            instance = self._seen.get(self._ids[0])
            said = f"{instance.state} {remark(instance)}".strip() if instance else "?"
            return f"machine {self._ids[0]}: {said}, waiting for {self._goal}"
        counts = Counter(str(each.state) for each in self._seen.values())
        states = ", ".join(f"{count} {state}" for state, count in counts.items())
        return f"{len(self._ids) - len(self.open)} of {len(self._ids)} machines {self._goal}: {states}"

    def give_up(self, timeout_s: float) -> None:
        """What is open now has run out of time."""
        for number in sorted(self.open):
            instance = self._seen.get(number)
            self.errors[number] = TimedOut(
                f"machine {number} is {instance.state if instance else 'unseen'}, "
                f"not {self._goal}, after {timeout_s:g} s",
                hint=(instance and remark(instance)) or "wait longer with --timeout",
                details={"id": number},
            )

    def seen_in_order(self) -> list[Instance]:
        """The machines as last seen."""
        found = []
        for number in self._ids:
            with suppress(KeyError):
                found.append(self._seen[number])
        return found


def _reached(instance: Instance, goal: str) -> bool:
    if goal == REACHABLE:
        return instance.state is State.RUNNING and instance.reachable
    if goal == GONE:
        return instance.state is State.DONE
    return instance.state == goal


def _is_lost(before: Instance | None, now: Instance, goal: str) -> bool:
    """Whether waiting on is useless. A machine may be Unknown at first: its start was only just asked."""
    if goal == GONE:
        return False
    if now.state in (State.DONE, State.FAILED):
        return True
    fell = before is not None and before.state is not State.UNKNOWN and now.state is State.UNKNOWN
    return fell and goal in (REACHABLE, State.RUNNING)


def _remedy(instance: Instance) -> str:
    if instance.state is State.UNKNOWN:
        return f"slshell start {instance.id} boots it again"
    if instance.state is State.FAILED:
        return (
            f"slshell events --instance {instance.id} tells more; slshell kill {instance.id} clears it away"
        )
    return "slshell run starts a new one"
