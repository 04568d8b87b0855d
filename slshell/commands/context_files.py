"""Reading what machines are to be told: pairs, files of pairs, documents for cloud-init and templates."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slshell.client.profiles import config_folder
from slshell.model.appliance import ContextMethod
from slshell.model.context import UserDataPart
from slshell.model.errors import NotFound, UsageError
from slshell.model.nearest import nearest_hint

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

MAX_BYTES = 512 << 10
"""Of one file; the cloud takes less, and says how much."""
SSH = "ssh"
"""The pseudo-type of a file of public keys."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_TYPE = re.compile(r"[a-z][a-z0-9-]*")


class CloudInit(click.ParamType[Any]):
    """`TYPE,FILE`, several joined by `#`, or one file or template whose first line tells its type."""

    name = "cloud-init"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names of templates, and files."""
        from click.shell_completion import CompletionItem

        environ = getattr(ctx.obj, "environ", None)
        names = [name for name in template_names(environ) if name.startswith(incomplete)]
        offers = [CompletionItem(name, help="a template of yours") for name in names]
        return [*offers, CompletionItem(incomplete, type="file")]


def context_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what a machine is told, beyond single variables."""
    function = click.option(
        "--cloud-init",
        "cloud_init",
        type=CloudInit(),
        multiple=True,
        metavar="[TYPE,]FILE",
        help="A document for cloud-init, or a template of yours; `context ID` shows them. May be repeated.",
    )(function)
    function = click.option(
        "--context-method",
        "context_method",
        type=click.Choice([str(each) for each in ContextMethod]),
        callback=lambda context, parameter, value: None if value is None else ContextMethod(value),
        help="How the machine is told, instead of what its appliance says.",
    )(function)
    return click.option(
        "--context-file",
        "context_files",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE",
        help="Variables for the machine, NAME=VALUE a line; may be repeated.",
    )(function)


def template_folder(environ: Mapping[str, str] | None) -> Path:
    """Where templates are kept: one file each, its name is the template's."""
    return config_folder(environ) / "user-data"


def template_names(environ: Mapping[str, str] | None) -> list[str]:
    """The templates there are."""
    try:
        found = [path.name for path in template_folder(environ).iterdir() if path.is_file()]
    except OSError:
        return []
    return sorted(name for name in found if _NAME.fullmatch(name))


def template_path(name: str, environ: Mapping[str, str] | None) -> Path:
    """The file of a template, which need not be there.

    Raises:
        UsageError: the name cannot be one.
    """
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            f"“{name[:64]}” cannot name a template", hint="use letters, digits, dots, dashes and underscores"
        )
    return template_folder(environ) / name


def parts_of(
    values: Iterable[str], environ: Mapping[str, str] | None
) -> tuple[tuple[UserDataPart, ...], list[Path]]:
    """The documents that `--cloud-init` names, and the files of public keys among them.

    Raises:
        UsageError: a value, file or type cannot be. NotFound: there is no such file or template.
    """
    parts: list[UserDataPart] = []
    keys: list[Path] = []
    for value in values:
        # A file may have these characters in its name; taken apart is only what is no file.
        pieces = [value] if Path(value).is_file() else [piece for piece in value.split("#") if piece]
        for piece in pieces:
            kind, path = _taken_apart(piece, environ)
            if kind == SSH:
                keys.append(path)
            else:
                parts.append(UserDataPart(type=kind, name=path.name, content=read_text(path)))
    return tuple(parts), keys


def _taken_apart(piece: str, environ: Mapping[str, str] | None) -> tuple[str, Path]:
    kind, comma, name = piece.partition(",")
    kind = kind.strip().removeprefix("text/")
    if comma and not Path(piece).is_file():
        if _TYPE.fullmatch(kind) is None or not name.strip():
            raise UsageError(
                f"“{piece[:80]}” is not TYPE,FILE", hint="for example --cloud-init cloud-config,web.yaml"
            )
        return kind, _found(name.strip(), environ)
    return "", _found(piece, environ)


def _found(name: str, environ: Mapping[str, str] | None) -> Path:
    path = Path(os.path.expanduser(name))  # noqa: PTH111 - an unknown ~user stays as it is
    if path.is_file():
        return path
    if _NAME.fullmatch(name) and (kept := template_path(name, environ)).is_file():
        return kept
    if path.is_dir():
        raise UsageError(f"{name} is a folder", hint="name a file in it")
    known = template_names(environ)
    raise NotFound(
        f"there is neither a file nor a template “{name[:80]}”",
        hint=nearest_hint(name, known) or "`slshell user-data` lists your templates",
    )


def read_text(path: Path) -> str:
    """The text of a file for a machine.

    Raises:
        UsageError: it cannot be read, is no text, or too large.
    """
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError as error:
        raise UsageError(f"{path} cannot be read", why=str(error.strerror), hint="name another") from error
    if data is None:
        raise UsageError(
            f"{path} is larger than {MAX_BYTES >> 10} KiB",
            hint="let the machine fetch it, with x-include-url",
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(
            f"{path}, line {line}: this is not UTF-8 text", hint="convert or encode it"
        ) from error


def context_of(pairs: Iterable[tuple[str, str]], files: Iterable[Path]) -> dict[str, str]:
    """The variables of `--context-file` and `--context`; what comes later wins, pairs over files.

    A file has one NAME=VALUE a line; all behind the first `=` is the value. Blank lines are passed over.

    Raises:
        UsageError: a line is none, with file and number.
    """
    found: dict[str, str] = {}
    for path in files:
        for number, line in enumerate(read_text(path).split("\n"), 1):
            line = line.removesuffix("\r")
            if not line.strip():
                continue
            name, sign, value = line.partition("=")
            name = name.strip()
            if not sign or not name.isidentifier() or not name.isascii():
                raise UsageError(
                    f"{path}, line {number}: “{line[:60]}” is not NAME=VALUE",
                    hint="write one variable a line; there are no comments, for a value may begin with #",
                )
            _set(found, name, value)
    for name, value in pairs:
        _set(found, name, value)
    return found


def _set(found: dict[str, str], name: str, value: str) -> None:
    """Machines see upper-case names, so another spelling of a name is the same variable."""
    for known in [each for each in found if each.upper() == name.upper()]:
        del found[known]
    found[name] = value
