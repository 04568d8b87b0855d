"""`Hub`: the dashboard's sessions, from the plan that a command wants opened to the pane that shows it."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.binding import ActiveBinding

from slshell.commands.environment import Question
from slshell.dashboard import messages, text
from slshell.dashboard.columns.sessions import SessionRow
from slshell.dashboard.screens.choose import ChooseScreen, Offer
from slshell.dashboard.screens.confirm import ConfirmScreen
from slshell.dashboard.sessions import forward_rows, labels
from slshell.dashboard.sessions.deck import Deck
from slshell.dashboard.sessions.screen import SessionsScreen
from slshell.dashboard.sessions.view import Typing
from slshell.model.instance import State as InstanceState
from slshell.sessions.book import Book
from slshell.sessions.forwards import Phase
from slshell.sessions.session import Options, Session, State
from slshell.sessions.wire import SessionPlan
from slshell.terminal import keys

if TYPE_CHECKING:
    from textual.widget import Widget

    from slshell.dashboard.app import SlshellApp

SCREEN = "sessions"
TURN_S = 0.008
"""How long terminals are fed before keys are looked at again."""
REST_S = 0.004
"""The pause after that, in which keys are read and panes drawn, while more waits."""
_LETTERS = "1234567890abcdefghijklmnoprstuvwxyz"


class Hub:
    """Opens, shows, feeds and closes sessions. All calls are from the app's own thread."""

    def __init__(self, app: SlshellApp, options: Options) -> None:
        self._app = app
        self.book = Book(self._wake, options)
        self.deck = Deck()
        self.screen = SessionsScreen(self)
        self._attended: Session | None = None
        self._clipboards: dict[int, bytes] = {}
        self._draining = False

    # Opening and closing.

    def open(self, plan: SessionPlan, *, sideways: bool | None = None) -> None:
        """Open a plan in a new tab; or beside (True) or below (False) the active pane."""
        session = self.book.open(plan, self.screen.size_of_new())
        if sideways is None:
            self.deck.add(session.number)
        else:
            self.deck.split(session.number, sideways=sideways)
        self._app.call_later(self._opened, session)

    async def _opened(self, session: Session) -> None:
        await self.screen.add(session)
        self.changed()
        if self._app.screen in (self._app.main, self.screen):
            self.enter(session.number)
        else:
            self._app.notify(f"{labels.name(session)} is open; 6 shows it.", markup=False)

    def enter(self, number: int | None = None) -> None:
        """Show the sessions' screen, with one of them in front."""
        if number is not None:
            self.deck.go(number)
        if self._app.screen is self._app.main and self.deck.tabs:
            self._app.push_screen(SCREEN)
        elif self._app.screen is self.screen:
            self.screen.rearrange()

    def leave(self) -> None:
        """Back to the tables."""
        if self._app.screen is self.screen:
            self._app.pop_screen()

    def close_asked(self, session: Session) -> None:
        """Close a session, after a question when somebody is at its other end."""
        if not session.is_live:
            self.close(session)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.close(session)

        name = labels.name(session)
        question = Question(
            text=f"Close {name}?", losses=(f"the session in {name}, and what runs in it",), action="close"
        )
        self._app.push_screen(ConfirmScreen(question), answered)

    def close_forward_asked(self, number: int) -> None:
        """Close a forwarded port, after a question when it serves somebody."""
        forwards = self._app.environment.forwards
        state = next((each for each in forwards.all() if each.id == number), None)

        def answered(yes: bool | None) -> None:
            if yes:
                forwards.close_all([number])
                self.changed()

        if state is not None and state.connections:
            self._app.push_screen(ConfirmScreen(forward_rows.question(state)), answered)
        else:
            answered(True)

    def close(self, session: Session) -> None:
        """End a session and take its pane away; without any the tables are shown."""
        self.book.close(session)
        self.deck.remove(session.number)
        self._clipboards.pop(session.number, None)
        if self._attended is session:
            self._attended = None
        self._app.call_later(self._closed, session.number)

    async def _closed(self, number: int) -> None:
        await self.screen.drop(number)
        self.changed()
        if not self.deck.tabs:
            self.leave()

    def end(self) -> None:
        """The dashboard is left: end all of them."""
        self.book.close_all()

    def losses(self) -> tuple[str, ...]:
        """What is lost when the dashboard is left now."""
        lost = [f"{labels.name(each)} ({labels.state(each)})" for each in self.book.going_on]
        held = [each for each in self._app.environment.forwards.all() if each.phase is not Phase.ENDED]
        return (*lost, *(f"the forward {forward_rows.way(each)}" for each in held))

    def offer_new(self) -> None:
        """Let the user choose a machine, or the REPL, for a new tab."""
        rows = self._app.picture.snapshot.instances.values()
        running = [row for row in rows if row.state is InstanceState.RUNNING]
        offers = [
            Offer(letter, labels.short(row.name), f"{row.id} {text.clean(row.appliance)}")
            for letter, row in zip(_LETTERS, running, strict=False)
        ]

        def chosen(place: int | None) -> None:
            if place is not None:
                self._app.run_command(f"connect {running[place].id}")

        if offers:
            self._app.push_screen(ChooseScreen("New session in", offers), chosen)
        else:
            self._app.notify("No machine is running.", markup=False)

    def open_repl(self) -> None:
        """The REPL in a tab of its own."""
        plan = self._app.environment.repl_plan
        if plan is None:
            self._app.notify("There is no REPL here.", severity="warning", markup=False)
        else:
            self.open(plan(self._app.environment))

    # Typing.

    def send(self, session: Session, typing: Typing) -> None:
        """Send input to a session, and to those that are typed to with it."""
        tab = self.deck.tab_of(session.number)
        numbers = tab.targets if tab is not None and tab.active == session.number else [session.number]
        for number in numbers:
            target = self.book.session(number)
            if target is not None and target.is_live:
                target.write(typing(target))

    def attend(self) -> None:
        """Tell programs that ask which terminal has the focus."""
        active = self.book.session(self.deck.active) if self.deck.active is not None else None
        seen = active if self._app.app_focus and self._app.screen is self.screen else None
        if seen is self._attended:
            return
        for session, gained in ((self._attended, False), (seen, True)):
            if session is not None and session.is_live:
                session.write(keys.focus(gained, session.screen.modes))
        self._attended = seen

    # Output.

    def _wake(self) -> None:
        self._app.post_message(messages.SessionOutput())

    def drain(self) -> None:
        """Feed terminals for a moment, draw what they show, and come back while more waits."""
        if self._draining:
            return
        busy = self.book.drain(TURN_S)
        if self.screen.is_mounted:
            self.screen.show(busy)
        self._take_clipboards(busy)
        self.changed()
        if self.book.waiting:
            self._draining = True
            # Textual drops a short timer when the computer is held up just as it begins.
            get_running_loop().call_later(REST_S, self._go_on)

    def _go_on(self) -> None:
        self._draining = False
        self._wake()

    def _take_clipboards(self, sessions: Iterable[Session]) -> None:
        """What programs have copied by OSC 52, where that is allowed."""
        for session in sessions:
            data = session.screen.clipboard
            if data is not None and data != self._clipboards.get(session.number):
                self._clipboards[session.number] = data
                self._app.copy_to_clipboard(data.decode("utf-8", "replace"))

    def changed(self) -> None:
        """Tell tabs and tables what differs from what they show."""
        rows = [self._row(each) for each in self.book.sessions]
        rows += [forward_rows.row(each) for each in self._app.environment.forwards.all()]
        picture = self._app.picture
        if tuple(rows) != picture.sessions:
            picture.sessions = tuple(rows)
            self._app.main.redraw()
            if self.screen.is_mounted:
                self.screen.tell()

    def _row(self, session: Session) -> SessionRow:
        sign, role = labels.sign(session)
        ending = session.ending.text if session.ending is not None else ""
        return SessionRow(
            number=session.number, name=session.name, kind=str(session.plan.kind), sign=sign, role=role,
            state=labels.state(session), since=session.since, instance_id=session.plan.instance_id,
            mark=labels.mark(session), about=ending or session.screen.title,
            over=session.state is State.ENDED,
        )  # fmt: skip

    def bindings(self, widgets: Iterable[Widget]) -> list[ActiveBinding]:
        """The keys of widgets as the configuration has them, also while they have not the focus."""
        made = []
        for widget in widgets:
            bindings = widget._bindings.copy()
            bindings.apply_keymap(self._app._keymap)
            made += [ActiveBinding(widget, binding, True, "") for _, binding in bindings]
        return made
