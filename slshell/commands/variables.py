"""Variables of a session: what a line sets, what the last command left, and the process's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from slshell.client.profiles import home_folder, nearest_hint
from slshell.commands.grammar import NAME, Part, Token
from slshell.model.errors import UsageError


class Variables:
    """`$NAME`, `$?` and `$_`. What is not set here is looked for in the process's environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)
        self._own: dict[str, str] = {}
        self._exported: set[str] = set()
        self.code = 0
        """The exit code of the last command, `$?`."""
        self.last: str | None = None
        """The id of the last resource that a command showed, `$_`."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment that commands and the user's shell get."""
        return self._environ | {name: self._own[name] for name in self._exported}

    @property
    def home(self) -> Path:
        """What `~` stands for."""
        return home_folder(self.environ)

    def known(self) -> dict[str, str]:
        """All that can be written with a `$`, in the order of their names."""
        special = {"?": str(self.code)} | ({} if self.last is None else {"_": self.last})
        without = {name: value for name, value in self._environ.items() if name != "_"}
        return dict(sorted({**without, **self._own, **special}.items()))

    def exported(self) -> dict[str, str]:
        """What was exported here."""
        return {name: self._own[name] for name in sorted(self._exported)}

    def get(self, name: str) -> str:
        """The value of a variable.

        Raises:
            UsageError: it is not set. An empty text in its place could turn `kill $X` into something else.
        """
        known = self.known()
        if name in known:
            return known[name]
        if name == "_":
            raise UsageError("$_ is not set: no command has shown a resource yet", hint="name the id")
        names = [each for each in known if each not in "?_"]
        near = nearest_hint(name, names)
        hint = near if near.startswith("did") else f"export {name}=VALUE sets it"
        raise UsageError(f"there is no variable “{name}”", hint=hint)

    def set(self, name: str, value: str) -> None:
        """Set a variable; one that was exported stays so."""
        checked(name)
        self._own[name] = value

    def export(self, name: str, value: str | None = None) -> None:
        """Hand a variable on to commands; `value` None leaves it as it is."""
        self.set(checked(name), self.get(name) if value is None else value)
        self._exported.add(name)

    def unset(self, name: str) -> None:
        """Forget a variable; nothing when there is none."""
        checked(name)
        self._own.pop(name, None)
        self._environ.pop(name, None)
        self._exported.discard(name)

    def expanded(self, words: Iterable[Token], *, split: bool = True) -> list[str]:
        """The words as commands get them; the value of a bare variable is split at its blanks.

        Raises:
            UsageError: a variable is not set.
        """
        found: list[str] = []
        for word in words:
            found += self._fields(word.parts, split=split)
        return found

    def _fields(self, parts: tuple[Part, ...], *, split: bool) -> list[str]:
        fields: list[str] = []
        current: str | None = None
        for at, part in enumerate(parts):
            value = self.get(part.text) if part.variable else part.text
            if not part.variable and not part.quoted and at == 0:
                value = self._with_home(value)
            if not part.variable or part.quoted or not split:
                current = (current or "") + value
                continue
            pieces = value.split()
            if current is not None and value[:1].isspace():
                fields.append(current)
                current = None
            for piece in pieces[:-1]:
                fields.append((current or "") + piece)
                current = None
            if pieces:
                current = (current or "") + pieces[-1]
            if value[-1:].isspace() and current is not None:
                fields.append(current)
                current = None
        return fields if current is None else [*fields, current]

    def _with_home(self, text: str) -> str:
        return f"{self.home}{text[1:]}" if text == "~" or text.startswith("~/") else text


def assignment(word: Token) -> tuple[str, Token] | None:
    """`NAME=value` as the name and a word for the value; None for any other word."""
    first = word.parts[0] if word.parts else None
    if first is None or first.variable or first.quoted:
        return None
    name, sign, rest = first.text.partition("=")
    if not sign or NAME.fullmatch(name) is None:
        return None
    start = first.start + len(name) + 1
    kept = Part(text=rest, start=start, end=first.end)
    return name, Token(sort=word.sort, start=start, end=word.end, parts=(kept, *word.parts[1:]))


def checked(name: str) -> str:
    """The name itself.

    Raises:
        UsageError: no variable can be called that, or it is one that commands set.
    """
    if name in ("?", "_"):
        raise UsageError(f"${name} is set by commands", hint="take another name")
    if NAME.fullmatch(name) is None:
        raise UsageError(
            f"“{name}” is no name of a variable", hint="letters, digits and _, for example WEB_1"
        )
    return name
