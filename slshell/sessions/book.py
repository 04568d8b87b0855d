"""`Book`: all sessions of one face, and the time that each gets for its terminal."""

from __future__ import annotations

import time
from collections.abc import Callable

from slshell.sessions.session import Options, Session, State
from slshell.sessions.wire import SessionPlan

SLICE_S = 0.001
"""How long one terminal is fed before the others have their turn: about one piece of its output."""


class Book:
    """Opens, names, drains and closes sessions. Belongs to the thread that draws."""

    def __init__(self, wake: Callable[[], None], options: Options | None = None) -> None:
        """`wake` is called from other threads when `drain` has work."""
        self._wake = wake
        self.options = options or Options()
        self.sessions: list[Session] = []
        self._last = 0

    @property
    def waiting(self) -> bool:
        """`drain` has work."""
        return any(each.waiting for each in self.sessions)

    @property
    def going_on(self) -> list[Session]:
        """Sessions that have not ended."""
        return [each for each in self.sessions if each.state is not State.ENDED]

    @property
    def unseen(self) -> int:
        """How many sessions have output that nobody has seen."""
        return sum(each.unseen for each in self.sessions)

    @property
    def rang(self) -> bool:
        """A bell rang in a session that nobody looked at."""
        return any(each.rang for each in self.sessions)

    def open(self, plan: SessionPlan, size: tuple[int, int]) -> Session:
        """A new session of (columns, rows), which begins to open at once."""
        self._last += 1
        session = Session(plan, self._last, size, self._wake, self.options)
        session.name = self._free_name(plan.title)
        self.sessions.append(session)
        session.start()
        return session

    def session(self, number: int) -> Session | None:
        """The session of a number."""
        return next((each for each in self.sessions if each.number == number), None)

    def close(self, session: Session) -> None:
        """End a session and forget it."""
        if session in self.sessions:
            self.sessions.remove(session)
        session.close()

    def close_all(self) -> None:
        """End all sessions."""
        for session in list(self.sessions):
            self.close(session)

    def drain(self, budget_s: float) -> list[Session]:
        """Feed terminals in turns, for about so long in all; answers those that changed.

        Those on screen come first, and of them those with little to take: the echo of a key before a flood.
        Once such a one has taken all it is to be drawn, so the others wait for the next call.
        """
        end = time.monotonic() + budget_s
        changed: dict[int, Session] = {}
        while waiting := [each for each in self.sessions if each.waiting]:
            waiting.sort(key=lambda each: (not each.shown, each.waiting_bytes))
            fed = [each for each in waiting if each.drain(SLICE_S)]
            changed |= {each.number: each for each in fed}
            if time.monotonic() >= end or any(each.shown and not each.waiting for each in fed):
                break
        return list(changed.values())

    def _free_name(self, title: str) -> str:
        taken = {each.name for each in self.sessions}
        name, number = title, 1
        while name in taken:
            number += 1
            name = f"{title} ({number})"
        return name
