"""Forms as data: which parameters of a command a form asks for, and the command line that they make."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slshell.commands.registry import CommandInfo, ParameterInfo, commands
from slshell.model.errors import UsageError

_KINDS = {"integer range": "number", "integer": "number", "float range": "number", "text": "", "file": "path"}


@dataclass(frozen=True)
class Form:
    """What a form asks for; the rest comes from the command's own declaration."""

    command: str
    title: str
    action: str
    """The word on the button."""
    parameters: tuple[str, ...]
    """Names of the command's parameters, in the order shown."""
    needed: frozenset[str] = frozenset()
    """Names without which it makes no sense, beside those that the command itself requires."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Shown instead of a parameter's own name."""
    abouts: Mapping[str, str] = field(default_factory=dict)
    """What to fill in, for arguments: commands declare help for options only."""

    @property
    def info(self) -> CommandInfo:
        """The command as it is declared; KeyError when there is none."""
        return {each.name: each for each in commands()}[self.command]

    def fields(self) -> tuple[Field, ...]:
        """The form's fields; KeyError when the command has no such parameter."""
        known = {each.name: each for each in self.info.parameters}
        return tuple(self._field(known[name]) for name in self.parameters)

    def _field(self, parameter: ParameterInfo) -> Field:
        label = self.labels.get(parameter.name, _label(parameter))
        needed = parameter.required or parameter.name in self.needed
        return Field(parameter, label, needed, self.abouts.get(parameter.name, ""))


@dataclass(frozen=True)
class Field:
    """One field: a parameter of the command, its label, and whether it must be filled in."""

    parameter: ParameterInfo
    label: str
    needed: bool
    purpose: str = ""
    """What to fill in, where the parameter does not say."""

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.parameter.name

    @property
    def is_switch(self) -> bool:
        """It is on or off."""
        return self.parameter.type == "boolean"

    @property
    def kind(self) -> str:
        """A word for what is to be typed, shown while the field is empty."""
        known = _KINDS.get(self.parameter.type)
        return known or self.parameter.metavar or self.parameter.type

    @property
    def about(self) -> str:
        """What to fill in, for people."""
        words = self.parameter.help or self.purpose
        if self.parameter.multiple:
            words = f"{words} Several are parted by blanks; put quotes around what has blanks in it."
        return words.strip()

    def words(self, value: str) -> list[str]:
        """The words that the field adds to the command line.

        Raises:
            UsageError: a quote is not closed.
        """
        value = value.strip()
        if not value:
            return []
        if self.is_switch:
            return [self._flag]
        values = _parted(value, self.label) if self.parameter.multiple else [value]
        if not self.parameter.flags:
            return values
        return [word for each in values for word in (self._flag, each)]

    @property
    def _flag(self) -> str:
        return max(self.parameter.flags, key=len)


RUN = Form(
    command="run",
    title="Run",
    action="Run",
    parameters=(
        "appliance",
        "type_name",
        "name",
        "number",
        "keys",
        "context",
        "tags",
        "cpu",
        "ram",
        "swap",
        "persistent",
        "volatile",
        "readonly",
    ),
    needed=frozenset({"appliance"}),
    labels={
        "type_name": "type",
        "number": "count",
        "keys": "key",
        "tags": "tags",
        "persistent": "volumes",
        "volatile": "volatile disks",
        "readonly": "static disks",
    },
    abouts={"appliance": "What to start: an appliance's name, or the identifier of an image."},
)
CREATE_VOLUME = Form(
    command="create-volume",
    title="New volume",
    action="Make",
    parameters=("size", "tag", "public"),
    needed=frozenset({"size"}),
)
ATTACH_VOLUME = Form(
    command="attach-volume",
    title="Attach",
    action="Attach",
    parameters=("instance", "volumes"),
    needed=frozenset({"instance", "volumes"}),
    abouts={"volumes": "What to plug in: UUIDs or tags."},
)
RESIZE_VOLUME = Form(
    command="resize-volume",
    title="Make a volume larger",
    action="Grow",
    parameters=("volume", "size"),
    needed=frozenset({"volume", "size"}),
    abouts={"volume": "Which one: its UUID or tag."},
)  # fmt: skip


def missing(fields: Sequence[Field], values: Mapping[str, str]) -> list[Field]:
    """The fields that must be filled in and are not."""
    return [each for each in fields if each.needed and not values.get(each.name, "").strip()]


def command_line(command: str, fields: Sequence[Field], values: Mapping[str, str]) -> str:
    """The equivalent command line without the program's name; arguments come before options.

    Raises:
        UsageError: a quote is not closed.
    """
    ordered = sorted(fields, key=lambda each: bool(each.parameter.flags))
    words = [word for each in ordered for word in _safe(each, values.get(each.name, ""))]
    return " ".join([command, *(shlex.quote(word) for word in words)])


def completion_line(
    command: str, fields: Sequence[Field], values: Mapping[str, str], asked: Field, typed: str
) -> str:
    """A line whose last word completes to what may stand in a field."""
    words = [command]
    if asked.parameter.flags:
        words += asked.words("x")[:1]
    else:
        before = fields[: list(fields).index(asked)]
        words += [
            word for each in before if not each.parameter.flags for word in each.words(values[each.name])
        ]
    if asked.parameter.multiple:
        typed = typed.rpartition(" ")[2]
    return " ".join([*(shlex.quote(word) for word in words), shlex.quote(typed) if typed else ""])


def _safe(asked: Field, value: str) -> list[str]:
    """A value that looks like an option is said to be none where it stands alone."""
    words = asked.words(value)
    if not asked.parameter.flags and any(word.startswith("-") for word in words):
        raise UsageError(f"{asked.label} begins with a dash", hint="a name begins with a letter or digit")
    return words


def _parted(value: str, label: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError as error:
        raise UsageError(f"{label}: a quote is not closed", hint='write it as in A="two words"') from error


def _label(parameter: ParameterInfo) -> str:
    return max(parameter.flags, key=len).lstrip("-") if parameter.flags else parameter.name.replace("_", " ")
