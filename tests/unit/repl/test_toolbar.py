"""The bar below the line."""

from __future__ import annotations

from datetime import timedelta

from slshell.client.mirror import Snapshot
from slshell.model.instance import State
from slshell.repl import toolbar
from tests.screen.served import host
from tests.unit.client.served import MOMENT, instance

ROWS = {
    1: instance(1, state=State.UNKNOWN),
    2: instance(2),
    3: instance(3),
}


def test_the_bar_names_cloud_machines_load_and_age() -> None:
    snapshot = Snapshot(instances=ROWS, fresh_at=MOMENT)
    assert toolbar.bar("local", False, snapshot, [host()], MOMENT).split(toolbar.GAP) == [
        " local", "2 Running, 1 Unknown", "promised: CPU 50 %, memory 25 %", "live ",
    ]  # fmt: skip


def test_old_data_say_how_old_and_why() -> None:
    snapshot = Snapshot(fresh_at=MOMENT, stale="no cloud\x1b answers")
    shown = toolbar.bar("lab", True, snapshot, [], MOMENT + timedelta(seconds=75))
    assert shown.split(toolbar.GAP) == [
        " lab (read-only)",
        "no machines",
        "1 min old: no cloud\\x1b answers ",
    ]


def test_before_the_first_answer_nothing_is_made_up() -> None:
    assert toolbar.bar("local", False, Snapshot(), [], MOMENT) == f" local{toolbar.GAP}asking the cloud "
    away = Snapshot(stale="the cloud is down")
    assert toolbar.age(away, MOMENT) == "no answer yet: the cloud is down"


def test_a_host_without_processors_is_no_fault() -> None:
    assert toolbar.load([host(tcpu=0, acpu=0)]) == "promised: CPU ?, memory 25 %"
