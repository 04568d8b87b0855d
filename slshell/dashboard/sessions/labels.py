"""What is said of a session in a line, clean and short."""

from __future__ import annotations

import time

from slshell.dashboard import text
from slshell.sessions.session import Session, State
from slshell.sessions.wire import SessionKind

SIGNS = {
    State.OPENING: ("◌", "busy"),
    State.BOOTING: ("◍", "busy"),
    State.OPEN: ("●", "good"),
    State.LOST: ("!", "warn"),
    State.RECONNECTING: ("◌", "busy"),
    State.ENDED: ("○", "dim"),
}
BELL, UNSEEN = "♪", "✱"


def sign(session: Session) -> tuple[str, str]:
    """A glyph for the state, and the role of its colour."""
    if session.state is State.ENDED and session.ending is not None and session.ending.status:
        return "✗", "bad"
    return SIGNS[session.state]


def mark(session: Session) -> str:
    """What one has missed: a bell, or output."""
    return BELL if session.rang else UNSEEN if session.unseen else ""


def about(session: Session) -> str:
    """The window title that the program has set, where it adds something."""
    title = text.clean(session.screen.title)
    return "" if title == text.clean(session.name) else title


def state(session: Session) -> str:
    """The state in words."""
    ending = session.ending
    if session.state is State.BOOTING:
        return "boots: this is its console until SSH answers"
    if session.state is State.ENDED and ending is not None and ending.status is not None:
        return f"ended with {ending.status}"
    return str(session.state)


def banner(session: Session) -> str:
    """Why nobody takes what is typed, and what can be done; empty while somebody does."""
    reason = text.clean(session.ending.text) if session.ending is not None else ""
    what = "the REPL" if session.plan.kind is SessionKind.REPL else "the session"
    if session.state is State.OPENING:
        return f"opening {what}… · x cancels"
    if session.state is State.RECONNECTING:
        return "connecting again… · x closes"
    if session.state is State.LOST:
        at = session.retry_at
        pause = f"again in {max(1, round(at - time.monotonic()))} s" if at is not None else "again soon"
        return f"{reason or 'connection lost'} · {pause} · r now · x closes"
    if session.state is State.ENDED:
        return f"{reason or 'ended'} · r opens it again · x closes"
    return ""
