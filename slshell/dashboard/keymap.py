"""Keys by id: what the configuration may rebind, and what is wrong with what it asks for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from itertools import combinations

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from slshell.client.profiles import nearest_hint

Place = tuple[type[DOMNode], ...]
"""Classes whose keys are listened to at the same time."""

_NAMED = {key.value for key in Keys} | set(KEY_NAME_REPLACEMENTS.values())
_MODIFIERS = frozenset({"ctrl", "shift", "alt", "meta", "super", "hyper"})


def bindings_of(place: Place) -> Iterator[Binding]:
    """Our own bindings of a place, each alternative key as one."""
    seen: set[object] = set()
    for kind in place:
        for base in kind.__mro__:
            declared = base.__dict__.get("BINDINGS", ())
            if base.__module__.startswith("slshell.") and base not in seen:
                seen.add(base)
                yield from (each for each in declared if isinstance(each, Binding) and each.id)


def known(places: tuple[Place, ...]) -> dict[str, Binding]:
    """Every id that can be rebound, in the order of places, with its binding as it is declared."""
    return {str(each.id): each for place in places for each in bindings_of(place)}


def checked(wanted: Mapping[str, str], places: tuple[Place, ...]) -> tuple[dict[str, str], list[str]]:
    """The part of a key map that can be used, and what is to be told of the rest.

    `wanted` maps ids to keys, several parted by commas. Of two ids that would share a key in one place the
    one that was rebound last keeps what it had.
    """
    ids = known(places)
    used: dict[str, str] = {}
    troubles: list[str] = []
    for name, keys in wanted.items():
        wrong = [key for key in _split(keys) if not is_key(key)]
        if name not in ids:
            troubles.append(f"There is no key “{name}” to rebind: {nearest_hint(name, list(ids))}")
        elif wrong or not _split(keys):
            troubles.append(f"{name} = “{keys}”: “{', '.join(wrong)}” is no key; write for example ctrl+x")
        else:
            used[name] = ",".join(_split(keys))
    while (clash := _first_clash(used, places)) is not None:
        key, first, second = clash
        loser = max((each for each in (first, second) if each in used), key=list(used).index)
        del used[loser]
        troubles.append(f"{first} and {second} would both be on {key}; {loser} stays on {ids[loser].key}.")
    return used, troubles


def is_key(key: str) -> bool:
    """Whether a terminal knows such a key: `x`, `?`, `question_mark`, `f5`, `ctrl+shift+up`."""
    *modifiers, name = key.split("+") if key != "+" else ["+"]
    if not set(modifiers) <= _MODIFIERS or not name:
        return False
    return len(name) == 1 or name in _NAMED or _is_character(name)


def _is_character(name: str) -> bool:
    try:
        unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return False
    return True


def _split(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",") if key.strip()]


def _first_clash(used: Mapping[str, str], places: tuple[Place, ...]) -> tuple[str, str, str] | None:
    """A key and two ids that have it in one place, at least one of them rebound."""
    for place in places:
        keys = {
            str(each.id): {_normal(key) for key in _split(used.get(str(each.id), each.key))}
            for each in bindings_of(place)
        }
        for first, second in combinations(keys, 2):
            shared = keys[first] & keys[second]
            if shared and (first in used or second in used):
                return min(shared), first, second
    return None


def _normal(key: str) -> str:
    """A single character by its name, so that `?` and `question_mark` are the same."""
    if len(key) != 1 or key.isalnum():
        return key
    name = unicodedata.name(key, "").lower().replace(" ", "_").replace("-", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name) or key
