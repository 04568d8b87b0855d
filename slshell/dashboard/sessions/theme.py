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

_DARK = (
    "#000000", "#d8544f", "#4fae62", "#c79a2e", "#4c8fe8", "#ae74d6", "#3bb3bd", "#cdd3da",
    "#6d7681", "#ff827c", "#7ed98f", "#ecc75c", "#7db4ff", "#d3a3f5", "#72d9e0", "#ffffff",
)  # fmt: skip
_LIGHT = (
    "#000000", "#b3261e", "#1f7a33", "#8a5a00", "#1f57b8", "#8032a8", "#0f7480", "#d5d9de",
    "#5d6670", "#d13b32", "#2c9446", "#a87208", "#3a74d9", "#9c4fc4", "#1c8f9c", "#ffffff",
)  # fmt: skip
"""The sixteen colours of programs; those near the background of such themes serve as one for others."""

_DARK_TEXT = {0: "#858e99"}
_LIGHT_TEXT = {7: "#59616b", 15: "#3c434c"}
"""What stands for these as text on the theme's own background, where they could not be read."""

_OVER = {SELECTED: "terminal--selected", MATCH: "terminal--match", CURRENT: "terminal--current"}
CLASSES = {*_OVER.values(), *(f"terminal--{name}" for name in ("title", "active", "broadcast", "banner"))}


def pens(widget: Widget, screen: Screen) -> Pens:
    """Pens for a widget's terminal in the colours that the app wears."""
    app = cast("SlshellApp", widget.app)
    marks = {over: widget.get_component_rich_style(name, partial=True) for over, name in _OVER.items()}
    if app.native_ansi_color:
        foreground = background = Color.default()
        basic = tuple(Color.from_ansi(number) for number in range(BASIC))
        text = {}
    else:
        _, _, back, fore = widget.colors
        foreground, background = color(fore), color(back)
        usual, others = (_DARK, _DARK_TEXT) if app.current_theme.dark else (_LIGHT, _LIGHT_TEXT)
        basic = tuple(map(Color.parse, usual))
        text = {number: Color.parse(each) for number, each in others.items()}
    colours = not themes.has_no_colour(app.environment.environ)
    inks = Inks(foreground, background, basic, marks, colours, text)
    return Pens(inks, screen.palette, reverse_video=screen.modes.reverse_video)
