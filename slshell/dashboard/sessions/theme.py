"""The theme's part in the look of terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rich.color import Color

from slshell.dashboard import themes
from slshell.dashboard.sessions.pens import BASIC, CURRENT, MATCH, SELECTED, Inks, Pens, color
from slshell.terminal.screen import Screen

if TYPE_CHECKING:
    from textual.widget import Widget

    from slshell.dashboard.app import SlshellApp

_OVER = {SELECTED: "terminal--selected", MATCH: "terminal--match", CURRENT: "terminal--current"}
CLASSES = {*_OVER.values(), *(f"terminal--{name}" for name in ("title", "active", "broadcast", "banner"))}


def pens(widget: Widget, screen: Screen) -> Pens:
    """Pens for a widget's terminal in the colours that the app wears."""
    app = cast("SlshellApp", widget.app)
    marks = {over: widget.get_component_rich_style(name, partial=True) for over, name in _OVER.items()}
    if app.native_ansi_color:
        foreground = background = Color.default()
        basic = tuple(Color.from_ansi(number) for number in range(BASIC))
    else:
        _, _, back, fore = widget.colors
        foreground, background = color(fore), color(back)
        basic = tuple(Color.from_triplet(app.ansi_theme.ansi_colors[number]) for number in range(BASIC))
    colours = not themes.has_no_colour(app.environment.environ)
    inks = Inks(foreground, background, basic, marks, colours)
    return Pens(inks, screen.palette, reverse_video=screen.modes.reverse_video)
