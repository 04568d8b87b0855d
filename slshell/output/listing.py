"""What commands return: resources of one kind, and how that kind is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from slshell.model.errors import SlshellError


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table. `text` gives a cell from an item; it need not be clean."""

    title: str
    text: Callable[[Any], str]
    right: bool = False
    flexible: bool = False
    """May be cut when the terminal is too narrow."""
    style: Callable[[Any], str] | None = None
    """Colour name of a cell; the word in the cell says the same."""
    key: str = ""
    """The field of the data that the column shows; without it, the title in lower case."""
    wide: bool = False
    """Shown under `--wide` only."""
    keep: int = 5
    """Columns with the lowest number go first when the terminal is too narrow for all."""

    @property
    def field(self) -> str:
        """The name of the column's field in the data."""
        return self.key or self.title.lower()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How resources of one kind are shown."""

    columns: tuple[Column, ...]
    name: Callable[[Any], str]
    """For `-o name`."""
    quiet: Callable[[Any], str]
    """For `--quiet`: one line an item."""
    empty: str
    """Said (on a terminal) when there are none."""
    noun: str = ""
    """What parameters that take such a resource call it, for example instance; empty when none does."""
    reference: Callable[[Any], str] | None = None
    """The word by which a command can be given an item; None when it cannot."""
    line: Callable[[Any], str] | None = None
    """One line an item instead of a table, for answers that scripts have read for years."""
    lines: Callable[[Any], Sequence[str]] | None = None
    """Several lines an item instead of a table, for one thing told in full."""
    model: type[msgspec.Struct] | None = None
    """The class of the items, whose fields are then known without any."""
    changes: str = ""
    """The part of the cloud's changes that tells of this kind, for `--watch`; empty: it is asked again."""
    data: Callable[[Any], Any] | None = None
    """An item as data, where that is not the item itself."""

    def as_data(self, item: Any) -> dict[str, Any]:
        """An item as plain data."""
        built: dict[str, Any] = msgspec.to_builtins(self.data(item) if self.data else item)
        return built

    def fields(self, items: Sequence[Any]) -> list[str]:
        """The names of the data's fields, in order."""
        known = list(self.model.__struct_fields__) if self.model else []
        if self.model and not self.data:
            return known
        return list(dict.fromkeys([*(key for item in items[:100] for key in self.as_data(item)), *known]))


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Items to show. With `single` data formats give one object instead of a list."""

    kind: Kind
    items: Sequence[Any]
    single: bool = False
    errors: tuple[SlshellError, ...] = ()
    """What failed for single items; each is reported, the exit code is the highest of theirs."""
    exit_code: int = 0
    """Exit code when there are no `errors`, for answers that are bad news in themselves."""
