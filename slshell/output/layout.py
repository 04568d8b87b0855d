"""What the user chose to see of a listing: columns, order, width and header. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from slshell.model.errors import UsageError
from slshell.model.nearest import nearest_hint
from slshell.output.listing import Column, Kind, Listing
from slshell.output.template import Template
from slshell.output.text import as_text

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """`--columns`, `--sort`, `--wide`, `--no-header` and the template of `-o template=…`."""

    columns: tuple[str, ...] = ()
    """Titles of columns or names of fields; empty: those of the kind."""
    sort: tuple[tuple[str, bool], ...] = ()
    """Column and whether it falls, the most important first; empty: the cloud's order."""
    wide: bool = False
    header: bool = True
    template: Template | None = None


def split_words(text: str) -> tuple[str, ...]:
    """The words between commas, blanks around them dropped.

    Raises:
        UsageError: there is none.
    """
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    if not words:
        raise UsageError("no column is named", hint="for example --columns id,name")
    return words


def split_sort(text: str) -> tuple[tuple[str, bool], ...]:
    """`state,-ram` as pairs of a column and whether it falls."""
    return tuple((word.removeprefix("-"), word.startswith("-")) for word in split_words(text))


def table_columns(listing: Listing, layout: Layout) -> tuple[Column, ...]:
    """The columns of a table.

    Raises:
        UsageError: there is no such column; the nearest is named.
    """
    kind = listing.kind
    if not layout.columns:
        return tuple(column for column in kind.columns if layout.wide or not column.wide)
    return tuple(_named(kind, word, listing.items) for word in layout.columns)


def data_fields(listing: Listing, layout: Layout) -> list[str]:
    """The fields of the data: all of them, or those behind the chosen columns."""
    fields = listing.kind.fields(listing.items)
    if not layout.columns:
        return fields
    found = []
    for word in layout.columns:
        column = _titled(listing.kind, word)
        field = word if word in fields or column is None else column.field
        if field not in fields:
            raise _unknown(listing.kind, word, listing.items)
        found.append(field)
    return found


def in_order(listing: Listing, layout: Layout) -> Listing:
    """The listing sorted as chosen; what has no value comes last either way."""
    items = list(listing.items)
    for word, falls in reversed(layout.sort):
        items = _sorted(items, _value(listing.kind, word, items), falls)
    return replace(listing, items=items) if layout.sort else listing


def _sorted(items: list[Any], value: Callable[[Any], Any], falls: bool) -> list[Any]:
    filled = [item for item in items if value(item) not in (None, "")]
    empty = [item for item in items if value(item) in (None, "")]
    return sorted(filled, key=lambda item: _sort_key(value(item)), reverse=falls) + empty


def _named(kind: Kind, word: str, items: Sequence[Any]) -> Column:
    if (column := _titled(kind, word)) is not None:
        return column
    if word in kind.fields(items):
        return Column(title=word.upper(), text=lambda item: as_text(kind.as_data(item).get(word)))
    raise _unknown(kind, word, items)


def _titled(kind: Kind, word: str) -> Column | None:
    for column in kind.columns:
        if column.title and word.lower() == column.title.lower():
            return column
    return None


def _unknown(kind: Kind, word: str, items: Sequence[Any]) -> UsageError:
    known = [column.title.lower() for column in kind.columns if column.title]
    return UsageError(
        f"there is no column “{word}”",
        hint=nearest_hint(word, list(dict.fromkeys([*known, *kind.fields(items)]))),
    )


def _value(kind: Kind, word: str, items: Sequence[Any]) -> Callable[[Any], Any]:
    """What to sort by: the exact data behind a column, else its text."""
    column = _titled(kind, word)
    field = column.field if column else word
    if field in kind.fields(items):
        return lambda item: getattr(item, field) if not kind.data else kind.as_data(item).get(field)
    if column is None:
        raise _unknown(kind, word, items)
    return column.text


def _sort_key(value: Any) -> Any:
    """Numbers and times as they are; text with its numbers as numbers, so that vm-9 precedes vm-10."""
    if isinstance(value, str):
        parts = _DIGITS.split(value.casefold())
        return [(int(part), "") if at % 2 else (-1, part) for at, part in enumerate(parts)]
    if isinstance(value, (list, tuple, dict)):
        return len(value)
    return value
