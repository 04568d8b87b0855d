"""`-o template=…`: a line an item, made of its data; nothing but data can be reached from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Formatter
from typing import Any

from slshell.model.errors import UsageError
from slshell.model.nearest import nearest_hint
from slshell.output.text import as_text, clean

_SPEC = re.compile(r"(?:.?[<>=^])?[-+ ]?0?\d{0,3},?(?:\.\d{1,2})?[bcdeEfFgGosxX%]?")
"""Fill, alignment, sign, width below 1000, digits and type, as Python's format has them."""
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.\w+|\[\w+\])*")
_STEP = re.compile(r"\w+")
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\\\": "\\"}
EXAMPLE = "for example -o template='{id} {name:<12} {state}'"


@dataclass(frozen=True)
class _Part:
    """Text as it is, and the field that comes behind it."""

    text: str
    path: tuple[str, ...] = ()
    spec: str = ""


@dataclass(frozen=True)
class Template:
    """A parsed template. `{name}`, `{phases[0].name}`, `{id:>5}`; `{{` is a brace, `\\t` and `\\n` work."""

    parts: tuple[_Part, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Read a template.

        Raises:
            UsageError: a brace is open, or a field or its format is not one of those allowed.
        """
        try:
            found = list(Formatter().parse(text))
        except ValueError as error:
            raise UsageError(f"the template cannot be read: {error}", hint=EXAMPLE) from error
        return cls(tuple(_part(*each) for each in found))

    def line(self, data: dict[str, Any]) -> str:
        """The line for one item, its values cleaned, with a newline.

        Raises:
            UsageError: there is no such field (the nearest is named), or a format does not fit its value.
        """
        filled = [part.text + (_filled(part, data) if part.path else "") for part in self.parts]
        return "".join(filled) + "\n"

    def check(self, fields: list[str]) -> None:
        """Refuse a field that no item has.

        Raises:
            UsageError: it names the nearest.
        """
        for part in self.parts:
            if part.path and fields and part.path[0] not in fields:
                raise _unknown(part.path[0], fields)


def _part(text: str, field: str | None, spec: str | None, conversion: str | None) -> _Part:
    literal = re.sub(r"\\[nt\\]", lambda match: _ESCAPES[match[0]], text)
    if field is None:
        return _Part(literal)
    if _PATH.fullmatch(field) is None or "__" in field:
        raise UsageError(f"“{{{field}}}” is not a field of the data", hint=EXAMPLE)
    if conversion is not None:
        raise UsageError(f"“!{conversion}” is not allowed in a template", hint=EXAMPLE)
    if _SPEC.fullmatch(spec or "") is None:
        raise UsageError(
            f"“{spec}” is not a format for {field}", hint="alignment, width and digits, as in {id:>5}"
        )
    return _Part(literal, tuple(_STEP.findall(field)), spec or "")


def _filled(part: _Part, data: dict[str, Any]) -> str:
    value: Any = data
    for at, step in enumerate(part.path):
        where = ".".join(part.path[: at + 1])
        if isinstance(value, dict):
            if step not in value:
                raise _unknown(where, [str(key) for key in value])
            value = value[step]
        elif isinstance(value, (list, tuple)) and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        elif value is not None:
            raise UsageError(f"the template's field “{where}” is not there: the value above it is plain")
    exact = isinstance(value, (int, float)) and not isinstance(value, bool)
    try:
        return clean(format(value if exact else as_text(value), part.spec))
    except ValueError as error:
        name = ".".join(part.path)
        raise UsageError(f"the format “{part.spec}” does not fit {name}", why=str(error)) from error


def _unknown(name: str, known: list[str]) -> UsageError:
    hint = nearest_hint(name.rpartition(".")[2], known)
    return UsageError(f"the data has no field “{name}”", hint=hint)
