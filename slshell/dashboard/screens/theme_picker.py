"""The dialog that puts themes on as one walks over them, and follows changes of the user's own files."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from slshell.dashboard.looks import Looks
from slshell.dashboard.screens.dialog import Choices, Dialog, title
from slshell.dashboard.widgets.key_footer import KeyFooter

LOOK_S = 1.0
"""How often the user's folder is looked at while the dialog is open."""


class ThemePicker(Dialog[None]):
    """Enter keeps the theme under the cursor, Esc puts the old one on again."""

    AUTO_FOCUS = "#choices"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "walk(1)", "Down", show=False, id="themes.down"),
        Binding("k", "walk(-1)", "Up", show=False, id="themes.up"),
    ]

    def __init__(self, looks: Looks) -> None:
        super().__init__()
        self._looks = looks
        self._before = ""

    def compose(self) -> ComposeResult:
        """The names, and where own themes go."""
        with Vertical(id="dialog", classes="-slim"):
            yield title("Themes")
            yield Choices(id="choices", compact=True)
            yield Static(Content.assemble(("● ok", "$success"), "  ", ("◔ busy", "$busy"), "  ",
                                          ("? unsure", "$warning"), "  ", ("✗ bad", "$error")),
                         id="theme-sample")  # fmt: skip
            yield Static(Content.styled(self._looks.where, "$dim"), id="theme-folder")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin with the cursor on the theme that is worn."""
        self._before = self.app.theme
        self._fill()
        self.set_interval(LOOK_S, self._look)

    def action_walk(self, by: int) -> None:
        """Another theme."""
        choices = self.query_one(Choices)
        if by > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()

    def action_cancel(self) -> None:
        """Put the old theme on again."""
        self.app.theme = self._before
        self.dismiss(None)

    @on(OptionList.OptionHighlighted)
    def _walked(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self.app.theme = self._looks.names[event.option_index]

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._looks.choose(self._looks.names[event.option_index])
        self.dismiss(None)

    def _look(self) -> None:
        if self._looks.reload():
            self._fill()

    def _fill(self) -> None:
        names, worn = self._looks.names, self.app.theme
        choices = self.query_one(Choices)
        with self.prevent(OptionList.OptionHighlighted):
            choices.set_options([Content(name) for name in names])
            choices.highlighted = names.index(worn) if worn in names else 0
