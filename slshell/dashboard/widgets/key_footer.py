"""The footer: the keys that matter most where one is, each of them whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Footer, Input
from textual.widgets._footer import FooterKey

FIRST = (
    "hand_on('leave')",
    "help",
    "submit",
    "cancel",
    "close",
    "quit_dashboard",
    "run",
    "connect",
    "filter",
    "command",
)
"""Actions whose keys stay longest where there is no room for all; then come others in their order."""
SPACE = 1
"""Between two keys."""


class KeyFooter(Footer):
    """Textual's footer, in which a key that does not fit is left out instead of cut."""

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)

    def compose(self) -> ComposeResult:
        """Keys that fit."""
        made = list(super().compose())
        self._choose(made)
        yield from made

    def on_resize(self) -> None:
        """Others fit."""
        self._choose(list(self.children))

    def _choose(self, made: Sequence[Widget]) -> None:
        keys = [each for each in made if isinstance(each, FooterKey)]
        types = isinstance(self.screen.focused, Input)
        # What is a letter of what one types is no key there.
        meant = [each for each in keys if not (types and len(each.key_display) == 1)]
        fitting = set(_fitting(meant, self.size.width or self.app.size.width))
        for each in keys:
            each.display = each in fitting


def _fitting(keys: Sequence[FooterKey], width: int) -> Iterator[FooterKey]:
    """Those that fit, the most important ones first."""
    left = width
    for key in sorted(keys, key=_rank):
        needed = cell_len(f"{key.key_display} {key.description}") + SPACE
        # Behind the last key no space is needed.
        if needed - SPACE <= left:
            left -= needed
            yield key


def _rank(key: FooterKey) -> int:
    action = key.action.rpartition(".")[2]
    return FIRST.index(action) if action in FIRST else len(FIRST)
