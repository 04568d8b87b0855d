"""The small dialog that offers a few things, each under a letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList

from slshell.dashboard import text
from slshell.dashboard.screens.dialog import Choices, Dialog, title
from slshell.dashboard.widgets.key_footer import KeyFooter

SHOWN = 48
"""Cells of an offer's words that are shown."""


@dataclass(frozen=True)
class Offer:
    """One thing to choose: its letter, its name, and what it is in words, untrusted."""

    letter: str
    name: str
    words: str


class ChooseScreen(Dialog[int]):
    """Answers the place of the chosen offer: by its letter, by Enter, or by a click; None for none."""

    AUTO_FOCUS = "#choices"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "cancel", show=False, id="choose.cancel")]

    def __init__(self, words: str, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._title = words
        self._offers = offers

    def compose(self) -> ComposeResult:
        """The offers under each other."""
        width = max((len(each.name) for each in self._offers), default=0)
        with Vertical(id="dialog"):
            yield title(self._title)
            yield Choices(*(self._line(each, width) for each in self._offers), id="choices", compact=True)
        yield KeyFooter()

    def on_key(self, event: events.Key) -> None:
        """A letter chooses at once."""
        letters = [each.letter for each in self._offers]
        if event.character in letters:
            event.stop()
            self.dismiss(letters.index(event.character))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_index)

    def _line(self, offer: Offer, width: int) -> Content:
        words = text.fit(text.clean(" ".join(offer.words.split())), max(8, SHOWN - width)).rstrip()
        return Content.assemble((f"{offer.letter}  ", "$primary"), f"{offer.name:{width}}  ", (words, "$dim"))
