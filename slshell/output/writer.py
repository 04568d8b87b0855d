"""`Output`: writes data to one stream and narration to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

import msgspec

from slshell.model.errors import SlshellError
from slshell.output.formats import Format, as_csv, as_json, as_yaml, painted, rendered
from slshell.output.listing import Kind, Listing
from slshell.output.progress import Progress
from slshell.output.text import clean, clean_json


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
    quiet: bool = False
    debug: bool = False
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
        self.write(
            rendered(listing, self.format, quiet=self.quiet, width=self.width, colours=bool(self.colours))
        )
        if not listing.items and not listing.errors and self.format is Format.TABLE:
            self.notice(listing.kind.empty)

    def stream(self, kind: Kind, items: Sequence[Any]) -> None:
        """Write items as they come: JSON and YAML one document each, tables without a header."""
        for item in items:
            match self.format:
                case Format.JSON:
                    self.write(clean_json(msgspec.json.encode(item).decode()) + "\n")
                case Format.YAML:
                    self.write("---\n" + as_yaml(item))
                case Format.CSV:
                    self.write(as_csv(Listing(kind=kind, items=[item])).partition("\n")[2])
                case Format.NAME:
                    self.write(clean(kind.name(item)) + "\n")
                case Format.TABLE if self.quiet:
                    self.write(clean(kind.quiet(item)) + "\n")
                case Format.TABLE:
                    self.write("  ".join(clean(column.text(item)) for column in kind.columns) + "\n")
        self.stdout.flush()

    def show_data(self, value: Any, text: str) -> None:
        """Write `value` under json or yaml, else `text`, whose lines are cleaned."""
        self.result = value
        match self.format:
            case Format.JSON:
                self.write(as_json(value))
            case Format.YAML:
                self.write(as_yaml(value))
            case _:
                self.write("".join(clean(line) + "\n" for line in text.splitlines()))

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
        """Tell the user something beside the data; nothing under `--quiet`."""
        if text and not self.quiet:
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
        """Report an error: two lines of text, or one JSON object under `-o json`."""
        if self.debug:
            import traceback

            self.stderr.write("".join(traceback.format_exception(error)))
        if self.format is Format.JSON:
            self.stderr.write(as_json(error.as_data()))
        else:
            self.stderr.write(f"slshell: {clean(error.message)}\n")
            for line in error.hint.splitlines():
                self.stderr.write(f"  {clean(line)}\n")
        self.stderr.flush()

    def _tell(self, text: str) -> None:
        self.stderr.write("".join(clean(line) + "\n" for line in text.splitlines()))
        self.stderr.flush()


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
