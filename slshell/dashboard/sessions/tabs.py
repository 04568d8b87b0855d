"""The line of sessions' tabs, each with its name, its state and what one has missed in it."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from slshell.dashboard import text
from slshell.dashboard.pictures import ROLE_STYLE
from slshell.dashboard.sessions import labels
from slshell.dashboard.sessions.deck import Deck, Tab
from slshell.sessions.book import Book
from slshell.sessions.session import Session

LONGEST_NAME = 24
_HOME, _NARROW_HOME = " ‹ dashboard ", " ‹ "


class SessionTabs(Static):
    """A line that is drawn from the deck; a click on a tab opens it, on its beginning the dashboard."""

    class Asked(Message):
        """Someone wants a tab, or the dashboard (None)."""

        def __init__(self, index: int | None) -> None:
            super().__init__()
            self.index = index

    def __init__(self, deck: Deck, book: Book) -> None:
        super().__init__(id="session-tabs")
        self._deck = deck
        self._book = book
        self._ends: list[tuple[int, int | None]] = []

    def tell(self) -> None:
        """Draw it anew; tabs before the chosen one give way where there is no room for all."""
        home = _NARROW_HOME if self.screen.has_class("-narrow") else _HOME
        made = [self._words(index, tab) for index, tab in enumerate(self._deck.tabs)]
        widths = [sum(cell_len(part) for part, _ in words) for words in made]
        start = 0
        while start < self._deck.index and sum(widths[start : self._deck.index + 1]) > self.size.width - len(
            home
        ):
            start += 1
        parts = [(home, "$dim")]
        self._ends = [(len(home), None)]
        for index in range(start, len(made)):
            parts += made[index]
            self._ends.append((self._ends[-1][0] + widths[index], index))
        self.update(Content.assemble(*parts))

    def on_click(self, event: events.Click) -> None:
        """Ask for the tab under the mouse."""
        event.stop()
        for end, index in self._ends:
            if event.x < end:
                self.post_message(self.Asked(index))
                return

    def _words(self, index: int, tab: Tab) -> list[tuple[str, str]]:
        """One tab as parts with their styles."""
        sessions = [found for found in map(self._book.session, tab.panes) if found is not None]
        active = self._book.session(tab.active)
        if active is None:
            return []
        chosen = tab is self._deck.tab
        lit = "bold reverse" if self.app.native_ansi_color else "bold on $cursor"
        base = lit if chosen else "$dim"
        sign, role = labels.sign(active)
        name = text.shortened(active.name, LONGEST_NAME)
        more = f" +{len(sessions) - 1}" if len(sessions) > 1 else ""
        words = [
            (f" {index + 1} ", _on("$primary", base, chosen)),
            (sign, _on(ROLE_STYLE[role], base, chosen)),
            (f" {name}{more}", base),
        ]
        if missed := _missed(sessions):
            words.append((f" {missed}", _on(ROLE_STYLE["warn"], base, chosen)))
        if tab.broadcast:
            words.append((" ⇶", _on(ROLE_STYLE["bad"], base, chosen)))
        return [*words, (" ", base)]


def _on(colour: str, base: str, chosen: bool) -> str:
    """A style of its own colour, on the chosen tab's background where it is that tab's."""
    return f"{colour} {base}" if chosen else colour


def _missed(sessions: list[Session]) -> str:
    marks = {labels.mark(each) for each in sessions}
    return labels.BELL if labels.BELL in marks else labels.UNSEEN if labels.UNSEEN in marks else ""
