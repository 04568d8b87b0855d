"""`Session`: one plan carried out, with the terminal that its output is drawn in; knows no screen library."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from threading import Event, Lock, Thread

import tenacity

from slshell.model.errors import CloudUnreachable, SlshellError, TimedOut
from slshell.sessions import notes
from slshell.sessions.inflow import Inflow
from slshell.sessions.wire import Ending, SessionPlan, Wire
from slshell.terminal.screen import Allowed, Screen

MOST_BYTES = 64 << 10
"""Bytes that one `drain` feeds at most, however fast the emulator is."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
PATIENCE_S = 15 * 60.0
"""After so long without the machine a session waits for its user."""


class State(StrEnum):
    """Where a session is in its life."""

    OPENING = "opening"
    BOOTING = "booting"
    """The machine's console is shown until the session opens."""
    OPEN = "open"
    LOST = "lost"
    """The connection broke, and is tried again after a pause."""
    RECONNECTING = "reconnecting"
    ENDED = "ended"


LIVE = frozenset({State.BOOTING, State.OPEN})
"""States in which somebody at the other side takes what is typed."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user decides for all sessions."""

    history: int = 5000
    """Rows that are kept above the screen."""
    clipboard: bool = False
    """Programs in the machine may set the clipboard."""
    reconnect: bool = True
    """Connections that broke are tried again without being asked for."""


@dataclass(frozen=True)
class _Turn:
    """The session goes into another state, after all bytes before it."""

    state: State
    note: str = ""
    ending: Ending | None = None


class Session:
    """A session in a machine, a console or the REPL.

    `drain` and the screen belong to the thread that draws; all else may be called from any.
    """

    def __init__(
        self,
        plan: SessionPlan,
        number: int,
        size: tuple[int, int],
        wake: Callable[[], None],
        options: Options | None = None,
    ) -> None:
        """`size` is (columns, rows); `wake` is called from other threads when `drain` has work."""
        self.plan = plan
        self.number = number
        self.name = plan.title
        self.options = options or Options()
        self.state = State.OPENING
        self.since = datetime.now(UTC)
        """When it came into its state."""
        self.ending: Ending | None = None
        self.retry_at: float | None = None
        """The moment of `time.monotonic` at which a lost connection is tried again."""
        self.unseen = self.rang = False
        """There was output, or a bell, since somebody looked."""
        self.shown = False
        """Somebody looks at it."""
        allowed = Allowed(clipboard=self.options.clipboard, resize=False)
        self.screen = Screen(*size, history=self.options.history, reply=self.write, allowed=allowed)
        self._inflow: Inflow[_Turn] = Inflow(wake)
        self._wire: Wire | None = None
        self._size = size
        self._lock = Lock()
        self._dropped: Ending | None = None
        self._was_open = False
        self._closed = Event()
        self._hurry = Event()

    @property
    def is_live(self) -> bool:
        """Somebody at the other side takes what is typed."""
        return self.state in LIVE

    @property
    def waiting(self) -> bool:
        """`drain` has work."""
        return self._inflow.waiting

    @property
    def waiting_bytes(self) -> int:
        """Bytes that have been read and not been fed yet."""
        return self._inflow.waiting_bytes

    def start(self) -> None:
        """Open it, in a thread of its own."""
        Thread(target=self._live, args=(False,), name=f"session-{self.number}", daemon=True).start()

    def again(self) -> None:
        """Open an ended session again, or a lost one now instead of after its pause."""
        if self.state is State.ENDED and not self._closed.is_set():
            self._enter(_Turn(State.RECONNECTING))
            Thread(target=self._live, args=(True,), name=f"session-{self.number}", daemon=True).start()
        else:
            self._hurry.set()

    def close(self) -> None:
        """End it for good."""
        self._closed.set()
        self._hurry.set()
        self._inflow.close()
        with self._lock:
            wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()

    def write(self, data: bytes) -> None:
        """Send what was typed; nothing when nobody takes it."""
        wire = self._wire
        if wire is not None and data:
            wire.write(data)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, and tell the other side."""
        if (columns, rows) == (self.screen.columns, self.screen.rows):
            return
        self.screen.resize(columns, rows)
        with self._lock:
            self._size = (columns, rows)
            wire = self._wire
        if wire is not None:
            wire.resize(columns, rows)

    def look(self, shown: bool) -> None:
        """Whether somebody looks at it from now on."""
        self.shown = shown
        if shown:
            self.unseen = self.rang = False

    def drain(self, budget_s: float) -> bool:
        """Feed the terminal for so many seconds at most; answers whether anything was done."""
        end = time.monotonic() + budget_s
        fed, busy = 0, False
        for item in self._inflow.take():
            busy = True
            if isinstance(item, _Turn):
                self._enter(item)
                continue
            bells = self.screen.bells
            self.screen.feed(item)
            self.rang = self.rang or (self.screen.bells > bells and not self.shown)
            self.unseen = not self.shown
            fed += len(item)
            if fed >= MOST_BYTES or time.monotonic() >= end:
                break
        return busy

    def _enter(self, turn: _Turn) -> None:
        self.state, self.since = turn.state, datetime.now(UTC)
        self.ending = turn.ending
        if turn.note:
            notes.write(self.screen, turn.note)
        if turn.state in (State.LOST, State.ENDED):
            self.unseen = not self.shown

    def _live(self, again: bool) -> None:
        """The life of a session until its end; `again` for one that has lived before."""
        try:
            wire = self._reopened(now=True) if again and self._was_open else self._opened()
            while wire is not None:
                self._was_open = True
                self._inflow.turn(_Turn(State.OPEN))
                self._pump(wire)
                ending = wire.ending()
                wire.close()
                if not (ending.lost and self.options.reconnect) or self._closed.is_set():
                    self._end(ending)
                    return
                self._dropped = ending
                self._inflow.turn(_Turn(State.LOST, ending.text, ending))
                wire = self._reopened()
        except SlshellError as error:
            words = f"{error.message}; {error.hint}" if error.hint else error.message
            self._end(Ending(text=words, lost=isinstance(error, CloudUnreachable | TimedOut)))

    def _end(self, ending: Ending) -> None:
        self._inflow.turn(_Turn(State.ENDED, ending.text, ending))

    def _opened(self) -> Wire | None:
        """The connection for the first time, with the console before it; None when closed meanwhile."""
        opened = Event()
        if self.plan.until_open is not None:
            name = f"console-{self.number}"
            show = (self.plan.until_open, opened)
            Thread(target=self._show_console, args=show, name=name, daemon=True).start()
        try:
            wire = self._open()
        finally:
            with self._lock:
                opened.set()
                console, self._wire = self._wire, None
            if console is not None:
                console.close()
        if console is not None:
            self._inflow.put(notes.RESET)
        return self._adopt(wire)

    def _open(self) -> Wire:
        return self.plan.open(*self._size)

    def _adopt(self, wire: Wire) -> Wire | None:
        """Let keys go to a connection; None when the session was closed before it was there."""
        with self._lock:
            size = self._size
            if not self._closed.is_set():
                self._wire = wire
        if self._closed.is_set():
            wire.close()
            return None
        wire.resize(*size)
        return wire

    def _show_console(self, until_open: Callable[[int, int], Wire], opened: Event) -> None:
        """Show what `until_open` gives, until the session is open."""
        try:
            console = until_open(*self._size)
        except SlshellError as error:
            # The session comes without it too.
            self._inflow.turn(_Turn(State.OPENING, error.message))
            return
        with self._lock:
            late = opened.is_set() or self._closed.is_set()
            if not late:
                self._wire = console
                self._inflow.turn(_Turn(State.BOOTING))
        if late:
            console.close()
            return
        while (data := console.read()) and not opened.is_set():
            self._inflow.put(data)

    def _pump(self, wire: Wire) -> None:
        while data := wire.read():
            self._inflow.put(data)
        with self._lock:
            if self._wire is wire:
                self._wire = None

    def _reopened(self, *, now: bool = False) -> Wire | None:
        """The connection anew, after growing pauses while nothing answers; None when closed meanwhile.

        Raises:
            SlshellError: the other side answers and refuses, or has been away for too long.
        """
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type((CloudUnreachable, TimedOut)),
            wait=tenacity.wait_exponential(FIRST_PAUSE_S, max=LONGEST_PAUSE_S),
            stop=tenacity.stop_after_delay(PATIENCE_S) | tenacity.stop_when_event_set(self._closed),
            sleep=self._pause,
            reraise=True,
        )
        if not now:
            self._pause(FIRST_PAUSE_S)
        with suppress(_Closed):
            return self._adopt(attempts(self._attempt))
        return None

    def _attempt(self) -> Wire:
        if self._closed.is_set():
            raise _Closed
        self._inflow.turn(_Turn(State.RECONNECTING))
        return self._open()

    def _pause(self, seconds: float) -> None:
        self.retry_at = time.monotonic() + seconds
        self._inflow.turn(_Turn(State.LOST, ending=self._dropped))
        self._hurry.wait(seconds)
        self._hurry.clear()
        self.retry_at = None


class _Closed(Exception):
    """The user has closed the session while it was opened."""
