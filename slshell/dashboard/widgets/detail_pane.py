"""The pane that tells all about the selected thing."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from slshell.dashboard.links import META


class DetailPane(VerticalScroll, can_focus=True):
    """Styled text that is replaced only when it differs, so that scrolling and selections stay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="detail.down"),
        Binding("k", "scroll_up", "Up", show=False, id="detail.up"),
    ]

    class LinkClicked(Message):
        """A link in the text was clicked."""

        def __init__(self, view: str, key: Hashable, filter: str) -> None:  # noqa: A002
            super().__init__()
            self.view = view
            self.key = key
            self.filter = filter

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._content = Content()
        self._subject: object = None

    def compose(self) -> ComposeResult:
        """One text, as long as it needs to be."""
        yield Static(id="detail-text")

    @property
    def text_width(self) -> int:
        """Cells in a line of the text."""
        return max(20, self.scrollable_content_region.width)

    @property
    def content_shown(self) -> Content:
        """What the pane tells now."""
        return self._content

    def on_click(self, event: events.Click) -> None:
        """Follow the link under the mouse."""
        if (place := event.style.meta.get(META)) is not None:
            event.stop()
            self.post_message(self.LinkClicked(*place))

    def tell(self, subject: object, content: Content) -> None:
        """Show `content`; another subject starts at the top."""
        if content.plain != self._content.plain or content.spans != self._content.spans:
            self._content = content
            shown = self.query_one("#detail-text", Static)
            # A text that has room where the other was needs no new layout, which draws the whole screen.
            room = self.scrollable_content_region.height
            height = max(content.get_height({}, max(1, shown.size.width)), room)
            shown.update(content, layout=height != shown.size.height)
        if subject != self._subject:
            self._subject = subject
            self.scroll_home(animate=False)
