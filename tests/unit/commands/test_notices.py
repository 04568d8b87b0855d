"""What is told of two pictures of the cloud, with advice in each face's own words."""

from __future__ import annotations

from typing import Any

import pytest

from slshell.client.mirror import Snapshot
from slshell.commands.notices import Advice, Notice, between
from slshell.model.appliance import ApplianceState
from slshell.model.instance import State
from tests.unit.client.served import MOMENT, appliance, instance

ADVICE = Advice(
    answers="connect {id}", failed="events {id}", off="start {name}", ready="run {name}", many="events"
)


def picture(**changes: Any) -> Snapshot:
    return Snapshot(instances={1: instance(1, name="web\x1b", **changes)}, fresh_at=MOMENT)


@pytest.mark.parametrize(
    ("before", "after", "notice"),
    [
        ({"reachable": False}, {}, Notice("web\\x1b (1) answers", "connect 1")),
        ({}, {"state": State.FAILED}, Notice("web\\x1b (1) failed", "events 1", "error")),
        ({}, {"state": State.FAILED, "reason": "no\nroom"},
         Notice("web\\x1b (1) failed", "no\\x0aroom", "error")),
        ({}, {"state": State.UNKNOWN, "reachable": False},
         Notice("web\\x1b (1) is off", "start web\\x1b", "warning")),
    ],
)  # fmt: skip
def test_what_a_machine_did_is_told_once(
    before: dict[str, Any], after: dict[str, Any], notice: Notice
) -> None:
    old, new = picture(**before), picture(**after)
    assert between(old, new, ADVICE) == [notice]
    assert between(new, new, ADVICE) == []


def test_what_was_asked_for_is_not_told() -> None:
    assert between(picture(), picture(state=State.SHUTDOWN, reachable=False), ADVICE) == []


def test_the_first_picture_is_no_news() -> None:
    assert between(Snapshot(), picture(state=State.FAILED), ADVICE) == []


def test_an_appliance_that_is_ready_is_told() -> None:
    old = Snapshot(appliances={"a": appliance(state=ApplianceState.IMPORTING)}, fresh_at=MOMENT)
    new = Snapshot(appliances={"a": appliance()}, fresh_at=MOMENT)
    assert between(old, new, ADVICE) == [Notice("ttylinux is ready", "run ttylinux")]


def test_many_at_once_become_one() -> None:
    rows = {number: instance(number) for number in range(9)}
    old = Snapshot(instances=rows, fresh_at=MOMENT)
    gone = {number: instance(number, state=State.FAILED) for number in range(9)}
    assert between(old, Snapshot(instances=gone, fresh_at=MOMENT), ADVICE) == [
        Notice("9 machines changed", "events", "error")
    ]
