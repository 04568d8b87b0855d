"""Forwarded ports among the sessions: each as a row, and the question before one is closed."""

from __future__ import annotations

from slshell.commands.environment import Question
from slshell.dashboard import text
from slshell.dashboard.columns.sessions import SessionRow
from slshell.sessions.forwards import ForwardState, Phase

_SIGNS = {Phase.OPEN: ("⇄", "good"), Phase.WAITING: ("◌", "busy"), Phase.ENDED: ("✗", "bad")}


def way(state: ForwardState) -> str:
    """From the open port to where it leads, as `127.0.0.1:8080 → web-1 127.0.0.1:80`."""
    listen, target = state.listen, state.target
    if state.remote:
        return f"{state.title} {listen} → {target}"
    return f"{listen} → {state.title} {target}"


def row(state: ForwardState) -> SessionRow:
    """The row of one forward."""
    sign, role = _SIGNS[state.phase]
    now = "" if state.connections == 0 else f"{state.connections} open now, "
    traffic = (
        f"{now}{state.served} served, {text.size(state.sent)} sent, {text.size(state.received)} received"
    )
    return SessionRow(
        number=state.id, name=way(state), kind="forward", sign=sign, role=role, state=str(state.phase),
        since=state.since, instance_id=state.instance_id, mark="", about=state.trouble or traffic,
        over=state.phase is Phase.ENDED, forward=True, address=state.listen,
    )  # fmt: skip


def question(state: ForwardState) -> Question:
    """What is asked before a forward that serves connections is closed."""
    number = state.connections
    plural = "connection" if number == 1 else "connections"
    return Question(
        text=f"Close the forward {way(state)}?", losses=(f"{number} open {plural}",), action="close"
    )
