"""Rectangles of cells: copied, filled, erased, given another look, and summed up."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from slshell.terminal import sgr
from slshell.terminal import style as looks
from slshell.terminal.editing import blank_unprotected
from slshell.terminal.motion import Numbers, count
from slshell.terminal.row import Row
from slshell.terminal.state import DEC_PROTECTED
from slshell.terminal.style import DEFAULT, PLAIN, Style
from slshell.terminal.writing import put_styled

if TYPE_CHECKING:
    from slshell.terminal.screen import Screen

_POSITIVE, _NO_LOOKS, _NO_TRIM = 1, 2, 4
"""Bits of XTCHECKSUM."""

_WEIGHTS = ((looks.BOLD, 0x80), (looks.BLINK, 0x40), (looks.REVERSE, 0x20))
_BITS = {1: looks.BOLD, 5: looks.BLINK, 7: looks.REVERSE, 8: looks.HIDDEN}


class Rectangle(NamedTuple):
    """Rows and columns counted from 0; `bottom` and `right` are not in it any more."""

    top: int
    left: int
    bottom: int
    right: int


def rectangle(screen: Screen, numbers: Numbers, first: int = 0) -> Rectangle | None:
    """The rectangle that four parameters from `first` on name, cut to the screen; `None` if it is empty."""
    made = _corners(screen, numbers, first)
    return made if made.top < made.bottom and made.left < made.right else None


def _corners(screen: Screen, numbers: Numbers, first: int) -> Rectangle:
    origin = screen.modes.origin
    top, left = (screen.top, screen.left) if origin else (0, 0)
    bottom, right = (screen.bottom + 1, screen.right + 1) if origin else (screen.rows, screen.columns)
    padded = (*numbers, *(-1,) * 8)
    given = padded[first + 2], padded[first + 3]
    return Rectangle(
        top + count(padded, first) - 1,
        left + count(padded, first + 1) - 1,
        min(top + given[0], bottom) if given[0] > 0 else bottom,
        min(left + given[1], right) if given[1] > 0 else right,
    )


def copy(screen: Screen, numbers: Numbers) -> None:
    """DECCRA."""
    source = rectangle(screen, numbers)
    if source is None:
        return
    padded = (*numbers, *(-1,) * 8)
    target = rectangle(screen, (padded[5], padded[6]))
    if target is None:
        return
    pieces = [row.cut(source.left, source.right) for row in screen.page.rows[source.top : source.bottom]]
    room = target.right - target.left
    for row, (text, styles) in zip(screen.page.rows[target.top : target.bottom], pieces, strict=False):
        put_styled(row, target.left, text[:room], styles[:room])


def fill(screen: Screen, numbers: Numbers) -> None:
    """DECFRA."""
    code = numbers[0]
    area = rectangle(screen, numbers, 1)
    if area is not None and (32 <= code <= 126 or 160 <= code <= 255):
        character = chr(code).translate(screen.charsets.table(screen.charsets.left) or {})
        for row in screen.page.rows[area.top : area.bottom]:
            row.put(area.left, character * (area.right - area.left), screen.pen)


def erase(screen: Screen, numbers: Numbers) -> None:
    """DECERA."""
    if area := rectangle(screen, numbers):
        for row in screen.page.rows[area.top : area.bottom]:
            row.erase(area.left, area.right, screen.blank)


def erase_selectively(screen: Screen, numbers: Numbers) -> None:
    """DECSERA, which leaves what DECSCA protects."""
    area = rectangle(screen, numbers)
    if area is None:
        return
    for row in screen.page.rows[area.top : area.bottom]:
        right = min(area.right, len(row.text))
        if screen.protection == DEC_PROTECTED:
            blank_unprotected(screen, row, area.left, right)
        elif right > area.left:
            text, styles = row.cut(area.left, right)
            put_styled(row, area.left, " " * len(text), styles)


def change(screen: Screen, numbers: Numbers) -> None:
    """DECCARA: set and clear attributes."""
    _restyle(screen, numbers, lambda style: _changed(style, numbers[4:] or (0,)))


def _changed(style: Style, numbers: Numbers) -> Style:
    for number in numbers:
        if number <= 0:
            style = style.with_bits(0, sum(_BITS.values()))._replace(underline=0)
        elif number in _BITS:
            style = style.with_bits(_BITS[number])
        elif number - 20 in _BITS or number == 22:
            style = style.with_bits(0, _BITS[1 if number == 22 else number - 20])
        elif number in (4, 24):
            style = style._replace(underline=int(number == 4))
    return style


def reverse(screen: Screen, numbers: Numbers) -> None:
    """DECRARA: toggle attributes."""
    _restyle(screen, numbers, lambda style: _reversed(style, numbers[4:] or (0,)))


def _reversed(style: Style, numbers: Numbers) -> Style:
    for number in numbers:
        if number <= 0:
            style = _reversed(style, (1, 4, 5, 7, 8))
        elif number in _BITS:
            style = style._replace(attributes=style.attributes ^ _BITS[number])
        elif number == 4:
            style = style._replace(underline=int(not style.underline))
    return style


def _restyle(screen: Screen, numbers: Numbers, make: Callable[[Style], Style]) -> None:
    is_stream = screen.settings.get("*x", 0) != 2
    area = _corners(screen, numbers[:4], 0)
    if (area.left >= screen.columns or area.right < 1) if is_stream else area.left >= area.right:
        return
    spans = [
        (
            row,
            area.left if not is_stream or y == area.top else 0,
            area.right if not is_stream or y == area.bottom - 1 else screen.columns,
        )
        for y, row in enumerate(screen.page.rows[area.top : area.bottom], area.top)
    ]
    changes = _new_codes(screen, spans, make)
    for row, left, right in spans:
        if left < right:
            styles = row.styles.ljust(right, PLAIN)
            row.text = row.text.ljust(right)
            row.styles = styles[:left] + styles[left:right].translate(changes) + styles[right:]


def _new_codes(
    screen: Screen, spans: Sequence[tuple[Row, int, int]], make: Callable[[Style], Style]
) -> dict[int, str]:
    """What the style codes in some spans of rows become; nothing, if there is no room for new styles."""
    for _ in range(2):
        generation = screen.styles.generation
        codes = {PLAIN}.union(*(row.styles[left:right] for row, left, right in spans))
        made = {code: make(screen.styles[code]) for code in codes}
        changes = {ord(code): screen.styles.code(style) for code, style in made.items()}
        if generation == screen.styles.generation:
            return changes
    return {}


def tell_looks(screen: Screen, numbers: Numbers) -> None:
    """XTREPORTSGR: the look that all cells of a rectangle have in common."""
    area = rectangle(screen, numbers)
    if area is None:
        return
    codes: set[str] = set()
    for row in screen.page.rows[area.top : area.bottom]:
        codes.update(row.cut(area.left, area.right)[1])
    first, *others = (screen.styles[code] for code in codes)
    for style in others:
        first = Style(
            first.foreground if first.foreground == style.foreground else DEFAULT,
            first.background if first.background == style.background else DEFAULT,
            first.attributes & style.attributes,
            first.underline if first.underline == style.underline else 0,
        )
    screen.answer_sequence("[", f"{sgr.describe(first)}m")


def checksum(screen: Screen, numbers: Numbers) -> None:
    """DECRQCRA: the sum of characters and attributes, negated as DEC's terminals do."""
    flags = screen.settings.get("#y", 0)
    area = rectangle(screen, numbers, 2)
    total = 0
    weights: dict[str, int] = {}
    if area is not None:
        for y in range(area.top, area.bottom):
            total += _row_sum(screen, y, area, flags, weights)
    total = total if flags & _POSITIVE else -total
    screen.answer_sequence("P", f"{max(numbers[0], 0)}!~{total & 0xFFFF:04X}")


def _row_sum(screen: Screen, y: int, area: Rectangle, flags: int, weights: dict[str, int]) -> int:
    """The sum over a row; blanks at its end count only where XTCHECKSUM says so, or when alone.

    Hidden characters count as blanks, and of those beyond ASCII the low byte counts, as in xterm.
    """
    row, columns = screen.page.rows[y], area.right - area.left
    # Not `Row.cut`: half of a wide character counts as well.
    text = row.text[area.left : area.right].ljust(columns)
    styles = row.styles[area.left : area.right].ljust(columns, PLAIN)
    if flags & _NO_LOOKS:
        styles = PLAIN * len(styles)
    for code in set(styles).difference(weights):
        weights[code] = _weight(screen.styles[code])
    heavy = [x for x, code in enumerate(styles, 1) if weights[code]]
    if not flags & _NO_TRIM:
        end = max(len(text.rstrip(" ")), *heavy[-1:], 1)
        text, styles = text[:end], styles[:end]
    if any(screen.styles[code].has(looks.HIDDEN) for code in set(styles)):
        text = "".join(
            " " if screen.styles[code].has(looks.HIDDEN) else cell
            for cell, code in zip(text, styles, strict=True)
        )
    characters = sum(map(ord, text)) if text.isascii() else sum(_byte(screen, cell) for cell in text)
    return characters + sum(weights[code] for code in styles) if heavy else characters


def _byte(screen: Screen, cell: str) -> int:
    """What a cell counts: the low byte of its first character, composed with its marks where that exists."""
    text = screen.clusters.text(cell)
    return ord(unicodedata.normalize("NFC", text)[0]) & 0xFF if text else 0xFF


def _weight(style: Style) -> int:
    return sum(weight for bit, weight in _WEIGHTS if style.has(bit)) + (0x10 if style.underline else 0)


def set_checksum(screen: Screen, numbers: Numbers) -> None:
    """XTCHECKSUM."""
    screen.settings["#y"] = max(numbers[0], 0)
