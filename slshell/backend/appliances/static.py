"""The bundled static disk: the tutorial's “Flora and Fauna”, a tree of files named after what they hold."""

from __future__ import annotations

import os
from pathlib import Path

from slshell.media import iso

FLORA_AND_FAUNA = "flora-and-fauna"
TITLE = "Flora and Fauna: a static disk with files about animals and plants"
LABEL = "CDROM"
"""What the tutorial's `blkid` shows."""
_KINDS = {
    "animals": ("bee", "cat", "dog", "horse", "owl", "trout"),
    "plants": ("fern", "moss", "oak", "rose", "tulip", "wheat"),
}
_MOMENT = 1_327_608_060
"""26 January 2012, 20:01 UTC, as in the tutorial's listing."""


def build(folder: Path) -> Path:
    """Make the image below an empty folder; answers its path. The same bytes each time."""
    tree = folder / "tree"
    for kind, names in _KINDS.items():
        place = tree / kind
        place.mkdir(parents=True)
        for name in names:
            file = place / f"{name}.txt"
            file.write_text(f"{name}\n")
            os.utime(file, (_MOMENT, _MOMENT))
        os.utime(place, (_MOMENT, _MOMENT))
    image = folder / f"{FLORA_AND_FAUNA}.iso"
    iso.make(tree, image, LABEL)
    return image
