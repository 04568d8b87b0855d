"""What the detail pane says of a session."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from slshell.dashboard import text
from slshell.dashboard.columns import base
from slshell.dashboard.columns.sessions import SessionRow
from slshell.dashboard.links import Link
from slshell.dashboard.pictures import Part, facts, links_section, styled


def of_session(row: SessionRow, links: Sequence[Link], width: int) -> Content:
    """State, kind, why it ended, and the keys that do something with it."""
    parts: list[Part] = [(text.clean(row.name), "bold"), "\n", styled(f"{row.sign} {row.state}", row.role)]
    parts += [styled(f"  {text.age(row.since, base.now())}", "dim"), "\n"]
    if row.about:
        parts += [text.clean(row.about), "\n"]
    keys = "X closes it." if row.forward else "Enter goes into it, R opens it again, X closes it."
    missed = "a bell and output" if row.mark == "♪" else "output" if row.mark else ""
    known = [("kind", row.kind), ("number", row.label), ("unseen", missed)]
    parts += ["\n", *facts([(name, words) for name, words in known if words], width)]
    parts += ["\n", styled(keys, "dim"), "\n", *links_section(links, width)]
    return Content.assemble(*parts)
