"""The keys of the view of sessions on the main screen."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from slshell.dashboard.columns.sessions import SessionRow
from slshell.dashboard.screens.volumes import DoingWithVolumes
from slshell.sessions.session import Session


class DoingWithSessions(DoingWithVolumes):
    """Goes into sessions, closes them and forwarded ports, and opens the REPL in one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("X", "close_session", "Close session", id="do.close-session"),
        Binding("R", "reopen_session", "Open again", show=False, id="do.reopen-session"),
        Binding("P", "repl", "REPL", show=False, id="do.repl"),
    ]

    @property
    def chosen_session(self) -> Session | None:
        """The session under the cursor."""
        row = self.table.cursor_row
        if not isinstance(row, SessionRow) or row.forward:
            return None
        return self.dashboard.sessions.book.session(row.number)

    def action_close_session(self) -> None:
        """Close the session or the forwarded port under the cursor."""
        row = self.table.cursor_row
        if isinstance(row, SessionRow) and row.forward:
            self.dashboard.sessions.close_forward_asked(row.number)
        elif self.chosen_session is not None:
            self.dashboard.sessions.close_asked(self.chosen_session)

    def action_reopen_session(self) -> None:
        """Open an ended or lost one again."""
        if self.chosen_session is not None:
            self.chosen_session.again()
            self.dashboard.sessions.changed()

    def action_repl(self) -> None:
        """The REPL in a session."""
        self.dashboard.sessions.open_repl()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for sessions are for their view."""
        if action in ("close_session", "reopen_session"):
            return self.is_mounted and self.view.id == "sessions"
        return super().check_action(action, parameters)
