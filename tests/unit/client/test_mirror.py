"""The live copy follows a cloud, survives its absence, and never changes under the reader."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from slshell.client.cloud import Cloud, LocalLink
from slshell.client.mirror import KEPT, Mirror, Snapshot, applied
from slshell.model.cloud import Changes, Gone
from slshell.model.errors import TimedOut
from slshell.model.instance import State
from tests.unit.client.served import ServedCloud, appliance, event, instance

PATIENCE_S = 20.0
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def mirror(served: ServedCloud) -> Iterator[Mirror]:
    served.put(instance(1))
    made = Mirror(Cloud(LocalLink(served.home, start=False)))
    yield made
    made.close()


def test_the_first_picture_holds_all_that_lives(served: ServedCloud, mirror: Mirror) -> None:
    served.put(instance(2, state=State.DONE))
    picture = mirror.start().wait_for(lambda now: now.fresh_at is not None, PATIENCE_S)
    assert list(picture.instances) == [1]
    assert list(picture.appliances) == [appliance().id]
    assert picture.revision == served.revision
    assert picture.stale is None


def test_a_change_reaches_subscribers_as_old_and_new(served: ServedCloud, mirror: Mirror) -> None:
    told: list[tuple[Snapshot, Snapshot]] = []
    mirror.start().wait_for(lambda now: 1 in now.instances, PATIENCE_S)
    mirror.subscribe(lambda old, new: told.append((old, new)))
    served.change(1, state=State.SHUTDOWN)
    mirror.wait_for(lambda now: now.instances[1].state is State.SHUTDOWN, PATIENCE_S)
    served.change(1, state=State.UNKNOWN)
    mirror.wait_for(lambda now: now.instances[1].state is State.UNKNOWN, PATIENCE_S)
    old, new = told[0]
    assert (old.instances[1].state, new.instances[1].state) == (State.RUNNING, State.SHUTDOWN)


def test_who_has_unsubscribed_is_not_told(served: ServedCloud, mirror: Mirror) -> None:
    told: list[Snapshot] = []
    end = mirror.subscribe(lambda old, new: told.append(new))
    mirror.start().wait_for(lambda now: 1 in now.instances, PATIENCE_S)
    end()
    count = len(told)
    served.change(1, reachable=False)
    mirror.wait_for(lambda now: not now.instances[1].reachable, PATIENCE_S)
    assert len(told) == count


def test_a_machine_that_ended_leaves_the_picture(served: ServedCloud, mirror: Mirror) -> None:
    mirror.start().wait_for(lambda now: 1 in now.instances, PATIENCE_S)
    served.change(1, state=State.DONE)
    assert not mirror.wait_for(lambda now: 1 not in now.instances, PATIENCE_S).instances


def test_an_absent_cloud_makes_the_picture_stale_and_it_recovers_by_itself(
    served: ServedCloud, mirror: Mirror
) -> None:
    mirror.start().wait_for(lambda now: 1 in now.instances, PATIENCE_S)
    served.__exit__()
    stale = mirror.wait_for(lambda now: now.stale is not None, PATIENCE_S)
    assert list(stale.instances) == [1]
    served.change(1, name="renamed")
    with served:
        fresh = mirror.wait_for(lambda now: now.stale is None, PATIENCE_S)
    assert fresh.instances[1].name == "renamed"


def test_another_database_replaces_the_whole_picture(served: ServedCloud, mirror: Mirror) -> None:
    mirror.start().wait_for(lambda now: 1 in now.instances, PATIENCE_S)
    served.__exit__()
    served.revision = 0
    served.instances = {}
    served.put(instance(9))
    served.revision = 1
    with served:
        picture = mirror.wait_for(lambda now: 9 in now.instances, PATIENCE_S)
    assert list(picture.instances) == [9]


def test_waiting_ends_with_timed_out(served: ServedCloud, mirror: Mirror) -> None:
    with pytest.raises(TimedOut):
        mirror.start().wait_for(lambda now: 77 in now.instances, 0.05)


def test_closing_ends_the_thread_while_a_request_is_held(served: ServedCloud, mirror: Mirror) -> None:
    mirror.start().wait_for(lambda now: 1 in now.instances, PATIENCE_S)
    mirror.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "mirror" and thread.is_alive()]


def test_parts_that_did_not_change_stay_the_same_objects() -> None:
    old = applied(Snapshot(), Changes(revision=1, instances=[instance(1)], appliances=[appliance()]), NOW)
    new = applied(old, Changes(revision=2, instances=[instance(2)]), NOW)
    assert new.appliances is old.appliances
    assert sorted(new.instances) == [1, 2]
    assert sorted(old.instances) == [1]
    with pytest.raises(TypeError):
        new.instances[3] = instance(3)  # type: ignore[index]


def test_what_is_gone_leaves_the_picture() -> None:
    old = applied(Snapshot(), Changes(revision=1, instances=[instance(1)], appliances=[appliance()]), NOW)
    gone = [Gone(kind="instance", id="1"), Gone(kind="appliance", id=appliance().id)]
    new = applied(old, Changes(revision=2, gone=gone), NOW)
    assert (dict(new.instances), dict(new.appliances)) == ({}, {})


def test_events_are_kept_in_order_and_bounded() -> None:
    events = [event(number, "boot") for number in range(KEPT + 50, 0, -1)]
    picture = applied(Snapshot(), Changes(revision=1, events=events), NOW)
    assert [each.id for each in picture.events] == list(range(51, KEPT + 51))
