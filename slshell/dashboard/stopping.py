"""Ctrl-C: the key that stops a command of this dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slshell.dashboard.at_work import Running
from slshell.dashboard.screens.choose import ChooseScreen, Offer

if TYPE_CHECKING:
    from slshell.dashboard.app import SlshellApp


def stop(app: SlshellApp) -> None:
    """Stop the command that runs; of several, the one that is chosen."""
    running = [each for each in app.at_work.running if not each.stopped]
    if not running:
        slow = bool(app.at_work.running)
        words = (
            "It ends as soon as what it does on this computer is done." if slow else "q leaves the dashboard."
        )
        app.notify(words, title="Stopped already" if slow else "No command is running", markup=False)
        return

    def chosen(place: int | None) -> None:
        if place is not None:
            _stop(app, running[place])

    if len(running) == 1:
        chosen(0)
        return
    offers = [Offer(str(index), "", each.line) for index, each in enumerate(running[:9], 1)]
    app.push_screen(ChooseScreen("Stop which?", offers), chosen)


def _stop(app: SlshellApp, running: Running) -> None:
    app.at_work.stop(running)
    app.main.redraw_frame()
