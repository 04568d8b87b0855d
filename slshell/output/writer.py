"""`Output`: writes data to one stream and narration to another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TextIO

import msgspec

from slshell.model.errors import SlshellError
from slshell.output.formats import Format, as_csv, as_json, as_yaml, csv_lines, data_of, painted, rendered
from slshell.output.layout import Layout, table_columns
from slshell.output.listing import Kind, Listing
from slshell.output.progress import Progress
from slshell.output.template import Template
from slshell.output.text import as_text, clean, clean_json


@dataclass
class Output:
    """Where results, notices, progress and errors go."""

    stdout: TextIO
    stderr: TextIO
    stdout_is_tty: bool = False
    stderr_is_tty: bool = False
    colours: bool | None = None
    """Colour on stdout (stderr has none); None: not decided yet."""
    width: int | None = None
    """Columns of the terminal; None when tables are not to be cut."""
    format: Format = Format.TABLE
    layout: Layout = field(default_factory=Layout)
    quiet: bool = False
    debug: bool = False
    captured: bool = False
    """What is written is shown only when the command has ended."""
    on_notice: Callable[[str], None] | None = None
    """Gets what the user is told at once, clean lines, where all that is written is shown at the end only."""
    shows: bool = True
    """False keeps listings from being written: a pipe hands them on."""
    result: Any = field(default=None, init=False)
    """What the last command showed, as data."""
    listing: Listing | None = field(default=None, init=False)
    """The same with its kind, when it was a listing."""

    def show(self, listing: Listing) -> None:
        """Write a listing in the wanted format; an empty table says so on stderr."""
        self.result = listing.items[0] if listing.single and listing.items else list(listing.items)
        self.listing = listing
        if not self.shows:
            return
        self.write(self.text_of(listing))
        if not listing.items and not listing.errors and self.format is Format.TABLE:
            self.notice(listing.kind.empty)

    def text_of(self, listing: Listing) -> str:
        """A listing in the wanted format and layout."""
        return rendered(
            listing,
            self.format,
            quiet=self.quiet,
            width=self.width,
            colours=bool(self.colours),
            layout=self.layout,
        )

    def stream(self, kind: Kind, items: Sequence[Any]) -> None:
        """Write items as they come: JSON and YAML one document each, tables without a header."""
        bare = replace(self.layout, header=False)
        for item in items:
            one = Listing(kind=kind, items=[item], single=True)
            match self.format:
                case Format.JSON:
                    data = data_of(one, self.layout)
                    self.write(clean_json(msgspec.json.encode(data).decode()) + "\n")
                case Format.YAML:
                    self.write("---\n" + as_yaml(data_of(one, self.layout)))
                case Format.CSV:
                    self.write(as_csv(one, bare))
                case Format.TABLE if not self.quiet:
                    columns = table_columns(one, self.layout)
                    self.write("  ".join(clean(column.text(item)) for column in columns) + "\n")
                case _:
                    self.write(rendered(one, self.format, quiet=self.quiet, layout=bare))
        self.stdout.flush()

    def show_data(self, value: Any, text: str) -> None:
        """Write `value` in a data format, else `text`, whose lines are cleaned."""
        self.result = value
        match self.format:
            case Format.JSON:
                self.write(as_json(value))
            case Format.YAML:
                self.write(as_yaml(value))
            case Format.CSV | Format.TEMPLATE:
                self._show_parts(msgspec.to_builtins(value))
            case _:
                self.write("".join(clean(line) + "\n" for line in text.splitlines()))

    def _show_parts(self, built: Any) -> None:
        """Plain data as CSV or through the template; a single value has the name `value`."""
        items = built if isinstance(built, list) else [built]
        rows = [item if isinstance(item, dict) else {"value": item} for item in items]
        keys = list(dict.fromkeys(key for row in rows for key in row))
        if self.format is Format.CSV:
            lines = [[clean(as_text(row.get(key))) for key in keys] for row in rows]
            self.write(csv_lines([keys, *lines] if self.layout.header else lines))
            return
        template = self.layout.template or Template.parse("{value}")
        self.write("".join(template.line(row) for row in rows))

    def lines(self, lines: Iterable[str]) -> None:
        """Write lines as they come, cleaned, each flushed."""
        for line in lines:
            self.write(clean(line) + "\n")
            self.stdout.flush()

    def write(self, text: str) -> None:
        """Write finished text; the caller answers for what is in it."""
        self.stdout.write(text)

    def raw(self, data: bytes, to_stderr: bool) -> None:
        """Hand on bytes of a machine as they are; cleaned where they go into text instead of a file."""
        stream = self.stderr if to_stderr else self.stdout
        binary = getattr(stream, "buffer", None)
        if binary is None:
            stream.write("\n".join(clean(part) for part in data.decode("utf-8", "replace").split("\n")))
            return
        stream.flush()
        binary.write(data)
        binary.flush()

    def notice(self, text: str) -> None:
        """Tell the user something beside the data; nothing under `--quiet`.

        Under `-o json` a program reads stderr as well, where it expects nothing but an error.
        """
        if text and not self.quiet and (self.format is not Format.JSON or self.stderr_is_tty):
            self._tell(text)

    def warning(self, text: str) -> None:
        """Tell the user something they must know, also under `--quiet`."""
        self._tell(text)

    def prompt(self, text: str) -> None:
        """Write a question on stderr and leave the cursor behind it."""
        self.stderr.write(clean(text))
        self.stderr.flush()

    def progress(self) -> Progress:
        """A phase line on the terminal; draws nothing when stderr is none or under `--quiet`."""
        return Progress(self.stderr, shown=self.stderr_is_tty and not self.quiet, width=self.width or 80)

    def error(self, error: SlshellError) -> None:
        """Report an error: what, why and what to do, a line each, or one JSON object under `-o json`."""
        self.errors([error], error)

    def errors(self, errors: Sequence[SlshellError], worst: SlshellError) -> None:
        """Report what failed for several items; as JSON it is one object, that of the worst."""
        if self.debug:
            import traceback

            for error in errors:
                trace = "".join(traceback.format_exception(error))
                self.stderr.write("\n".join(clean(line) for line in trace.split("\n")))
        if self.format is Format.JSON:
            data = worst.as_data()
            if len(errors) > 1:
                data["message"] = f"{len(errors)} failed, the worst: {worst.message}"
                data["details"] = {**worst.details, "errors": [error.as_data() for error in errors]}
            self.stderr.write(as_json(data))
        else:
            for error in errors:
                self.stderr.write(f"slshell: {clean(error.message)}\n")
                for line in [*error.why.splitlines(), *error.hint.splitlines()]:
                    self.stderr.write(f"  {clean(line)}\n")
        self.stderr.flush()

    def _tell(self, text: str) -> None:
        lines = "".join(clean(line) + "\n" for line in text.splitlines())
        self.stderr.write(lines)
        self.stderr.flush()
        if self.on_notice is not None:
            self.on_notice(lines)


def wants_colour(environ: Mapping[str, str], *, setting: str, is_tty: bool) -> bool:
    """Whether to colour: NO_COLOR wins, then the setting, then whether it is a capable terminal."""
    if environ.get("NO_COLOR") or setting == "never":
        return False
    return setting == "always" or (is_tty and environ.get("TERM", "dumb") != "dumb")


def terminal_width(is_tty: bool) -> int | None:
    """Columns of the terminal, None when the output is none."""
    if not is_tty:
        return None
    import shutil

    return shutil.get_terminal_size().columns


__all__ = ["Format", "Output", "painted", "terminal_width", "wants_colour"]
