"""Keys as they were pressed: Escape counts even when another key follows so soon that a terminal says Alt."""

from __future__ import annotations

from collections.abc import Iterable

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver, web_driver
from textual.events import Event, Key

from slshell.dashboard.sessions.view import TerminalView
from slshell.dashboard.turns import KeysInTurn

ALT = "alt+"


class KeyParser(XTermParser):
    """Textual's reader of terminals, which tells of Alt before every character.

    Its own forgets what stood before a sign that is no letter: `Escape : w q` came as `: w q`. And it takes
    Alt with a digit for the sign that one kind of keyboard types with it.
    """

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        if len(sequence) == 2 and isinstance(ANSI_SEQUENCES_KEYS.get(sequence), str):
            return
        for event in super()._sequence_to_key_events(sequence, alt):
            if alt and not event.key.startswith(ALT):
                yield Key(ALT + event.key, event.character)
            else:
                yield event


def read_every_key() -> None:
    """Have the drivers of terminals and browsers read keys by `KeyParser`; they have no setting for it."""
    for driver in (linux_driver, web_driver):
        vars(driver)["XTermParser"] = KeyParser


class Keyboard(KeysInTurn):
    """An app in which Escape and a key that follows at once are two keys, unless somebody waits for Alt."""

    async def on_event(self, event: Event) -> None:
        """Part them for all but terminals, whose bytes for both are the same."""
        if isinstance(event, Key) and not event.is_forwarded and self._is_hasty(event):
            await super().on_event(Key("escape", "\x1b"))
            await super().on_event(_without_alt(event))
        else:
            await super().on_event(event)

    def _is_hasty(self, event: Key) -> bool:
        return (
            event.key.startswith(ALT)
            and event.character is not None
            and not isinstance(self.focused, TerminalView)
            and event.key not in self.screen.active_bindings
        )


def _without_alt(event: Key) -> Key:
    letter = event.character if event.character is not None and event.character.isalnum() else None
    return Key(letter or event.key.removeprefix(ALT), event.character)
