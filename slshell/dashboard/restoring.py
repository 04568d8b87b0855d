"""How the main screen was left, taken from it and put back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from slshell.dashboard.rows import Key
from slshell.dashboard.session import Session, TableSession
from slshell.dashboard.views import BY_ID, VIEWS
from slshell.dashboard.widgets.resource_table import ResourceTable
from slshell.dashboard.widgets.splitter import Splitter

if TYPE_CHECKING:
    from slshell.dashboard.screens.main import MainScreen


_RENUMBERED = frozenset({"sessions"})
"""Views whose keys mean other things the next time, so that marks on them are not kept."""


def taken(main: MainScreen, theme: str, theme_setting: str, cloud: str) -> Session:
    """How the main screen is now; `theme` is empty when the user has chosen none."""
    return Session(
        cloud=cloud,
        view=main.view.id,
        theme=theme,
        theme_setting=theme_setting,
        detail=not main.has_class("-no-detail"),
        split=main.query_one(Splitter).share,
        tables={view.id: _table(main.query_one(f"#{view.id}", ResourceTable)) for view in VIEWS},
    )


def restore(main: MainScreen, session: Session) -> None:
    """Put back what still exists; the rest is left as it is at first."""
    for view_id, left in session.tables.items():
        if view_id not in BY_ID:
            continue
        table = main.query_one(f"#{view_id}", ResourceTable)
        known = {column.id for column in table.renderer.columns}
        table.choose_columns(left.columns)
        if left.sort_by in known:
            table.order_by(left.sort_by, left.descending)
        if left.filter:
            table.narrow(left.filter)
        table.start_at = left.cursor
        table.start_marked = frozenset(left.marks)
    main.set_class(not session.detail, "-no-detail")
    main.query_one(Splitter).share = session.split
    if session.view in BY_ID:
        main.open_view(session.view)


def restore_marks(main: MainScreen, *, same: bool) -> None:
    """Mark again what was marked, now that it is known whether it is the `same` cloud as the last time."""
    for view in VIEWS:
        table = main.query_one(f"#{view.id}", ResourceTable)
        if same:
            table.begin_marked()
        else:
            table.start_marked = frozenset()


def _table(table: ResourceTable[Any]) -> TableSession:
    usual = tuple(column.id for column in table.renderer.usual_columns)
    key = table.cursor_key if table.start_at is None else table.start_at
    return TableSession(
        sort_by=table.rows.sort_by,
        descending=table.rows.descending,
        filter=table.rows.filter.line.strip(),
        columns=() if table.column_ids == usual else table.column_ids,
        cursor=key if isinstance(key, int | str) else None,
        marks=() if table.id in _RENUMBERED else _sorted(table.start_marked or table.rows.marks),
    )


def _sorted(keys: Iterable[Key]) -> tuple[int | str, ...]:
    """In one order always, so that the same marks make the same file."""
    return tuple(sorted((key for key in keys if isinstance(key, int | str)), key=str))
