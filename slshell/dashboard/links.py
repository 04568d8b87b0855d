"""Links from one thing to another: a view with its cursor on a row, or narrowed by a filter."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from textual.style import Style

META = "link"
"""The name under which drawn text carries its link."""


@dataclass(frozen=True)
class Link:
    """Leads to a row, or to all rows that pass a filter."""

    relation: str
    """What it is to the row one comes from, for example “appliance”."""
    name: str
    """What it is called; untrusted text."""
    view: str
    key: Hashable = None
    filter: str = ""

    @property
    def style(self) -> Style:
        """Underlined text that knows where it leads."""
        return Style(underline=True) + Style.from_meta({META: (self.view, self.key, self.filter)})
