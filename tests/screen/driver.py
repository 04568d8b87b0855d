"""Drives the dashboard without a terminal: keys in, text frames out, waiting for messages instead of time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from textual.events import Key
from textual.message import Message
from textual.pilot import Pilot

from slshell.client.cloud import Cloud
from slshell.client.profiles import state_folder
from slshell.commands.environment import of_process
from slshell.dashboard.app import SlshellApp
from slshell.dashboard.session import TourFile
from slshell.dashboard.widgets.resource_table import ResourceTable

PATIENCE_S = 60.0
FRAME_S = 0.1
"""A frame may be drawn after the last message, without one of its own."""


class Driver:
    """One open dashboard."""

    def __init__(self, app: SlshellApp, pilot: Pilot[int], arrived: asyncio.Event) -> None:
        self.app = app
        self.pilot = pilot
        self._arrived = arrived

    @property
    def frame(self) -> str:
        """What is drawn now, line by line."""
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    @property
    def table(self) -> ResourceTable[Any]:
        """The table on screen."""
        return self.app.main.table

    @property
    def notices(self) -> str:
        """The titles and texts of all notices that are up."""
        return "\n".join(f"{each.title}: {each.message}" for each in self.app._notifications)

    @property
    def rows(self) -> str:
        """What is drawn where the table is."""
        area = self.table.region
        lines = self.app.screen._compositor.render_strips()[area.y : area.bottom]
        return "\n".join(strip.crop(area.x, area.right).text.rstrip() for strip in lines)

    def line_of(self, words: str) -> str:
        """The first drawn row with these words."""
        return next((line for line in self.rows.splitlines() if words in line), "")

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def type(self, words: str) -> None:
        """Type a text into what has the focus."""
        names = {" ": "space", ":": "colon", "/": "slash", "-": "minus", "!": "exclamation_mark"}
        await self.pilot.press(*(names.get(letter, letter) for letter in words))

    async def burst(self, *keys: str, steps: int) -> None:
        """Press keys without waiting for what they do; `steps` of the app's tasks run between two of them."""
        for key in keys:
            character = {"colon": ":", "slash": "/", "space": " "}.get(key, key if len(key) == 1 else None)
            self.app.post_message(Key(key, character))
            for _ in range(steps):
                await asyncio.sleep(0)

    async def until(self, holds: Callable[[], bool], what: str = "") -> None:
        """Wait until something holds, looking again whenever a message has been dealt with."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    self._arrived.clear()
                    await self.pilot.pause()
                    if holds():
                        return
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._arrived.wait(), FRAME_S)
        except TimeoutError as error:
            raise AssertionError(
                f"{what or 'it'} never came; notices: {self.notices}\n{self.frame}"
            ) from error

    async def shows(self, words: str) -> None:
        """Wait until these words are drawn."""
        await self.until(lambda: words in self.frame, f"“{words}”")

    async def hides(self, words: str) -> None:
        """Wait until these words are not drawn."""
        await self.until(lambda: words not in self.frame, f"the end of “{words}”")


@asynccontextmanager
async def dashboard(size: tuple[int, int] = (120, 36), *, tour: bool = False) -> AsyncIterator[Driver]:
    """The dashboard over the cloud of this test's folder; its user has had the tour unless told otherwise."""
    arrived = asyncio.Event()
    environment = of_process()
    seen = TourFile(state_folder(environment.environ))
    if seen.due and not tour:
        seen.end()
    environment.make_cloud = lambda profile, _start, notice: Cloud.of_profile(
        profile, start=False, notice=notice
    )
    app = SlshellApp(environment)
    loop = asyncio.get_running_loop()

    def arrive(_message: Message) -> None:
        loop.call_soon_threadsafe(arrived.set)

    async with app.run_test(size=size, message_hook=arrive) as pilot:
        try:
            yield Driver(app, pilot, arrived)
        finally:
            app.exit()
