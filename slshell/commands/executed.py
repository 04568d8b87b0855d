"""What became of a command on each of several machines, and its output as it comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from slshell.model.errors import SlshellError
from slshell.model.instance import Instance
from slshell.output.listing import Column, Kind
from slshell.output.text import clean
from slshell.output.writer import Output

if TYPE_CHECKING:
    from slshell.commands.access import MachineAccess

MOST_KEPT = 16 << 20
"""Bytes of each stream of a machine that are kept for a data format."""
LONGEST_LINE = 64 << 10
"""Bytes after which a line without an end is shown as one."""


class Executed(msgspec.Struct, frozen=True, kw_only=True):
    """One machine's answer. `exit_code` is that of the command, or of the error that kept it from ending."""

    id: int
    name: str
    exit_code: int
    seconds: float
    stdout: str
    stderr: str
    truncated: bool
    """There was more output than is kept."""
    error: dict[str, Any] | None = None


def _remark(item: Executed) -> str:
    return str(item.error["message"]) if item.error else ""


EXECUTED = Kind(
    columns=(
        Column(title="ID", text=lambda each: str(each.id), right=True),
        Column(title="NAME", text=lambda each: each.name, flexible=True, keep=9),
        Column(
            title="EXIT",
            text=lambda each: str(each.exit_code),
            right=True,
            key="exit_code",
            keep=9,
            style=lambda each: "red" if each.exit_code else "green",
        ),
        Column(title="SECONDS", text=lambda each: f"{each.seconds:.1f}", right=True, keep=3),
        Column(title="REMARK", text=_remark, flexible=True, key="error", keep=6),
    ),
    name=lambda each: each.name,
    quiet=lambda each: str(each.id),
    empty="no machines",
    model=Executed,
)


@dataclass(kw_only=True)
class Running:
    """The command on one machine, as far as it has come."""

    instance: Instance
    label: str
    access: MachineAccess
    status: int | None = None
    error: SlshellError | None = None
    seconds: float = 0.0
    truncated: bool = False
    _streams: tuple[bytearray, bytearray] = field(default_factory=lambda: (bytearray(), bytearray()))

    def keep(self, data: bytes, to_stderr: bool) -> None:
        """Take in what the machine wrote, as far as there is room."""
        stream = self._streams[to_stderr]
        room = MOST_KEPT - len(stream)
        self.truncated = self.truncated or len(data) > room
        stream += data[:room]

    def outcome(self) -> Executed:
        """What became of it."""
        failed = int(self.error.exit_code) if self.error is not None else 1
        stdout, stderr = (bytes(each).decode("utf-8", "replace") for each in self._streams)
        return Executed(
            id=self.instance.id,
            name=self.instance.name,
            exit_code=failed if self.status is None else self.status,
            seconds=round(self.seconds, 3),
            stdout=stdout,
            stderr=stderr,
            truncated=self.truncated,
            error=self.error.as_data() if self.error is not None else None,
        )


class Lines:
    """Writes what several machines say, whole lines with the machine's name before each."""

    def __init__(self, output: Output) -> None:
        self.width = 0
        """Columns of the names."""
        self._output = output
        self._begun: dict[tuple[str, bool], bytes] = {}

    def add(self, label: str, data: bytes, to_stderr: bool) -> None:
        """Take in bytes of a machine's output and show the lines that are whole."""
        *whole, rest = (self._begun.get((label, to_stderr), b"") + data).split(b"\n")
        if len(rest) > LONGEST_LINE:
            whole, rest = [*whole, rest], b""
        self._begun[label, to_stderr] = rest
        self._show(label, whole, to_stderr)

    def end(self, label: str, error: SlshellError | None) -> None:
        """Show what is left of a machine that says no more, and why it failed."""
        for to_stderr in (False, True):
            if rest := self._begun.pop((label, to_stderr), b""):
                self._show(label, [rest], to_stderr)
        if error is not None:
            told = [f"slshell: {error.message}", *(f"  {hint}" for hint in error.hint.splitlines())]
            self._show(label, [line.encode() for line in told], True)

    def _show(self, label: str, lines: list[bytes], to_stderr: bool) -> None:
        stream = self._output.stderr if to_stderr else self._output.stdout
        before = clean(label).ljust(self.width)
        for line in lines:
            text = line.decode("utf-8", "replace").removesuffix("\r").expandtabs()
            stream.write(f"{before} | {clean(text)}\n")
        if lines:
            stream.flush()
