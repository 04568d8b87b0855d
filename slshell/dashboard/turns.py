"""One key after the other: the next is looked at when the one before has done all that it does."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from textual.dom import DOMNode
from textual.events import Event, Key, Paste
from textual.screen import Screen

from slshell.dashboard.collecting import Collecting
from slshell.dashboard.sessions.arranging import Arranging


class KeysInTurn(Collecting):
    """An app in which keys that come at once do the same as keys that come slowly.

    Textual hands a key to what has the focus, and looks what it is bound to only when it has come up through
    all widgets. Keys right behind one that opens a line or a dialog would go where the focus was before,
    overtake each other, or reach a dialog that has no fields yet.
    """

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._typed: deque[Key | Paste] = deque()
        self._in_turn: DOMNode | None = None
        """Where keys went when the last one was looked at; None when it has done all."""
        self._held: Screen[Any] | None = None

    def hold_keys(self, screen: Screen[Any]) -> None:
        """Have keys wait while this screen finds out what the last one does."""
        self._held = screen

    def let_keys_go(self) -> None:
        """Have keys go on, behind all that is on its way now."""
        if self._held is not None:
            self._held = None
            self.call_later(self._follow, self.focused or self.screen, again=False)

    async def on_event(self, event: Event) -> None:
        """Let what is typed wait for its turn."""
        if not isinstance(event, Key | Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        self._typed.append(event)
        await self._next_turn()

    @property
    def _waits(self) -> bool:
        return self._held is not None and bool(self.screen_stack) and self.screen is self._held

    async def _next_turn(self) -> None:
        while self._typed and self._in_turn is None and not self._waits:
            event = self._typed.popleft()
            if not self.screen_stack:
                # The app is leaving, and keys may come after its last screen has gone.
                continue
            # The screen of sessions keeps the order by itself, with less delay.
            if not isinstance(self.screen, Arranging):
                self._in_turn = self.focused or self.screen
            await super().on_event(event)
            if self._in_turn is not None:
                # Keys that are no letters may have messages sent, as Enter in a field has.
                await self._follow(self._in_turn, again=isinstance(event, Key) and not event.is_printable)

    async def _follow(self, target: DOMNode, *, again: bool) -> None:
        """Go the way of a key through the queues, behind it."""
        self._in_turn = target
        # The app comes last in any case: a widget that was removed has no way up.
        await self._pass(tuple(dict.fromkeys((*target.ancestors_with_self, self))), again)

    async def _pass(self, way: Sequence[DOMNode], again: bool) -> None:
        for place, node in enumerate(way):
            # One that is being closed takes nothing any more.
            if node.call_later(self._pass, way[place + 1 :], again):
                return
        moved = bool(self.screen_stack) and (self.focused or self.screen) is not self._in_turn
        if way:
            # Not even the app takes anything: it is leaving.
            self._typed.clear()
        elif moved or (again and self.screen_stack):
            await self._follow(self.focused or self.screen, again=False)
            return
        self._in_turn = None
        await self._next_turn()
