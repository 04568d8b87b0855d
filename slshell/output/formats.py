"""Listings as text: table, json, yaml, csv, name, template and quiet. Pure functions."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from slshell.model.errors import UsageError
from slshell.model.nearest import nearest_hint
from slshell.output.layout import Layout, data_fields, in_order, table_columns
from slshell.output.listing import Column, Listing
from slshell.output.template import Template
from slshell.output.text import as_text, clean, clean_json, cut, is_hostile, width_of


class Format(StrEnum):
    """The values of `-o`."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    NAME = "name"
    TEMPLATE = "template"


PLAIN_FORMATS = tuple(form.value for form in Format if form is not Format.TEMPLATE)
TEMPLATE_PREFIX = "template="


def parse_format(text: str) -> tuple[Format, Template | None]:
    """A value of `-o`, with the template when it is one.

    Raises:
        UsageError: there is no such format, or the template is broken.
    """
    if text.startswith(TEMPLATE_PREFIX):
        return Format.TEMPLATE, Template.parse(text.removeprefix(TEMPLATE_PREFIX))
    if text in PLAIN_FORMATS:
        return Format(text), None
    known = [*PLAIN_FORMATS, TEMPLATE_PREFIX + "…"]
    raise UsageError(f"there is no format “{text}”", hint=nearest_hint(text, known))


COLOURS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36, "dim": 2, "bold": 1}
GAP = "  "
MORE = " …"
"""Behind the titles when columns are left out."""
NARROWEST = 6
"""A flexible column is never cut below this many characters."""


def painted(text: str, colour: str) -> str:
    """`text` in a colour of COLOURS."""
    return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if colour else text


def as_table(
    listing: Listing, *, width: int | None = None, colours: bool = False, layout: Layout | None = None
) -> str:
    """A table with a header. `width` None means: cut nothing; else columns are cut, then left out."""
    layout = layout or Layout()
    columns = table_columns(listing, layout)
    rows = [[clean(column.text(item)) for column in columns] for item in listing.items]
    widths = [
        max([width_of(column.title), *(width_of(row[at]) for row in rows)])
        for at, column in enumerate(columns)
    ]
    shown = list(range(len(columns)))
    if width is not None and not layout.wide:
        shown = _fitted(columns, widths, width, chosen=bool(layout.columns))
    lines = []
    if layout.header:
        header = GAP.join(
            _cell(cut(columns[at].title, widths[at]), widths[at], columns[at].right) for at in shown
        )
        more = MORE if len(shown) < len(columns) else ""
        lines.append(painted(header.rstrip() + more, "bold") if colours else header.rstrip() + more)
    for item, row in zip(listing.items, rows, strict=True):
        cells = []
        for at in shown:
            cell = _cell(cut(row[at], widths[at]), widths[at], columns[at].right)
            style = columns[at].style
            cells.append(painted(cell, style(item)) if style and colours else cell)
        lines.append(GAP.join(cells).rstrip())
    return "".join(line + "\n" for line in lines)


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


def as_csv(listing: Listing, layout: Layout | None = None) -> str:
    """A header of the data's keys and one line an item; what is nested is JSON in its cell."""
    layout = layout or Layout()
    keys = data_fields(listing, layout)
    rows = [keys] if keys and layout.header else []
    for item in listing.items:
        data = listing.kind.as_data(item)
        rows.append([clean(as_text(data.get(key))) for key in keys])
    return csv_lines(rows)


def csv_lines(rows: list[list[str]]) -> str:
    """Rows as CSV."""
    import csv
    import io

    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def as_lines(lines: list[str]) -> str:
    """Cleaned lines."""
    return "".join(clean(line) + "\n" for line in lines)


def rendered(
    listing: Listing,
    form: Format,
    *,
    quiet: bool = False,
    width: int | None = None,
    colours: bool = False,
    layout: Layout | None = None,
) -> str:
    """A listing in the wanted format; `quiet` counts only where no data format is asked for.

    Raises:
        UsageError: the layout names a column or a field that there is not.
    """
    layout = layout or Layout()
    listing = in_order(listing, layout)
    kind = listing.kind
    match form:
        case Format.JSON:
            return as_json(data_of(listing, layout))
        case Format.YAML:
            return as_yaml(data_of(listing, layout))
        case Format.CSV:
            return as_csv(listing, layout)
        case Format.NAME:
            return as_lines([kind.name(item) for item in listing.items])
        case Format.TEMPLATE:
            return _templated(listing, layout)
        case Format.TABLE if kind.line is not None and not quiet and not layout.columns:
            return as_lines([kind.line(item) for item in listing.items])
        case Format.TABLE if kind.lines is not None and not quiet and not layout.columns:
            return as_lines([line for item in listing.items for line in kind.lines(item)])
        case Format.TABLE if quiet:
            return as_lines([kind.quiet(item) for item in listing.items])
        case Format.TABLE:
            table_columns(listing, layout)
            return as_table(listing, width=width, colours=colours, layout=layout) if listing.items else ""


def data_of(listing: Listing, layout: Layout | None = None) -> Any:
    """The items as data, with the chosen fields only; one object where the listing is of a single one."""
    layout = layout or Layout()
    items = [listing.kind.data(item) if listing.kind.data else item for item in listing.items]
    if layout.columns:
        fields = data_fields(listing, layout)
        whole = [listing.kind.as_data(item) for item in listing.items]
        items = [{field: data.get(field) for field in fields} for data in whole]
    return items[0] if listing.single and items else items


def _templated(listing: Listing, layout: Layout) -> str:
    template = layout.template or Template.parse("{name}")
    template.check(listing.kind.fields(listing.items))
    return "".join(template.line(listing.kind.as_data(item)) for item in listing.items)


def _cell(text: str, width: int, right: bool) -> str:
    space = " " * (width - width_of(text))
    return space + text if right else text + space


def _fitted(columns: tuple[Column, ...], widths: list[int], width: int, *, chosen: bool) -> list[int]:
    """Make `widths` fit and answer which columns stay; those that the user chose all do."""
    shown = list(range(len(columns)))

    def least(at: int) -> int:
        return min(widths[at], NARROWEST) if columns[at].flexible or chosen else widths[at]

    room = width
    while not chosen and len(shown) > 1 and sum(map(least, shown)) + _gaps(shown) > room:
        shown.remove(min(shown[1:], key=lambda at: (columns[at].keep, -at)))
        room = width - len(MORE)
    over = sum(widths[at] for at in shown) + _gaps(shown) - room
    while over > 0:
        able = [at for at in shown if widths[at] > least(at)] or [at for at in shown if len(shown) == 1]
        widest = max(able, key=lambda at: widths[at], default=None)
        if widest is None or widths[widest] <= 1:
            break
        widths[widest] -= 1
        over -= 1
    return shown


def _gaps(shown: list[int]) -> int:
    return len(GAP) * (len(shown) - 1)
