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
LONGEST_NAME = 40
"""Cells of a name in a title, a notice or a question; what stands behind it must be seen as well."""
LEAST_REASON = 12
"""With fewer cells for it, in a narrow pane, a reason says nothing and is left out."""


def name(session: Session) -> str:
    """What a session is called, short enough for words around it."""
    return short(session.name)


def short(words: str) -> str:
    """Words of a stranger, clean and with room for others behind them."""
    return text.shortened(words, LONGEST_NAME)


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
    title = session.screen.title
    return "" if title == session.name else short(title)


def state(session: Session) -> str:
    """The state in words."""
    ending = session.ending
    if session.state is State.BOOTING:
        return "boots: this is its console until SSH answers"
    if session.state is State.ENDED and ending is not None and ending.status is not None:
        return f"ended with {ending.status}"
    return str(session.state)


def banner(session: Session, width: int) -> str:
    """Why nobody takes what is typed, and what can be done; empty while somebody does.

    The reason gives way where it does not fit into `width` cells with what can be done.
    """
    reason = session.ending.text if session.ending is not None else ""
    what = "the REPL" if session.plan.kind is SessionKind.REPL else "the session"
    if session.state is State.OPENING:
        return f"opening {what}… · x cancels"
    if session.state is State.RECONNECTING:
        return "connecting again… · x closes"
    if session.state is State.LOST:
        at = session.retry_at
        pause = f"again in {max(1, round(at - time.monotonic()))} s" if at is not None else "again soon"
        return _with_reason(reason or "connection lost", f" · {pause} · r now · x closes", width)
    if session.state is State.ENDED:
        return _with_reason(reason or "ended", " · r opens it again · x closes", width)
    return ""


def _with_reason(reason: str, keys: str, width: int) -> str:
    room = width - len(keys)
    return text.shortened(reason, room) + keys if room >= LEAST_REASON else keys.removeprefix(" · ")
