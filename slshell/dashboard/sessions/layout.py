"""How panes share the room of a tab: a tree of splits, and where each pane lies in it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

LEAST_COLUMNS, LEAST_ROWS = 10, 3
"""No split leaves a pane less than this; a title and two rows."""
STEP = 0.05
_LEAST_SHARE, _MOST_SHARE = 0.1, 0.9


class Box(NamedTuple):
    """Cells of the screen."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Split:
    """Two parts beside (`sideways`) or above each other; `share` is the first one's part of the room."""

    sideways: bool
    first: Tree
    second: Tree
    share: float = 0.5


Tree = Split | int
"""A split, or the number of the pane that has all the room."""


def panes(tree: Tree) -> Iterator[int]:
    """The panes, from the top left to the bottom right."""
    if isinstance(tree, int):
        yield tree
    else:
        yield from panes(tree.first)
        yield from panes(tree.second)


def place(tree: Tree, room: Box) -> tuple[dict[int, Box], list[Box]]:
    """The box of each pane, and the lines between those beside each other."""
    if isinstance(tree, int):
        return {tree: room}, []
    if tree.sideways:
        left = _part(room.width - 1, tree.share, LEAST_COLUMNS)
        first = Box(room.x, room.y, left, room.height)
        second = Box(room.x + left + 1, room.y, max(room.width - 1 - left, 0), room.height)
        lines = [Box(room.x + left, room.y, 1, room.height)]
    else:
        top = _part(room.height, tree.share, LEAST_ROWS)
        first = Box(room.x, room.y, room.width, top)
        second = Box(room.x, room.y + top, room.width, max(room.height - top, 0))
        lines = []
    boxes, more = place(tree.first, first)
    others, others_more = place(tree.second, second)
    return boxes | others, lines + more + others_more


def _part(room: int, share: float, least: int) -> int:
    """The first part's size: its share, but so that both have the least where there is room for that."""
    if room < 2 * least:
        return room // 2
    return min(max(round(room * share), least), room - least)


def split(tree: Tree, at: int, new: int, *, sideways: bool) -> Tree:
    """The tree with a new pane beside or below another."""
    if isinstance(tree, int):
        return Split(sideways, tree, new) if tree == at else tree
    return replace(
        tree,
        first=split(tree.first, at, new, sideways=sideways),
        second=split(tree.second, at, new, sideways=sideways),
    )


def without(tree: Tree, pane: int) -> Tree | None:
    """The tree without a pane, its neighbour having the room; None when it was the only one."""
    if isinstance(tree, int):
        return None if tree == pane else tree
    first, second = without(tree.first, pane), without(tree.second, pane)
    if first is None or second is None:
        return second if first is None else first
    return replace(tree, first=first, second=second)


def widened(tree: Tree, pane: int, *, sideways: bool, by: float) -> Tree:
    """The tree with the innermost split around a pane moved to the right or down (positive) or back."""
    if isinstance(tree, int):
        return tree
    first = widened(tree.first, pane, sideways=sideways, by=by)
    second = widened(tree.second, pane, sideways=sideways, by=by)
    if (first, second) == (tree.first, tree.second) and tree.sideways == sideways and pane in panes(tree):
        return replace(tree, share=min(max(tree.share + by, _LEAST_SHARE), _MOST_SHARE))
    return replace(tree, first=first, second=second)


def neighbour(boxes: dict[int, Box], pane: int, across: int, down: int) -> int | None:
    """The pane next to another in a direction (-1, 0 or 1 across and down), the nearest of several."""
    here = boxes[pane]
    middle = (here.x + here.width / 2, here.y + here.height / 2)

    def distance(box: Box) -> tuple[float, float]:
        if across:
            along = box.x - (here.x + here.width) if across > 0 else here.x - (box.x + box.width)
            return along, abs(box.y + box.height / 2 - middle[1])
        along = box.y - (here.y + here.height) if down > 0 else here.y - (box.y + box.height)
        return along, abs(box.x + box.width / 2 - middle[0])

    ahead = {each: distance(box) for each, box in boxes.items() if each != pane and distance(box)[0] >= 0}
    return min(ahead, key=lambda each: ahead[each]) if ahead else None
