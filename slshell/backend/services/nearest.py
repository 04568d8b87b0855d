"""“Did you mean” for names that do not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def hint(wanted: str, known: Iterable[str], listing: str) -> str:
    """A hint with the nearest known names, or the command that lists them."""
    close = difflib.get_close_matches(wanted, list(known), n=3, cutoff=0.5)
    return f"did you mean {', '.join(close)}?" if close else f"`{listing}` shows what there is"
