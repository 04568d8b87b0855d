"""Listings as text: table, json, yaml, csv, name and quiet. Pure functions."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from slshell.output.listing import Column, Listing
from slshell.output.text import clean, clean_json, cut, is_hostile, width_of


class Format(StrEnum):
    """The values of `-o`."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    NAME = "name"


COLOURS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36, "dim": 2, "bold": 1}
GAP = "  "
NARROWEST = 6
"""A flexible column is never cut below this many characters."""


def painted(text: str, colour: str) -> str:
    """`text` in a colour of COLOURS."""
    return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if colour else text


def as_table(listing: Listing, *, width: int | None = None, colours: bool = False) -> str:
    """A table with a header. `width` None means: cut nothing."""
    columns = listing.kind.columns
    rows = [[clean(column.text(item)) for column in columns] for item in listing.items]
    widths = [
        max([width_of(column.title), *(width_of(row[at]) for row in rows)])
        for at, column in enumerate(columns)
    ]
    if width is not None:
        _narrow(columns, widths, width)
    header = GAP.join(_cell(column.title, widths[at], column.right) for at, column in enumerate(columns))
    lines = [painted(header.rstrip(), "bold") if colours else header.rstrip()]
    for item, row in zip(listing.items, rows, strict=True):
        cells = []
        for at, column in enumerate(columns):
            cell = _cell(cut(row[at], widths[at]), widths[at], column.right)
            colour = column.style(item) if column.style and colours else ""
            cells.append(painted(cell, colour))
        lines.append(GAP.join(cells).rstrip())
    return "\n".join(lines) + "\n"


def as_json(value: Any) -> str:
    """Any value of structs, lists and plain data as indented JSON with a newline at its end."""
    encoded = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return clean_json(encoded) + "\n"


def as_yaml(value: Any) -> str:
    """The same data as YAML; hostile characters come out as escapes."""
    import yaml

    data = msgspec.to_builtins(value)
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    if is_hostile(text.replace("\n", "")):
        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=False)
    return text


def as_csv(listing: Listing) -> str:
    """A header of the data's keys and one line an item; what is nested is JSON in its cell."""
    import csv
    import io

    items = [msgspec.to_builtins(item) for item in listing.items]
    keys = list(dict.fromkeys(key for item in items for key in item))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if keys:
        writer.writerow(keys)
    for item in items:
        writer.writerow([_csv_cell(item.get(key)) for key in keys])
    return buffer.getvalue()


def as_lines(lines: list[str]) -> str:
    """Cleaned lines."""
    return "".join(clean(line) + "\n" for line in lines)


def rendered(listing: Listing, form: Format, *, quiet: bool, width: int | None, colours: bool) -> str:
    """A listing in the wanted format; `quiet` counts only where no data format is asked for."""
    data = listing.items[0] if listing.single and listing.items else list(listing.items)
    match form:
        case Format.JSON:
            return as_json(data)
        case Format.YAML:
            return as_yaml(data)
        case Format.CSV:
            return as_csv(listing)
        case Format.NAME:
            return as_lines([listing.kind.name(item) for item in listing.items])
        case Format.TABLE if listing.kind.line is not None and not quiet:
            return as_lines([listing.kind.line(item) for item in listing.items])
        case Format.TABLE if quiet:
            return as_lines([listing.kind.quiet(item) for item in listing.items])
        case Format.TABLE:
            return as_table(listing, width=width, colours=colours) if listing.items else ""


def _cell(text: str, width: int, right: bool) -> str:
    space = " " * (width - width_of(text))
    return space + text if right else text + space


def _narrow(columns: tuple[Column, ...], widths: list[int], width: int) -> None:
    """Take columns from the widest flexible cell until the row fits, or nothing more can be taken."""
    flexible = [at for at, column in enumerate(columns) if column.flexible]
    over = sum(widths) + len(GAP) * (len(widths) - 1) - width
    while over > 0 and flexible:
        widest = max(flexible, key=lambda at: widths[at])
        if widths[widest] <= NARROWEST:
            return
        widths[widest] -= 1
        over -= 1


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple, dict)):
        return clean_json(msgspec.json.encode(value).decode())
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean(str(value))
