"""Ten thousand machines are normal. Limits are the aims times four, for slow and shared test machines."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from slshell.dashboard.columns.instances import INSTANCES
from slshell.dashboard.rows import Rows
from slshell.model.instance import State
from tests.screen.driver import dashboard
from tests.screen.served import ScreenCloud, recent

MANY = 10_000
SLACK = 4
PAINT_S, SORT_S, KEY_S = 0.7, 0.1, 0.03


def took(work: Callable[[], object]) -> float:
    """Seconds of this process that some work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


async def test_ten_thousand_machines_are_painted_sorted_and_walked_through_quickly(
    cloud: ScreenCloud,
) -> None:
    rows = [recent(number, cpu_percent=float(number * 7 % 100)) for number in range(1, MANY + 1)]
    async with dashboard((200, 60)) as screen:
        await screen.shows("No instances yet.")
        table = screen.table
        assert took(lambda: draw(screen, lambda: table.show(rows))) < PAINT_S * SLACK
        assert "vm-50" in screen.frame
        for column in ("name", "cpu", "address", "state"):
            assert (
                took(lambda column=column: draw(screen, lambda: table.order_by(column, True)))
                < SORT_S * SLACK
            )
        for key in (table.action_move, table.action_page):
            assert took(lambda key=key: draw(screen, lambda: key(1))) < KEY_S * SLACK
        assert took(lambda: draw(screen, lambda: table.action_edge(True))) < KEY_S * SLACK
        assert took(lambda: draw(screen, lambda: table.narrow("vm-99 cpu>10"))) < SORT_S * SLACK


def draw(screen: object, work: Callable[[], object]) -> None:
    """Do something to the table and draw every line of it, without waiting for the clock."""
    work()
    table = screen.table  # type: ignore[attr-defined]
    for line in range(table.size.height):
        table.render_line(line)


def test_one_in_a_hundred_changing_costs_little() -> None:
    rows = [recent(number) for number in range(1, MANY + 1)]
    table = Rows(INSTANCES)
    table.replace(rows)
    changed = [
        msgspec.structs.replace(row, state=State.UNKNOWN) if row.id % 100 == 0 else row for row in rows
    ]
    assert took(lambda: table.replace(changed)) < KEY_S * SLACK
    assert len(table) == MANY
