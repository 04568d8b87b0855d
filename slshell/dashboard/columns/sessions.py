"""The columns of sessions and forwarded ports: what is open into which machine, what one has missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from slshell.dashboard import text
from slshell.dashboard.columns import base
from slshell.dashboard.columns.base import Column, Renderer


@dataclass(frozen=True)
class SessionRow:
    """One session as it is now."""

    number: int
    name: str
    kind: str
    sign: str
    role: str
    state: str
    since: datetime
    instance_id: int | None
    mark: str
    """A bell, or output that nobody has seen."""
    about: str
    """Why it ended, else the title that its program has set."""
    over: bool = False
    forward: bool = False
    """It is a forwarded port, which has no pane; forwards have numbers of their own."""
    address: str = ""
    """Where a forward listens, for the clipboard."""

    @property
    def label(self) -> str:
        """What it is called beside all others in the list."""
        return f"f{self.number}" if self.forward else str(self.number)


def _age(row: SessionRow) -> str:
    return text.age(row.since, base.now())


SESSIONS: Renderer[SessionRow] = Renderer(
    id="sessions",
    title="Sessions",
    key=lambda row: row.label,
    one="session",
    many="sessions",
    empty="No session is open.\n\nc on a machine opens one, P the REPL; :forward ID 8080:80 opens a port.",
    sort_by="number",
    columns=(
        Column("number", "NO", 3, lambda row: row.label, lambda row: (row.forward, row.number), right=True,
               keep=6),
        Column("mark", "", 1, lambda row: row.mark, style=lambda _: "warn", keep=9, flash=False),
        Column("name", "NAME", 14, lambda row: row.name, flex=3, keep=9),
        Column("state", "STATE", 14, lambda row: f"{row.sign} {row.state}", flex=1, keep=9,
               style=lambda row: row.role),
        Column("kind", "KIND", 8, lambda row: row.kind, keep=6),
        Column("id", "ID", 6, lambda row: "" if row.instance_id is None else str(row.instance_id),
               lambda row: row.instance_id or 0, right=True, keep=7),
        Column("since", "SINCE", 6, _age, lambda row: row.since, right=True, keep=5, ticks=True, flash=False),
        Column("about", "ABOUT", 20, lambda row: row.about, flex=3, keep=4, flash=False,
               style=lambda _: "dim"),
    ),
)  # fmt: skip
