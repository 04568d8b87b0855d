"""`Deck`: which sessions are in which tab, which one has the keys, and who is typed to. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from slshell.dashboard.sessions import layout
from slshell.dashboard.sessions.layout import Box, Tree


@dataclass
class Tab:
    """Panes that are on screen together; sessions by their numbers."""

    tree: Tree
    active: int
    zoomed: bool = False
    broadcast: set[int] = field(default_factory=set)
    """Panes that get what is typed into any of them."""

    @property
    def panes(self) -> list[int]:
        """All of its panes."""
        return list(layout.panes(self.tree))

    @property
    def visible(self) -> list[int]:
        """The panes on screen."""
        return [self.active] if self.zoomed else self.panes

    @property
    def targets(self) -> list[int]:
        """Who gets what is typed: the active pane, with the others where it broadcasts."""
        return self.panes_of_broadcast if self.active in self.broadcast else [self.active]

    @property
    def panes_of_broadcast(self) -> list[int]:
        """The panes that broadcast, in order."""
        return [each for each in self.panes if each in self.broadcast]

    def place(self, room: Box) -> tuple[dict[int, Box], list[Box]]:
        """The boxes of the panes on screen and the lines between them."""
        return layout.place(self.active if self.zoomed else self.tree, room)


class Deck:
    """The tabs, and the one on screen."""

    def __init__(self) -> None:
        self.tabs: list[Tab] = []
        self.index = 0
        self._before: int | None = None

    @property
    def tab(self) -> Tab | None:
        """The tab on screen; None when there is no session."""
        return self.tabs[self.index] if self.tabs else None

    @property
    def active(self) -> int | None:
        """The pane that has the keys."""
        return self.tab.active if self.tab is not None else None

    def tab_of(self, pane: int) -> Tab | None:
        """The tab that a pane is in."""
        return next((tab for tab in self.tabs if pane in tab.panes), None)

    def add(self, pane: int) -> None:
        """A new tab behind the one on screen, and on screen from now on."""
        self._before = self.active
        place = self.index + 1 if self.tabs else 0
        self.tabs.insert(place, Tab(pane, pane))
        self.index = place

    def split(self, pane: int, *, sideways: bool) -> None:
        """A new pane beside or below the active one, and active from now on."""
        tab = self.tab
        if tab is None:
            self.add(pane)
            return
        self._before = tab.active
        tab.tree = layout.split(tab.tree, tab.active, pane, sideways=sideways)
        tab.active, tab.zoomed = pane, False

    def remove(self, pane: int) -> None:
        """Take a pane away; its neighbour, or the tab before, has the keys."""
        tab = self.tab_of(pane)
        if tab is None:
            return
        place = tab.panes.index(pane)
        tree = layout.without(tab.tree, pane)
        tab.broadcast.discard(pane)
        if tree is None:
            gone = self.tabs.index(tab)
            self.tabs.remove(tab)
            self.index = max(self.index - (gone <= self.index), 0)
            return
        tab.tree, tab.zoomed = tree, False
        if tab.active == pane:
            left = tab.panes
            tab.active = left[min(place, len(left) - 1)]
        if len(tab.panes_of_broadcast) == 1:
            tab.broadcast.clear()

    def join(self, pane: int, *, sideways: bool) -> None:
        """Bring a pane of another tab beside or below the active one."""
        if self.active is None or pane in (self.tab.panes if self.tab else ()):
            return
        here = self.active
        self.remove(pane)
        self.go(here)
        self.split(pane, sideways=sideways)

    def part(self) -> None:
        """Move the active pane into a tab of its own."""
        tab = self.tab
        if tab is not None and len(tab.panes) > 1:
            pane = tab.active
            self.remove(pane)
            self.add(pane)

    def go(self, pane: int) -> None:
        """Bring a pane on screen and give it the keys."""
        tab = self.tab_of(pane)
        if tab is None or pane == self.active:
            return
        self._before = self.active
        self.index = self.tabs.index(tab)
        tab.active = pane

    def go_back(self) -> None:
        """The pane that had the keys before."""
        if self._before is not None:
            self.go(self._before)

    def turn(self, by: int) -> None:
        """The next or previous tab, around the ends."""
        if self.tabs:
            self.go(self.tabs[(self.index + by) % len(self.tabs)].active)

    def step(self, by: int) -> None:
        """The next or previous pane of the tab, around the ends."""
        tab = self.tab
        if tab is not None:
            panes = tab.panes
            self.go(panes[(panes.index(tab.active) + by) % len(panes)])

    def move(self, across: int, down: int, room: Box) -> None:
        """The pane to the left, right, above or below."""
        tab = self.tab
        if tab is not None:
            boxes, _ = layout.place(tab.tree, room)
            found = layout.neighbour(boxes, tab.active, across, down)
            if found is not None:
                self.go(found)

    def widen(self, *, sideways: bool, by: float) -> None:
        """Move the line beside or below the active pane."""
        tab = self.tab
        if tab is not None:
            tab.tree = layout.widened(tab.tree, tab.active, sideways=sideways, by=by)

    def zoom(self) -> None:
        """Give the active pane all the room, or let the others have theirs again."""
        tab = self.tab
        if tab is not None and len(tab.panes) > 1:
            tab.zoomed = not tab.zoomed

    def broadcast(self) -> None:
        """Type into all panes of the tab at once, or no longer."""
        tab = self.tab
        if tab is not None and len(tab.panes) > 1:
            tab.broadcast = set() if tab.broadcast else set(tab.panes)

    def broadcast_pane(self) -> None:
        """Let the active pane take part in what is typed into others, or no longer."""
        tab = self.tab
        if tab is not None and len(tab.panes) > 1:
            tab.broadcast ^= {tab.active}
