"""What a mistyped word may have meant."""

from __future__ import annotations

from collections.abc import Iterable

ALIKE = 0.6
NEAR = 0.1
SHOWN = 20
"""A list of all there is names at most this many."""


def nearest(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Up to `count` of the known words that resemble `word`, the most alike first.

    What is much less alike than the first is left out.
    """
    from difflib import SequenceMatcher, get_close_matches

    close = get_close_matches(word, list(known), n=count, cutoff=ALIKE)
    likeness = {each: SequenceMatcher(None, each, word).ratio() for each in close}
    return [each for each in close if likeness[each] >= likeness[close[0]] - NEAR]


def nearest_hint(word: str, known: Iterable[str]) -> str:
    """“did you mean X?” when something is close, else the list of what there is."""
    words = list(known)
    if close := nearest(word, words):
        return f"did you mean {' or '.join(close)}?"
    if not words:
        return ""
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return f"there is: {', '.join(sorted(words)[:SHOWN])}{more}"
