"""The life of an instance, every pair of state and happening."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from slshell.backend.services.lifecycle import TRANSITIONS, Happening, after, allows, answered, moved_on
from slshell.model.errors import Conflict
from slshell.model.instance import State

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_the_tutorials_path_from_run_to_done() -> None:
    state = State.PENDING
    path = [state]
    for happening in (
        Happening.CLAIMED, Happening.PREPARED, Happening.STARTED, Happening.SHUTDOWN_ASKED,
        Happening.STOPPED, Happening.KILL_ASKED, Happening.RELEASED,
    ):  # fmt: skip
        state = after(state, happening)
        path.append(state)
    assert [one.value for one in path] == [
        "Pending", "Prolog", "Boot", "Running", "Shutdown", "Unknown", "Epilog", "Done",
    ]  # fmt: skip


@pytest.mark.parametrize(("state", "happening"), list(product(State, Happening)))
def test_every_pair_either_is_in_the_table_or_is_a_conflict_that_names_the_state(
    state: State, happening: Happening
) -> None:
    if allows(state, happening):
        assert after(state, happening) is TRANSITIONS[state, happening]
    else:
        with pytest.raises(Conflict) as caught:
            after(state, happening, "instance 7")
        assert caught.value.message == f"instance 7 is {state.value}"
        assert caught.value.hint


def test_kill_works_from_everywhere_but_the_end() -> None:
    refusing = {state for state in State if not allows(state, Happening.KILL_ASKED)}
    assert refusing == {State.EPILOG, State.DONE}


def test_nothing_leaves_done() -> None:
    assert not any(allows(State.DONE, happening) for happening in Happening)


def test_every_state_can_be_reached_and_left_towards_done() -> None:
    reached = {State.PENDING, *TRANSITIONS.values()}
    assert reached == set(State)
    for state in set(State) - {State.DONE}:
        seen, frontier = {state}, {state}
        while frontier:
            frontier = {to for (frm, _), to in TRANSITIONS.items() if frm in frontier} - seen
            seen |= frontier
        assert State.DONE in seen


def test_phases_follow_one_another_without_gaps_and_the_last_is_a_moment() -> None:
    phases = moved_on((), State.PENDING, NOON)
    phases = moved_on(phases, State.RUNNING, NOON + timedelta(seconds=3))
    phases = answered(phases, NOON + timedelta(seconds=8))
    phases = moved_on(phases, State.DONE, NOON + timedelta(seconds=20))
    told = [(phase.name, phase.started_at - NOON, (phase.ended_at or NOON) - NOON) for phase in phases]
    seconds = timedelta(seconds=1)
    assert told == [
        ("Pending", 0 * seconds, 3 * seconds),
        ("Running", 3 * seconds, 20 * seconds),
        ("reachable", 8 * seconds, 8 * seconds),
        ("Done", 20 * seconds, 20 * seconds),
    ]


def test_the_open_phase_has_no_end() -> None:
    assert moved_on((), State.PENDING, NOON)[-1].ended_at is None
