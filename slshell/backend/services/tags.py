"""Tags of instances: short words by which people find machines again."""

from __future__ import annotations

from collections.abc import Iterable

from slshell.model.errors import UsageError

MAX_TAG = 40
MAX_TAGS = 20


def checked(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags without repetitions, in their order.

    Raises:
        UsageError: one cannot be a tag, or there are too many.
    """
    found = tuple(dict.fromkeys(tags))
    for tag in found:
        if not 0 < len(tag) <= MAX_TAG or not tag.isprintable() or any(sign in tag for sign in ' ,"'):
            raise UsageError(
                f"“{tag[:MAX_TAG]}” cannot be a tag",
                hint=f"1 to {MAX_TAG} printable characters without blanks, commas and quotes",
                details={"field": "tags"},
            )
    if len(found) > MAX_TAGS:
        raise UsageError(f"{len(found)} tags are too many", hint=f"a machine has at most {MAX_TAGS}")
    return found


def changed(tags: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> tuple[str, ...]:
    """The tags after some were added and some removed; both may repeat what is so already."""
    gone = set(remove)
    return checked([*(tag for tag in tags if tag not in gone), *(tag for tag in add if tag not in gone)])
