"""What is saved, restored and reset: the cursor, the tab stops, the whole terminal, and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from slshell.terminal.cells import FIRST_CLUSTER
from slshell.terminal.charsets import Charsets
from slshell.terminal.page import Saved
from slshell.terminal.row import Row
from slshell.terminal.style import PLAIN

if TYPE_CHECKING:
    from slshell.terminal.screen import Screen

UNPROTECTED, DEC_PROTECTED, ISO_PROTECTED = 0, 1, 2
"""Whose protection was used last: DEC's holds for selective erasure only, ISO's for all."""

HIGHEST_LEVEL = 5
"""The VT500 family."""

_FULL = 3 / 4
"""A table that is fuller than this after a sweep costs rows of the history their looks."""

_LEFT = 1 / 2
"""So much of a table may stay taken then: enough room that the next sweep is far away."""


def default_tabs(columns: int, first: int = 0) -> bytearray:
    """A stop every eight columns, for the columns from `first` on."""
    return bytearray(x % 8 == 0 and x > 0 for x in range(first, columns))


def save_cursor(screen: Screen) -> None:
    """DECSC."""
    screen.page.saved = Saved(
        screen.x,
        screen.y,
        screen.pending,
        screen.styles[screen.pen],
        screen.charsets.copy(),
        screen.modes.origin,
    )


def restore_cursor(screen: Screen) -> None:
    """DECRC; home and nothing special when no cursor was saved."""
    saved = screen.page.saved
    if saved is None:
        screen.x = screen.y = 0
        screen.pending, screen.pen = False, PLAIN
        charsets, origin = Charsets(), False
    else:
        screen.x, screen.y = min(saved.x, screen.columns - 1), min(saved.y, screen.rows - 1)
        screen.pending = saved.pending and screen.x == screen.limit - 1
        screen.pen = screen.styles.code(saved.style)
        charsets, origin = saved.charsets.copy(), saved.origin
    charsets.national = screen.modes.dec[42]
    screen.charsets = charsets
    screen.modes.dec[6] = origin
    screen.settle()


def soft_reset(screen: Screen) -> None:
    """DECSTR: what is on the screen stays, and the cursor stays where it is."""
    modes = screen.modes
    modes.dec.update(dict.fromkeys((1, 6, 42, 45, 66, 69, 1045), False) | dict.fromkeys((7, 25), True))
    modes.ansi.update({2: False, 4: False})
    modes.modify_other_keys = 0
    screen.full_margins()
    screen.pen, screen.protection = PLAIN, UNPROTECTED
    screen.pending = False
    screen.charsets = Charsets()
    screen.page.saved = None
    screen.cursor_style = 0
    screen.settings.clear()
    screen.pen_stack.clear()
    screen.settle()


def hard_reset(screen: Screen) -> None:
    """RIS: as after power-on; only a screen that was made 132 columns wide gets its 80 back."""
    if screen.modes.dec[3]:
        screen.resize_by_program(80, screen.rows)
    screen.scrolled += screen.rows
    screen.start()


def sweep(screen: Screen) -> None:
    """Forget styles and clusters that no cell has; if that is too little, old rows become plain."""
    shown = [*screen.main.rows, *screen.alternate.rows]
    rows = [*shown, *screen.history]
    styles, clusters = _codes(rows)
    if max(screen.styles.share(styles), screen.clusters.share(clusters)) > _FULL:
        styles, clusters = _make_plain(screen, shown)
    new_styles = screen.styles.keep({*styles, screen.pen})
    new_clusters = screen.clusters.keep(clusters)
    for row in rows:
        if row.styles:
            row.styles = row.styles.translate(new_styles)
        if not row.text.isascii():
            row.text = row.text.translate(new_clusters)
    screen.pen = screen.pen.translate(new_styles)


def _make_plain(screen: Screen, shown: Iterable[Row]) -> tuple[set[str], set[str]]:
    """Take their looks from rows of the history that need room beyond what newer rows have taken.

    So the screen and the newest rows keep theirs, and so do older ones that need nothing of their own.
    Answers the codes of styles and of clusters that are left.
    """
    styles, clusters = _codes(shown)
    style_room = _LEFT - screen.styles.share(styles)
    cluster_room = _LEFT - screen.clusters.share(clusters)
    bare = _bare(screen)
    for row in reversed(screen.history):
        new_styles, new_clusters = _codes([row])
        new_styles -= styles
        new_clusters -= clusters
        style_share = screen.styles.share(new_styles)
        if style_share > style_room:
            row.styles = ""
        else:
            styles |= new_styles
            style_room -= style_share
        cluster_share = screen.clusters.share(new_clusters)
        if cluster_share > cluster_room:
            row.text = "".join(map(bare, row.text))
        else:
            clusters |= new_clusters
            cluster_room -= cluster_share
    return styles, clusters


def _codes(rows: Iterable[Row]) -> tuple[set[str], set[str]]:
    styles: set[str] = set()
    characters: set[str] = set()
    for row in rows:
        styles.update(row.styles)
        if not row.text.isascii():
            characters.update(row.text)
    return styles, {character for character in characters if ord(character) >= FIRST_CLUSTER}


def _bare(screen: Screen) -> Callable[[str], str]:
    def bare(character: str) -> str:
        if ord(character) < FIRST_CLUSTER:
            return character
        first = screen.clusters.text(character)[0]
        return first if ord(first) < FIRST_CLUSTER else "\ufffd"

    return bare
