"""What commands return: resources of one kind, and how that kind is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

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
