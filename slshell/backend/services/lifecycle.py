"""The life of an instance as a table of transitions; pure, so that every pair can be tested."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from slshell.model.errors import Conflict
from slshell.model.instance import Phase, State


class Happening(StrEnum):
    """What can happen to an instance."""

    CLAIMED = "claimed"
    """A worker took up the run job."""
    PREPARED = "prepared"
    """Disks and definition are made."""
    STARTED = "started"
    """The hypervisor runs the machine."""
    SHUTDOWN_ASKED = "shutdown asked"
    SHUTDOWN_IGNORED = "shutdown ignored"
    """The guest did not react in time."""
    STOPPED = "stopped"
    """The machine went off, by whatever cause; it still holds its resources."""
    START_ASKED = "start asked"
    KILL_ASKED = "kill asked"
    RELEASED = "released"
    """Nothing of it is left on the host."""
    FAILED = "failed"


_S = State
_H = Happening

TRANSITIONS: dict[tuple[State, Happening], State] = {
    (_S.PENDING, _H.CLAIMED): _S.PROLOG,
    (_S.PROLOG, _H.PREPARED): _S.BOOT,
    (_S.BOOT, _H.STARTED): _S.RUNNING,
    (_S.BOOT, _H.STOPPED): _S.UNKNOWN,
    (_S.RUNNING, _H.SHUTDOWN_ASKED): _S.SHUTDOWN,
    (_S.SHUTDOWN, _H.SHUTDOWN_IGNORED): _S.RUNNING,
    (_S.RUNNING, _H.STOPPED): _S.UNKNOWN,
    (_S.SHUTDOWN, _H.STOPPED): _S.UNKNOWN,
    (_S.UNKNOWN, _H.START_ASKED): _S.BOOT,
    (_S.UNKNOWN, _H.STARTED): _S.RUNNING,
    (_S.PENDING, _H.FAILED): _S.FAILED,
    (_S.PROLOG, _H.FAILED): _S.FAILED,
    (_S.BOOT, _H.FAILED): _S.FAILED,
    (_S.EPILOG, _H.FAILED): _S.FAILED,
    (_S.EPILOG, _H.RELEASED): _S.DONE,
    **{
        (state, _H.KILL_ASKED): _S.EPILOG
        for state in (_S.PENDING, _S.PROLOG, _S.BOOT, _S.RUNNING, _S.SHUTDOWN, _S.UNKNOWN, _S.FAILED)
    },
}

_WHAT_TO_DO = {
    _H.SHUTDOWN_ASKED: "only a Running instance can be asked to shut down",
    _H.START_ASKED: "only an Unknown instance (one that is off) can be started; wait for it, or kill it",
    _H.KILL_ASKED: "nothing is left to kill",
}


def allows(state: State, happening: Happening) -> bool:
    """Whether the table has this transition."""
    return (state, happening) in TRANSITIONS


def after(state: State, happening: Happening, what: str = "the instance") -> State:
    """The state that follows.

    Raises:
        Conflict: the table has no such transition.
    """
    try:
        return TRANSITIONS[state, happening]
    except KeyError:
        raise Conflict(
            f"{what} is {state.value}",
            hint=_WHAT_TO_DO.get(happening, f"“{happening.value}” cannot happen to it now"),
            details={"state": state.value, "happening": happening.value},
        ) from None


def moved_on(phases: tuple[Phase, ...], state: State, now: datetime) -> tuple[Phase, ...]:
    """The phases once `state` begins at `now`; the open one ends, and the final one is a moment."""
    closed = tuple(
        msgspec.structs.replace(phase, ended_at=now) if phase.ended_at is None else phase for phase in phases
    )
    final = state is State.DONE
    return (*closed, Phase(name=state.value, started_at=now, ended_at=now if final else None))


def answered(phases: tuple[Phase, ...], now: datetime) -> tuple[Phase, ...]:
    """The phases with the moment added at which SSH first answered."""
    return (*phases, Phase(name="reachable", started_at=now, ended_at=now))
