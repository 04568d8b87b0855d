"""SGR: the parameters that set colours and attributes, with `;` or with `:`."""

from __future__ import annotations

from collections.abc import Iterator

from slshell.terminal import style as looks
from slshell.terminal.style import DEFAULT, RGB, Style, Styles

_ON = {
    1: looks.BOLD, 2: looks.DIM, 3: looks.ITALIC, 5: looks.BLINK, 6: looks.BLINK, 7: looks.REVERSE,
    8: looks.HIDDEN, 9: looks.STRIKE, 53: looks.OVERLINE,
}  # fmt: skip
_OFF = {
    22: looks.BOLD | looks.DIM, 23: looks.ITALIC, 25: looks.BLINK, 27: looks.REVERSE,
    28: looks.HIDDEN, 29: looks.STRIKE, 55: looks.OVERLINE,
}  # fmt: skip
_UNDERLINE = 4
_TOLD = (1, _UNDERLINE, 5, 7, 8, 2, 3, 9, 53)
"""The order in which attributes are told, which is xterm's."""

_COLORS = (38, 48, 58)
_DEFAULTS = (39, 49, 59)


def apply(style: Style, text: str) -> Style:
    """The style after an SGR sequence with these parameters; what it does not know it passes over."""
    if not text or text == "0":
        return _cleared(style)
    parameters = iter(text.split(";"))
    for parameter in parameters:
        if ":" in parameter:
            style = _with_subparameters(style, parameter.split(":"))
        elif (number := _number(parameter)) in _COLORS:
            color = _color(_number(more) for more in parameters)
            if color is not None:
                style = style.with_color(number, color)
        else:
            style = _simple(style, number)
    return style


def _cleared(style: Style) -> Style:
    """Without attributes; links and protection are not SGR's to end."""
    return Style(attributes=style.attributes & looks.PROTECTED, link=style.link, link_id=style.link_id)


def _simple(style: Style, number: int) -> Style:
    if number == 0:
        return _cleared(style)
    if number in _ON:
        return style.with_bits(_ON[number])
    if number in _OFF:
        return style.with_bits(0, _OFF[number])
    if number in (4, 21, 24):
        return style._replace(underline={4: 1, 21: 2, 24: 0}[number])
    if number in _DEFAULTS:
        return style.with_color(number - 1, DEFAULT)
    for first, kind, base in ((30, 38, 0), (40, 48, 0), (90, 38, 8), (100, 48, 8)):
        if first <= number < first + 8:
            return style.with_color(kind, number - first + base)
    return style


def _with_subparameters(style: Style, parts: list[str]) -> Style:
    number = _number(parts[0])
    if number == 4:
        kind = _number(parts[1])
        return style._replace(underline=kind) if kind <= 5 else style
    if number not in _COLORS:
        return style
    numbers = [_number(part) for part in parts[1:]]
    if numbers and numbers[0] == 2 and len(numbers) >= 5:
        del numbers[1]  # the colour space, which the forms with `;` leave out
    color = _color(iter(numbers))
    return style if color is None else style.with_color(number, color)


def _color(numbers: Iterator[int]) -> int | None:
    """The colour that `5;INDEX` or `2;R;G;B` names, taking just these from the iterator."""
    kind = next(numbers, 0)
    if kind == 5:
        index = next(numbers, 0)
        return index if index <= 255 else None
    if kind == 2:
        red, green, blue = (next(numbers, 0) for _ in range(3))
        return RGB | red << 16 | green << 8 | blue if max(red, green, blue) <= 255 else None
    return None


def _number(text: str) -> int:
    """A parameter; of one that has sub-parameters where none are expected, the first."""
    digits = text.partition(":")[0][:6]
    return int(digits) if digits else 0


def describe(style: Style) -> str:
    """The parameters of an SGR sequence that makes this style from any other."""
    parts = ["0"]
    for number in _TOLD:
        if number == _UNDERLINE and style.underline:
            parts.append("4" if style.underline == 1 else f"4:{style.underline}")
        elif style.attributes & _ON.get(number, 0):
            parts.append(str(number))
    parts += _describe_color(style.foreground, 30, 90, 38)
    parts += _describe_color(style.background, 40, 100, 48)
    parts += _describe_color(style.underline_color, None, None, 58)
    return ";".join(parts)


def _describe_color(color: int, dark: int | None, bright: int | None, long: int) -> list[str]:
    if color == DEFAULT:
        return []
    if color & RGB:
        red, green, blue = looks.rgb(color)
        return [f"{long}:2::{red}:{green}:{blue}"]
    if dark is not None and color < 8:
        return [str(dark + color)]
    if bright is not None and color < 16:
        return [str(bright + color - 8)]
    return [f"{long}:5:{color}"]


class Pens:
    """Remembers which style an SGR sequence makes of which, for programs repeat the same few."""

    LIMIT = 4096

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self.known: dict[tuple[str, str], str] = {}

    def after(self, pen: str, parameters: str) -> str:
        """The code of the style that the sequence makes of the style behind `pen`."""
        generation = self._styles.generation
        made = self._styles.code(apply(self._styles[pen], parameters))
        if generation != self._styles.generation or len(self.known) >= self.LIMIT:
            self.known.clear()
        else:
            self.known[pen, parameters] = made
        return made
