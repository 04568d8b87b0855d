"""A dashboard with sessions in machines that are a test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from slshell.dashboard.sessions.view import TerminalView
from slshell.sessions.session import Session, State
from tests.screen.driver import Driver, dashboard
from tests.support.wires import Machine


async def opened(screen: Driver, *machines: Machine) -> list[Session]:
    """Open a session in each machine, the last one in front."""
    hub = screen.app.sessions
    for machine in machines:
        before = len(hub.book.sessions)
        hub.open(machine.plan())
        await screen.until(lambda before=before: live(screen, before + 1), "the session")  # type: ignore[misc]
    return hub.book.sessions


def live(screen: Driver, count: int) -> bool:
    hub = screen.app.sessions
    return (
        len(hub.book.sessions) == count
        and all(each.state is State.OPEN for each in hub.book.sessions)
        and len(hub.screen.area.views) == count
        and screen.app.screen is hub.screen
    )


async def leader(screen: Driver, *keys: str) -> None:
    """The leader key and one more for each of these."""
    for key in keys:
        await screen.press("ctrl+backslash")
        await screen.press(key)


@asynccontextmanager
async def panes(*machines: Machine, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Driver]:
    """A dashboard with sessions in these machines."""
    async with dashboard(size) as screen:
        await screen.until(lambda: screen.app.picture.known)
        await opened(screen, *machines)
        yield screen


def pane(screen: Driver) -> TerminalView:
    """The pane that has the keys."""
    view = screen.app.sessions.screen.view
    assert view is not None
    return view
