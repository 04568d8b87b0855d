"""The strip above the tables: the cloud, its machines, its load, and whether all this is fresh."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from slshell.client.profiles import Profile
from slshell.dashboard import text
from slshell.dashboard.pictures import Overview, overview


class OverviewStrip(Widget):
    """Two lines that are drawn again only when what they tell is something else."""

    data: reactive[Overview] = reactive(Overview(profile="", where=""))

    def render(self) -> RenderResult:
        """Draw for the width there is."""
        return overview(self.data, self.content_size.width)


class ProfileBanner(Static):
    """The line that the user gave a profile, so that nobody mistakes it; hidden without one."""

    def __init__(self, profile: Profile, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(Content(text.clean(profile.banner)), id=id)
        self.display = bool(profile.banner.strip())


class StaleBanner(Static):
    """Says that the cloud does not answer; hidden while it does."""

    _said = ""

    def on_mount(self) -> None:
        """Hidden until something is wrong."""
        self.display = False

    def say(self, reason: str | None, since: str) -> None:
        """Show why there is no answer and how old the picture is; None hides the banner."""
        self.display = reason is not None
        if reason is not None:
            picture = f" The picture is from {since} ago." if since else ""
            words = f"{text.clean(reason)}.{picture} Asking again…"
            if words != self._said:
                self._said = words
                self.update(Content.assemble(("✗ No answer: ", "bold"), words))
