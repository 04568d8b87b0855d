"""What the detail pane says of an event or a job."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from slshell.dashboard import text
from slshell.dashboard.columns import activity
from slshell.dashboard.columns.activity import Activity
from slshell.dashboard.details import event_lines
from slshell.dashboard.links import Link
from slshell.dashboard.pictures import ROLE_STYLE, Part, facts, links_section, section, styled
from slshell.model.event import Event

EVENTS = 8


def of_activity(row: Activity, events: Sequence[Event], links: Sequence[Link], width: int) -> Content:
    """One line of activity in full, with what else happened to the same thing."""
    parts: list[Part] = [
        styled(f"{row.sign} ", row.role),
        (text.clean(row.kind), "bold"),
        styled(f"  {row.source} {row.key[1:]}", "dim"),
        "\n",
        styled(text.clean(row.state), row.role),
        "\n\n",
        (f"{text.clean(row.text)}\n", ROLE_STYLE[row.role] if row.role in ("bad", "warn") else ""),
    ]
    if drawn := activity.bar(row):
        parts += [(drawn, "$busy"), "\n"]
    pairs: list[tuple[str, Part]] = [
        ("when" if row.source == "event" else "changed", f"{row.time.astimezone():%d %b %Y %H:%M:%S}"),
        ("asked for", "" if row.began is None else f"{row.began.astimezone():%d %b %Y %H:%M:%S}"),
        ("took" if row.ended else "works for", activity.took(row)),
        ("step", text.clean(row.step)),
        ("attempts", str(row.attempts) if row.attempts > 1 else ""),
        ("about", text.clean(f"{row.name} {row.about}".strip())),
    ]
    parts += ["\n", *facts(pairs, width), *links_section(links, width)]
    if events:
        parts += [section("What else happened to it"), *event_lines(events[-EVENTS:])]
    return Content.assemble(*parts)
