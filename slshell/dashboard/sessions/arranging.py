"""What the keys behind the leader key do with tabs and panes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on

from slshell.dashboard.screens.choose import ChooseScreen, Offer
from slshell.dashboard.screens.help import HelpScreen
from slshell.dashboard.sessions import labels
from slshell.dashboard.sessions.asking import AskLine
from slshell.dashboard.sessions.copying import Copying
from slshell.dashboard.sessions.layout import LEAST_COLUMNS, LEAST_ROWS, STEP
from slshell.dashboard.sessions.leader import CopyLine, LeaderLine
from slshell.sessions.session import State

if TYPE_CHECKING:
    from slshell.dashboard.sessions.area import PaneArea
    from slshell.dashboard.sessions.hub import Hub

_LETTERS = "1234567890abcdefghijklmnoprstuvwxyz"


class Arranging(Copying):
    """Tabs, splits and single panes."""

    hub: Hub

    @property
    def area(self) -> PaneArea:
        """Where the panes are."""
        raise NotImplementedError

    def rearrange(self) -> None:
        """Put panes where the deck has them."""
        raise NotImplementedError

    def paste(self, words: str) -> None:
        """Paste a text where keys go."""
        raise NotImplementedError

    def action_nothing(self) -> None:
        """Only the line is closed."""

    def action_dashboard(self) -> None:
        """Back to the tables; sessions go on."""
        self.hub.leave()

    def action_keys(self) -> None:
        """Tell all keys of this screen."""
        lines = (self.query_one(LeaderLine), self.query_one(CopyLine))
        groups = {
            "session": "After the leader key",
            "copy": "In copy mode",
        }
        self.app.push_screen(HelpScreen(self.hub.bindings(lines), "Sessions", groups))

    def action_new(self) -> None:
        """Choose what to open in a new tab."""
        self.hub.offer_new()

    def action_repl(self) -> None:
        """The REPL in a tab of its own."""
        self.hub.open_repl()

    def action_split(self, sideways: bool) -> None:
        """Another session in the same machine, beside or below the active pane."""
        view = self.view
        if view is None:
            return
        least = 2 * LEAST_COLUMNS + 1 if sideways else 2 * LEAST_ROWS
        if (view.size.width if sideways else view.size.height) < least:
            self.notify("There is no room for another pane here.", severity="warning", markup=False)
            return
        plan = view.session.plan
        if view.session.state is State.OPEN:
            plan = replace(plan, until_open=None)
        self.hub.open(plan, sideways=sideways)

    def action_join(self) -> None:
        """Bring a session of another tab beside the active pane."""
        tab = self.hub.deck.tab
        others = [each for each in self.hub.book.sessions if tab is not None and each.number not in tab.panes]
        if not others:
            self.notify("All sessions are in this tab.", markup=False)
            return

        def chosen(place: int | None) -> None:
            if place is not None:
                self.hub.deck.join(others[place].number, sideways=True)
                self.rearrange()

        offers = [
            Offer(letter, labels.name(each), labels.state(each))
            for letter, each in zip(_LETTERS, others, strict=False)
        ]
        self.app.push_screen(ChooseScreen("Bring here", offers), chosen)

    def action_part(self) -> None:
        """The active pane gets a tab of its own."""
        self.hub.deck.part()
        self.rearrange()

    def action_move(self, across: int, down: int) -> None:
        """The pane in that direction gets the keys."""
        self.hub.deck.move(across, down, self.area.room)
        self.rearrange()

    def action_step(self, by: int) -> None:
        """The next pane gets the keys."""
        self.hub.deck.step(by)
        self.rearrange()

    def action_turn(self, by: int) -> None:
        """The next or previous tab."""
        self.hub.deck.turn(by)
        self.rearrange()

    def action_go(self, index: int) -> None:
        """A tab by its place."""
        tabs = self.hub.deck.tabs
        if index < len(tabs):
            self.hub.deck.go(tabs[index].active)
            self.rearrange()

    def action_go_back(self) -> None:
        """The pane that had the keys before."""
        self.hub.deck.go_back()
        self.rearrange()

    def action_widen(self, sideways: bool, by: int) -> None:
        """Move the line between panes."""
        self.hub.deck.widen(sideways=sideways, by=by * STEP)
        self.rearrange()

    def action_zoom(self) -> None:
        """All the room for the active pane, or for all of them again."""
        self.hub.deck.zoom()
        self.rearrange()

    def action_broadcast(self) -> None:
        """What is typed goes to all panes of the tab, or no longer."""
        tab = self.hub.deck.tab
        if tab is not None and len(tab.panes) < 2:
            self.notify("There is one pane only; split it first.", markup=False)
        self.hub.deck.broadcast()
        self.rearrange()

    def action_broadcast_pane(self) -> None:
        """The active pane takes part in that, or no longer."""
        self.hub.deck.broadcast_pane()
        self.rearrange()

    def action_close(self) -> None:
        """End the session of the active pane; one that is live is asked for."""
        if self.view is not None:
            self.hub.close_asked(self.view.session)

    def action_again(self) -> None:
        """Open the session of the active pane again."""
        if self.view is not None:
            self.view.session.again()

    def action_paste(self) -> None:
        """Paste what was copied last."""
        self.paste(self.app.clipboard)

    def action_rename(self) -> None:
        """Type another name for the session."""
        if self.view is not None:
            self.query_one("#session-name", AskLine).open(self.view.session.name)

    @on(AskLine.Given, "#session-name")
    def _named(self, event: AskLine.Given) -> None:
        view = self.view
        if view is not None:
            view.session.name = event.words.strip() or view.session.plan.title
            view.focus()
            self.hub.changed()
            self.rearrange()
