"""The form for `run`: beside its fields it says who endorsed what is about to be started."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textual.content import Content

from slshell.commands.completer import Candidate
from slshell.dashboard import vouching
from slshell.dashboard.forms import RUN
from slshell.dashboard.screens.form import FormScreen
from slshell.dashboard.views import Picture


class RunScreen(FormScreen):
    """Follows the appliance that is typed, and what the cloud tells of it."""

    def __init__(
        self,
        picture: Picture,
        ask: Callable[[str], None],
        offers: Callable[[str], Sequence[Candidate]],
        values: Mapping[str, str],
    ) -> None:
        """`picture` is the app's own; `ask` has the cloud asked about an image, which comes into it."""
        super().__init__(RUN, offers, values)
        self._picture = picture
        self._ask = ask

    def told(self) -> Content | None:
        """Who endorsed it, and whether that holds."""
        reference = self.values["appliance"].strip()
        if vouching.worth_asking(reference, self._picture):
            self._ask(reference)
        return vouching.told(reference, self._picture)
