"""A listing shown again and again: redrawn in place on a terminal, appended elsewhere."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from slshell.output.formats import Format, as_yaml, data_of, painted
from slshell.output.layout import in_order
from slshell.output.listing import Listing
from slshell.output.text import clean, clean_json, cut
from slshell.output.writer import Output

LEAST_LINES = 5
"""A terminal that says it is lower than this is not believed."""


class Frames:
    """Writes one snapshot after another to an output."""

    def __init__(self, output: Output, title: str, *, redraws: bool) -> None:
        self._output = output
        self._title = title
        self._redraws = redraws and output.format is Format.TABLE and not output.quiet
        self._drawn = 0
        self._width = 0
        self._last = ""
        self._note = ""

    def show(self, listing: Listing, note: str = "") -> None:
        """Show a snapshot; where it is appended, only when it differs from the last one."""
        text = self._text(listing)
        if self._redraws:
            self._redraw(text or listing.kind.empty + "\n", note)
        elif text != self._last:
            self._append(text)
        self._last = text
        self._note = note

    def trouble(self, note: str) -> None:
        """Say why there is nothing new, once."""
        if self._redraws:
            self._redraw(self._last, note)
        elif note != self._note:
            self._output.warning(note)
        self._note = note

    def _text(self, listing: Listing) -> str:
        output = self._output
        match output.format:
            case Format.JSON:
                data = data_of(in_order(listing, output.layout), output.layout)
                return clean_json(msgspec.json.encode(data).decode()) + "\n"
            case Format.YAML:
                return "---\n" + as_yaml(data_of(in_order(listing, output.layout), output.layout))
        if self._redraws:
            columns = shutil.get_terminal_size((output.width or 80, 24)).columns
            output = replace(output, width=columns)
        return output.text_of(listing)

    def _append(self, text: str) -> None:
        output = self._output
        if output.format is Format.TABLE and not output.quiet:
            if output.layout.header:
                text = f"{_now():%Y-%m-%d %H:%M:%S}\n{text}"
            if self._last:
                text = "\n" + text
        output.write(text)
        output.stdout.flush()
        if output.format is Format.CSV:
            output.layout = replace(output.layout, header=False)

    def _redraw(self, text: str, note: str) -> None:
        """Go up over what was drawn; a terminal that got another width has wrapped it and is cleared."""
        size = shutil.get_terminal_size((self._output.width or 80, 24))
        room = max(size.lines, LEAST_LINES) - 2
        lines = text.splitlines()
        if len(lines) > room:
            lines = [*lines[: room - 1], f"… {len(lines) - room + 1} more"]
        status = clean(f"{self._title}   {_now():%H:%M:%S}{f'   {note}' if note else ''}")
        head = cut(status, size.columns - 1)
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        start = "\x1b[H\x1b[2J" if self._width not in (0, size.columns) else f"\r{up}\x1b[J"
        head = painted(head, "dim") if self._output.colours else head
        self._output.write(start + "\n".join([head, *lines]) + "\n")
        self._output.stdout.flush()
        self._drawn, self._width = len(lines) + 1, size.columns


def _now() -> datetime:
    return datetime.now(UTC).astimezone()
