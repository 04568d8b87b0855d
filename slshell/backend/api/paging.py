"""Lists in parts: limit, cursor, chosen fields and states."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response
from litestar.params import QueryParameter

from slshell.model.cloud import Page
from slshell.model.errors import UsageError

Word = TypeVar("Word", bound=StrEnum)

DEFAULT_LIMIT = 1000
MAX_LIMIT = 10_000

Limit = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, description="How many items at most.")]
Cursor = Annotated[str | None, QueryParameter(description="The previous part's `next`.", max_length=200)]
Fields = Annotated[
    str | None,
    QueryParameter(description="Names with commas; only these are answered.", max_length=1000),
]


@dataclass(frozen=True)
class Part:
    """Which part of a list is asked for; `after` is the key of the last item already had."""

    limit: int
    after: str | None


def part(limit: int, cursor: str | None) -> Part:
    """The part that the parameters describe.

    Raises:
        UsageError: the cursor is not one of ours.
    """
    if cursor is None:
        return Part(limit, None)
    try:
        return Part(limit, base64.urlsafe_b64decode(cursor.encode("ascii")).decode())
    except (ValueError, UnicodeError, binascii.Error) as error:
        raise UsageError(
            "the cursor is not one that this list gave", hint="begin again without a cursor"
        ) from error


def number_after(asked: Part) -> int | None:
    """The number in a cursor of a list that is ordered by number.

    Raises:
        UsageError: it is no number.
    """
    if asked.after is None:
        return None
    if not asked.after.isascii() or not asked.after.isdigit() or len(asked.after) > 18:
        raise UsageError("the cursor is not one that this list gave", hint="begin again without a cursor")
    return int(asked.after)


def cursor_at(key: str) -> str:
    """The cursor of what comes behind the item with this key."""
    return base64.urlsafe_b64encode(key.encode()).decode()


def page(found: Sequence[Any], asked: Part, key: str, revision: int) -> Page[Any]:
    """A page of `found`, which holds one more item than the limit when there are more."""
    items = list(found[: asked.limit])
    more = len(found) > asked.limit
    last = str(getattr(items[-1], key)) if items else ""
    cursor = cursor_at(last) if more else None
    return Page(items=items, next=cursor, revision=revision)


def sliced(all_items: Sequence[Any], asked: Part, key: str, revision: int) -> Page[Any]:
    """A page of a list that is short and whole in memory."""
    ordered = sorted(all_items, key=lambda one: str(getattr(one, key)))
    rest = [one for one in ordered if asked.after is None or str(getattr(one, key)) > asked.after]
    return page(rest[: asked.limit + 1], asked, key, revision)


def answered(whole: Page[Any], fields: str | None) -> Response[Any]:
    """The page, with only the chosen fields of each item.

    Raises:
        UsageError: a field does not exist; the known ones are named.
    """
    if fields is None:
        return Response(whole)
    wanted = [name.strip() for name in fields.split(",") if name.strip()]
    if whole.items:
        known = whole.items[0].__struct_fields__
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise UsageError(
                f"there is no field “{unknown[0][:40]}”", hint="known fields: " + ", ".join(known)
            )
    items = [{name: getattr(one, name) for name in wanted} for one in whole.items]
    return Response({"items": msgspec.to_builtins(items), "next": whole.next, "revision": whole.revision})


def states(kind: type[Word], text: str, of: str = "") -> list[Word]:
    """The states that a query names with commas between, in any case of letters; `of` says what has them.

    Raises:
        UsageError: one of them is none, and which there are.
    """
    known = {state.value.lower(): state for state in kind}
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(
            f"“{unknown[0][:40]}” is not a state{of}",
            hint="known states: " + ", ".join(state.value for state in kind),
        )
    return [known[name] for name in names]
