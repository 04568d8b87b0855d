"""How forwarded ports are listed."""

from __future__ import annotations

from slshell.output.listing import Column, Kind
from slshell.output.text import human_size
from slshell.sessions.forwards import ForwardState, Phase

_COLOURS = {Phase.OPEN: "green", Phase.WAITING: "yellow", Phase.ENDED: "red"}

FORWARD = Kind(
    columns=(
        Column(title="ID", text=lambda each: str(each.id), right=True, keep=9),
        Column(
            title="STATE",
            text=lambda each: each.phase,
            key="phase",
            style=lambda each: _COLOURS[each.phase],
        ),
        Column(
            title="LISTENS",
            text=lambda each: _where(each, each.remote, each.listen),
            key="listen",
            keep=9,
        ),
        Column(
            title="LEADS TO",
            text=lambda each: _where(each, not each.remote, each.target),
            key="target",
            keep=8,
        ),
        Column(title="NOW", text=lambda each: str(each.connections), right=True, key="connections", keep=4),
        Column(title="SERVED", text=lambda each: str(each.served), right=True, keep=3),
        Column(title="SENT", text=lambda each: human_size(each.sent), right=True, keep=2),
        Column(title="RECEIVED", text=lambda each: human_size(each.received), right=True, keep=2),
        Column(title="REMARK", text=lambda each: each.trouble, flexible=True, key="trouble", keep=6),
    ),
    name=lambda each: each.listen,
    quiet=lambda each: str(each.id),
    empty="this process forwards no ports; slshell forward ID 8080:80 opens one",
    model=ForwardState,
)


def _where(state: ForwardState, there: bool, place: str) -> str:
    return f"{state.title} {place}" if there else place
