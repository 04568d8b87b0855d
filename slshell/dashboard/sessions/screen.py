"""The sessions' screen: tabs on top, panes below, and a line that tells where keys go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from slshell.dashboard.pictures import ROLE_STYLE, Part, line
from slshell.dashboard.sessions import labels
from slshell.dashboard.sessions.area import PaneArea
from slshell.dashboard.sessions.arranging import Arranging
from slshell.dashboard.sessions.asking import AskLine
from slshell.dashboard.sessions.leader import CopyLine, KeyLine, LeaderLine
from slshell.dashboard.sessions.paste import PasteScreen
from slshell.dashboard.sessions.tabs import SessionTabs
from slshell.dashboard.sessions.view import TerminalView, Typing
from slshell.sessions.session import Session, State
from slshell.terminal import keys

if TYPE_CHECKING:
    from slshell.dashboard.sessions.hub import Hub


class SessionsScreen(Arranging):
    """Draws the hub's deck. It stays while one looks at other screens."""

    AUTO_FOCUS = None

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self.hub = hub

    def compose(self) -> ComposeResult:
        """Tabs, panes, status, and the lines that open over them."""
        yield SessionTabs(self.hub.deck, self.hub.book)
        yield PaneArea(self.hub.deck)
        yield Static(id="session-status")
        yield LeaderLine(self.give_back, self.pass_on, id="leader-line", classes="key-line")
        yield CopyLine(self.give_back, self.pass_on, id="copy-line", classes="key-line")
        yield AskLine("/", "look for, upwards", id="session-search")
        yield AskLine("=", "name of this session", id="session-name")

    async def on_mount(self) -> None:
        """Panes for the sessions that were opened before."""
        for each in (*self.query(KeyLine), *self.query(AskLine)):
            each.display = False
        await self.area.mount_all(TerminalView(each) for each in self.hub.book.sessions)
        self.rearrange()
        self.set_interval(1.0, self._tick)

    @property
    def area(self) -> PaneArea:
        """Where the panes are."""
        return self.query_one(PaneArea)

    @property
    def view(self) -> TerminalView | None:
        """The pane that has the keys."""
        return self.area.view(self.hub.deck.active)

    def size_of_new(self) -> tuple[int, int]:
        """Columns and rows of a pane that has the screen for itself."""
        width, height = self.app.size
        return max(width, 1), max(height - 2, 1)

    async def add(self, session: Session) -> None:
        """A pane for a session that the deck knows."""
        if self.is_mounted:
            await self.area.mount(TerminalView(session))
            self.rearrange()

    async def drop(self, number: int) -> None:
        """Take the pane of a session away."""
        view = self.area.view(number) if self.is_mounted else None
        if view is not None:
            await view.remove()
            self.rearrange()

    def rearrange(self) -> None:
        """Put panes where the deck has them, and give the keys to the active one."""
        self.area.arrange_panes()
        self.tell()
        self._look()
        if self.is_current and self.view is not None and not self._asks:
            self.set_focus(self.view)

    def show(self, sessions: list[Session]) -> None:
        """Draw what these sessions have sent."""
        for session in sessions:
            view = self.area.view(session.number)
            if view is not None and view.display:
                view.follow()

    def tell(self) -> None:
        """Draw tabs and status anew."""
        self.query_one(SessionTabs).tell()
        self.query_one("#session-status", Static).update(self._status())

    def _status(self) -> Content:
        view, width = self.view, max(self.size.width - 2, 1)
        if view is None:
            return Content("")
        leader = self.app.get_key_display(self.hub.bindings((view,))[0].binding)
        right: list[Part] = [(leader, "$primary"), (" keys", "$dim")]
        session, tab = view.session, self.hub.deck.tab
        sign, role = labels.sign(session)
        left: list[Part] = [(f"{sign} ", ROLE_STYLE[role]), (labels.name(session), "bold")]
        if tab is not None and tab.broadcast:
            left.append((f"  ⇶ typed to {len(tab.panes_of_broadcast)} panes", ROLE_STYLE["bad"]))
        if tab is not None and tab.zoomed:
            left.append(("  zoomed", ROLE_STYLE["accent"]))
        if session.state is not State.OPEN:
            left.append((f"  {labels.state(session)}", ROLE_STYLE[role]))
        if view.gaze.back:
            left.append((f"  {view.gaze.back} rows back", ROLE_STYLE["accent"]))
        if title := labels.about(session):
            left.append((f"  {title}", "$dim"))
        return line(left, right, width)

    @property
    def _asks(self) -> bool:
        """A line at the bottom has the keys."""
        return any(each.display for each in (*self.query(KeyLine), *self.query(AskLine)))

    def _look(self) -> None:
        tab = self.hub.deck.tab
        visible = set(tab.visible) if tab is not None and self.is_current else set()
        for session in self.hub.book.sessions:
            session.look(session.number in visible)
        self.hub.attend()
        self.hub.changed()

    def _tick(self) -> None:
        if not self.is_current:
            return
        for view in self.area.views:
            if view.display and view.session.state is State.LOST:
                view.show()
        self.tell()

    def on_screen_resume(self) -> None:
        """Seen again."""
        self.rearrange()

    def on_screen_suspend(self) -> None:
        """Something else is looked at."""
        self._look()

    def on_resize(self) -> None:
        """Tabs and panes have another room."""
        self.call_after_refresh(self.rearrange)

    def action_leader(self) -> None:
        """The next key is for the dashboard. At once: it may be on its way already."""
        leader = self.query_one(LeaderLine)
        if self.view is not None:
            leader.leaders = frozenset(each.binding.key for each in self.hub.bindings((self.view,)))
        leader.open()

    @on(KeyLine.Twice)
    def _leader_twice(self, event: KeyLine.Twice) -> None:
        if self.view is not None:
            self.hub.send(self.view.session, lambda to: keys.key(event.key, to.screen.modes))

    def give_back(self) -> None:
        """The keys go to the machine again, unless another line asks. At once, so that none is lost."""
        if self.view is not None and not self._asks:
            self.set_focus(self.view)

    def pass_on(self, event: events.Key) -> None:
        """A key that came to a line that had closed meanwhile goes where keys go now."""
        view = self.view
        leaders = {each.binding.key for each in self.hub.bindings((view,))} if view is not None else set()
        if event.key in leaders and self.app.focused is view:
            self.action_leader()
            return
        if _is_shut(self.focused):
            asks = (each.query_one(Input) for each in self.query(AskLine) if each.display)
            self.set_focus(next(asks, view))
        if _is_shut(self.focused):
            # Posted back to the line, the key would go round for ever.
            self.set_focus(None)
        (self.app.focused or self.app.screen).post_message(events.Key(event.key, event.character))

    def on_key(self, event: events.Key) -> None:
        """A key while nothing has the focus is the active pane's."""
        if self.focused is None and self.view is not None and not self._asks:
            event.stop()
            self.set_focus(self.view)
            self.view.post_message(events.Key(event.key, event.character))

    @on(TerminalView.Typed)
    def _typed(self, event: TerminalView.Typed) -> None:
        self.hub.send(event.view.session, event.typing)

    @on(TerminalView.Pasted)
    def _pasted(self, event: TerminalView.Pasted) -> None:
        self.paste(event.words)

    @on(TerminalView.Copied)
    def _copied(self, event: TerminalView.Copied) -> None:
        self.hand_over(event.words)

    @on(TerminalView.Asked)
    def _asked(self, event: TerminalView.Asked) -> None:
        if event.what == "close":
            self.hub.close(event.view.session)
        else:
            event.view.session.again()
            self.hub.changed()

    @on(SessionTabs.Asked)
    def _tab_asked(self, event: SessionTabs.Asked) -> None:
        if event.index is None:
            self.action_dashboard()
        else:
            self.action_go(event.index)

    def on_descendant_focus(self) -> None:
        """A pane that was clicked has the keys from now on."""
        view = self.focused
        if isinstance(view, TerminalView) and view.session.number != self.hub.deck.active:
            self.hub.deck.go(view.session.number)
            self.rearrange()

    def paste(self, words: str) -> None:
        """Paste a text where keys go; several lines only when the user says so."""
        view = self.view
        if view is None or not words or not view.session.is_live:
            return

        def typing(to: Session) -> bytes:
            return keys.paste(words, to.screen.modes)

        def answered(yes: bool | None) -> None:
            if yes:
                self._paste_now(view.session, typing)

        if "\n" in words or "\r" in words:
            self.app.push_screen(PasteScreen(words, view.session.name), answered)
        else:
            self._paste_now(view.session, typing)

    def _paste_now(self, session: Session, typing: Typing) -> None:
        self.hub.send(session, typing)


def _is_shut(focused: Widget | None) -> bool:
    """Whether keys go to a line that has closed."""
    return isinstance(focused, KeyLine) and not focused.display
