"""Ten thousand machines are normal; how fast they are is measured in benchmarks/."""

from __future__ import annotations

import msgspec

from slshell.dashboard.columns.instances import INSTANCES
from slshell.dashboard.rows import Rows
from slshell.dashboard.widgets.resource_table import ResourceTable
from slshell.model.instance import Instance, State
from tests.screen.driver import dashboard
from tests.screen.served import ScreenCloud, recent

MANY = 10_000


async def test_ten_thousand_machines_are_shown_ordered_and_filtered(
    cloud: ScreenCloud,
) -> None:
    rows = [recent(number, cpu_percent=float(number * 7 % 100)) for number in range(1, MANY + 1)]
    async with dashboard((200, 60)) as screen:
        await screen.shows("No instances yet.")
        table = screen.table
        # No waiting from here on: the cloud of this test is empty, and its next picture would be shown.
        table.show(rows)
        assert any("vm-1 " in line for line in drawn(table))
        table.order_by("cpu", True)
        assert [row.cpu_percent for row in map(table.rows.at, range(100))] == [99.0] * 100
        table.action_edge(True)
        assert table.cursor_row is not None
        assert table.cursor_row.cpu_percent == 0.0
        table.order_by("id", False)
        table.narrow("vm-9999")
        assert [row.id for row in map(table.rows.at, range(len(table.rows)))] == [9999]


def drawn(table: ResourceTable[Instance]) -> list[str]:
    """The lines of a table as they would be on screen now."""
    return ["".join(part.text for part in table.render_line(y)) for y in range(table.size.height)]


def test_only_what_differs_between_two_pictures_counts_as_changed() -> None:
    rows = [recent(number) for number in range(1, MANY + 1)]
    table = Rows(INSTANCES)
    table.replace(rows)
    changed = [
        msgspec.structs.replace(row, state=State.UNKNOWN) if row.id % 100 == 0 else row for row in rows
    ]
    change = table.replace(changed)
    assert set(change.before) == set(range(100, MANY + 1, 100))
    assert not change.added
    assert not change.gone
    assert len(table) == MANY
