"""Rows: ordered, filtered, marked and told apart from the picture before."""

from __future__ import annotations

import msgspec
import pytest

from slshell.dashboard.columns.instances import INSTANCES
from slshell.dashboard.rows import Rows
from slshell.dashboard.widgets.table_layout import GAP, GUTTER, column_at, place
from slshell.model.instance import Instance, State
from tests.unit.client.served import instance


def rows_of(*instances: Instance) -> Rows[Instance]:
    rows = Rows(INSTANCES)
    rows.replace(instances)
    return rows


def test_a_new_picture_tells_what_came_went_and_changed() -> None:
    first, second, third = instance(1), instance(2), instance(3)
    rows = rows_of(first, second)
    change = rows.replace([msgspec.structs.replace(first, name="other"), third])
    assert change.added == {3}
    assert change.gone == {2}
    assert change.before == {1: first}
    assert change.moved


def test_the_same_picture_changes_nothing() -> None:
    rows = rows_of(instance(1))
    assert not rows.replace([instance(1)])


def test_equal_rows_keep_the_order_they_had() -> None:
    rows = rows_of(instance(1, name="b"), instance(2, name="a"), instance(3, name="c"))
    rows.order_by("name", descending=True)
    rows.order_by("type", descending=False)
    assert list(rows.shown) == [3, 1, 2]


def test_a_changed_value_moves_its_row() -> None:
    first, second = instance(1, name="a"), instance(2, name="b")
    rows = rows_of(first, second)
    rows.order_by("name", descending=False)
    assert rows.replace([msgspec.structs.replace(first, name="c"), second]).moved
    assert list(rows.shown) == [2, 1]


def test_marks_go_with_their_rows_and_outlive_filters() -> None:
    first, second = instance(1, name="a"), instance(2, name="b")
    rows = rows_of(first, second)
    rows.mark([1, 2, 99], on=True)
    rows.narrow("name:a")
    assert rows.marks == {1, 2}
    rows.replace([first])
    assert rows.marks == {1}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", [1, 2, 3]),
        ("web", [1, 3]),
        ("!web", [2]),
        ("state:run", [1, 2]),
        ("!state:run", [3]),
        ("web state:failed", [3]),
        ("cpu>50", [2]),
        ("cpu<50 cpu>1", [1]),
        ("ram=128", [1, 2, 3]),
        ("ID:2", [2]),
        ("id:2", [2]),
        ("state:", [1, 2, 3]),
        ("127.86.3.2", [2]),
        ("[", []),
        ("/^web-[ab]$/", [1, 3]),
        ("!/^web-[ab]$/", [2]),
        ("~^d.$", [2]),
        ("name~^w", [1, 3]),
        ("!name~^W", [2]),
        ("/a$/ state:run", [1]),
        ("/web-", [1, 3]),
        ("owner:mine", [3]),
        ('"m1.small"', [1, 2, 3]),
        ('name:"web-b"', [3]),
        ("reachable:yes vcpu=1", [1, 2, 3]),
    ],
)
def test_a_filter_shows_the_rows_for_which_all_words_hold(line: str, found: list[int]) -> None:
    rows = rows_of(
        instance(1, name="web-a", cpu_percent=10.0),
        instance(2, name="db", cpu_percent=80.0),
        instance(3, name="WEB-b", cpu_percent=0.0, state=State.FAILED, owner="mine"),
    )
    rows.narrow(line)
    assert list(rows.shown) == found


def test_an_unknown_name_is_looked_for_as_text_and_told() -> None:
    rows = rows_of(instance(1))
    rows.narrow("colour:red")
    assert rows.filter.unknown == ("colour",)
    assert list(rows.shown) == []


def test_a_pattern_that_is_none_is_told_and_looked_for_as_text() -> None:
    rows = rows_of(instance(1, name="we[b"), instance(2, name="web"))
    rows.narrow("/we[/")
    assert rows.filter.wrong == ("we[",)
    assert list(rows.shown) == [1]
    rows.narrow("name~*")
    assert rows.filter.wrong == ("*",)


@pytest.mark.parametrize("width", [10, 30, 60, 80, 120, 200, 400])
def test_columns_never_overlap_nor_leave_the_table(width: int) -> None:
    placed = place(INSTANCES.columns, width)
    end = GUTTER - GAP
    for each in placed:
        assert each.x == end + GAP
        end = each.x + each.width
    assert end <= max(width, GUTTER)


def test_a_narrow_table_keeps_what_tells_machines_apart() -> None:
    ids = [each.column.id for each in place(INSTANCES.columns, 46)]
    assert ids == ["id", "name", "state"]
    assert [each.column.id for each in place(INSTANCES.usual_columns, 300)] == [
        each.id for each in INSTANCES.usual_columns
    ]


def test_a_click_finds_its_column() -> None:
    placed = place(INSTANCES.columns, 120)
    name = next(each for each in placed if each.column.id == "name")
    found = column_at(placed, name.x + 1)
    assert found is not None
    assert found.id == "name"
    assert column_at(placed, 0) is None


def test_newer_versions_of_some_rows_take_their_places_and_strangers_are_left_out() -> None:
    table = Rows(INSTANCES)
    table.replace([instance(number, cpu_percent=float(number)) for number in (1, 2, 3)])
    table.order_by("cpu", True)
    table.narrow("cpu>1")
    change = table.update([instance(1, cpu_percent=9.0), instance(3, cpu_percent=0.5), instance(7)])
    assert set(change.before) == {1, 3}
    assert change.moved
    assert list(table.shown) == [1, 2]
    assert not table.update([table.row(1)])
