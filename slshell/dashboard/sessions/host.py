"""The app's part in sessions: what threads tell it, and the question before sessions are left behind."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

from textual import on
from textual.events import AppBlur, AppFocus

from slshell.client.profiles import SessionsSettings
from slshell.commands.environment import Question
from slshell.dashboard import messages
from slshell.dashboard.asking import Asking
from slshell.dashboard.screens.confirm import ConfirmScreen
from slshell.dashboard.sessions.hub import SCREEN, Hub
from slshell.sessions.session import Options
from slshell.sessions.wire import SessionPlan

if TYPE_CHECKING:
    from slshell.dashboard.app import SlshellApp


SWITCH_S = 0.001
"""How long a thread may hold up the others, in seconds: a key and its echo pass through five of them while
the app's own is busy with a flood. With Python's usual five milliseconds each, both take over twice as long.
"""


class SessionHost(Asking):
    """An app with sessions."""

    sessions: Hub

    def begin_sessions(self, settings: SessionsSettings) -> None:
        """Make the hub and its screen."""
        sys.setswitchinterval(SWITCH_S)
        options = Options(
            history=settings.history, clipboard=settings.clipboard, reconnect=settings.reconnect
        )
        self.sessions = Hub(cast("SlshellApp", self), options)
        self.install_screen(self.sessions.screen, SCREEN)

    def open_session(self, plan: SessionPlan) -> int:
        """Have a plan opened in a pane, where it goes on; to be called from a thread of a command."""
        self.post_message(messages.SessionWanted(plan))
        return 0

    def leave(self, code: int) -> None:
        """End the app with an exit code, after a question when that ends sessions."""
        losses = self.sessions.losses()

        def answered(yes: bool | None) -> None:
            if yes:
                self.exit(code)

        if losses:
            text = "Leave the dashboard? Its sessions end, and what runs in them may end too."
            self.push_screen(ConfirmScreen(Question(text=text, losses=losses, action="leave")), answered)
        else:
            self.exit(code)

    def on_unmount(self) -> None:
        """Sessions end with the app."""
        self.sessions.end()

    @on(messages.SessionWanted)
    def _session_wanted(self, message: messages.SessionWanted) -> None:
        self.sessions.open(message.plan)

    @on(messages.SessionOutput)
    def _session_output(self) -> None:
        self.sessions.drain()

    @on(AppFocus)
    @on(AppBlur)
    def _sessions_focus_changed(self) -> None:
        self.sessions.attend()
