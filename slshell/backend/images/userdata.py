"""Documents for cloud-init: what may be one, and how several become one. Data in, bytes out."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import msgspec
import yaml

from slshell.model.context import UserDataPart
from slshell.model.errors import UsageError

ALONE, NETWORK, VENDOR = "none", "network-config", "vendor-data"
TYPES = (
    "cloud-config", "x-shellscript", "cloud-boothook", "x-include-url", "x-include-once-url", "jinja2",
    "cloud-config-archive", "cloud-config-jsonp", "part-handler", "x-shellscript-per-boot",
    "x-shellscript-per-instance", "x-shellscript-per-once", "plain",
)  # fmt: skip
"""The subtypes of `text/` that cloud-init has handlers for, and plain, for what other programs read."""

MAX_BYTES = 16384
"""Of the packed user-data; the limit of StratusLab and of the clouds that it followed."""
_MAX_PARTS = 64
_FIRST_LINES = {
    "cloud-config": ("#cloud-config",),
    "cloud-config-archive": ("#cloud-config-archive",),
    "x-include-url": ("#include", "http://", "https://"),
    "x-include-once-url": ("#include-once", "http://", "https://"),
    "cloud-boothook": ("#cloud-boothook", "#!"),
    "x-shellscript": ("#!",),
    "x-shellscript-per-boot": ("#!",),
    "x-shellscript-per-instance": ("#!",),
    "x-shellscript-per-once": ("#!",),
    "jinja2": ("## template: jinja", "##template: jinja"),
    "part-handler": ("#part-handler",),
}
_OPTIONAL_FIRST_LINE = frozenset({"cloud-config"})
_SCRIPTS = frozenset(name for name in _FIRST_LINES if name.startswith("x-shellscript"))


def resolved(parts: Iterable[UserDataPart]) -> tuple[UserDataPart, ...]:
    """The documents with the type of each that named none, told by its first line.

    Raises:
        UsageError: the first line tells nothing.
    """
    return tuple(
        msgspec.structs.replace(part, type=_type_of(part)) if not part.type else part for part in parts
    )


def check(parts: Sequence[UserDataPart]) -> None:
    """Return when cloud-init can be given these.

    Raises:
        UsageError: one cannot be what it is said to be, with its name and line; they do not go together; all
        of them are too large.
    """
    if len(parts) > _MAX_PARTS:
        raise UsageError(f"{len(parts)} documents are too many", hint=f"{_MAX_PARTS} can be given")
    for part in parts:
        _check_one(part)
    for single in (ALONE, NETWORK, VENDOR):
        if sum(part.type == single for part in parts) > 1:
            raise UsageError(f"{single} is given twice", hint="give it once")
    documents = [part for part in parts if part.type not in (NETWORK, VENDOR)]
    if any(part.type == ALONE for part in documents) and len(documents) > 1:
        raise UsageError(
            f"{next(part.name for part in documents if part.type == ALONE)} is to be the user-data alone, "
            f"and there are {len(documents) - 1} more",
            hint="leave the others out, or name its type instead of none",
        )
    size = len(user_data(documents)) if documents else 0
    if size > MAX_BYTES:
        raise UsageError(
            f"the user-data has {size} bytes when packed, the limit is {MAX_BYTES}",
            hint="let the machine fetch the largest, with x-include-url or in a script",
            details={"bytes": size, "limit": MAX_BYTES},
        )


def user_data(parts: Sequence[UserDataPart]) -> bytes:
    """The documents as cloud-init takes them: one that is to be alone as it is, else packed together."""
    if len(parts) == 1 and parts[0].type == ALONE:
        return parts[0].content.encode()
    return gzip.compress(multipart(parts), compresslevel=9, mtime=0)


def multipart(parts: Iterable[UserDataPart]) -> bytes:
    """The documents as one MIME message; the same ones give the same bytes."""
    message = MIMEMultipart(boundary="==slshell-user-data==")
    for number, part in enumerate(parts, 1):
        piece = MIMEText(part.content, part.type, "utf-8")
        # A name is the user's text; what no header can carry is replaced by the part's number.
        plain = part.name.isascii() and part.name.isprintable() and '"' not in part.name
        piece.add_header(
            "Content-Disposition", "attachment", filename=part.name if plain else f"part-{number}"
        )
        message.attach(piece)
    return message.as_bytes()


def _type_of(part: UserDataPart) -> str:
    first = part.content.partition("\n")[0].rstrip()
    # The longest first, for #cloud-config begins #cloud-config-archive.
    known = [(line, kind) for kind, lines in _FIRST_LINES.items() for line in lines if line[0] == "#"]
    for line, kind in sorted(known, key=lambda each: -len(each[0])):
        if line != "#!" and first.startswith(line):
            return kind
    if first.startswith("#!"):
        return "x-shellscript"
    raise UsageError(
        f"{part.name[:80]}, line 1: “{first[:40]}” does not say what it is",
        hint="begin it with #cloud-config or #!/bin/sh, or say its type: --cloud-init plain,FILE",
    )


def _check_one(part: UserDataPart) -> None:
    kind, content, name = part.type, part.content, part.name[:80] or "the document"
    if kind not in (*TYPES, ALONE, NETWORK, VENDOR):
        raise UsageError(
            f"“{kind[:40]}” is no type of a document for cloud-init",
            hint=f"types: {', '.join((*TYPES, ALONE, NETWORK, VENDOR))}",
        )
    if not content.strip():
        raise UsageError(f"{name} is empty", hint="leave it out, or write what the machine is to do")
    if "\0" in content:
        raise UsageError(f"{name} is not text", hint="give cloud-init text; fetch other files in a script")
    first = content.partition("\n")[0].rstrip("\r")
    wanted = _FIRST_LINES.get(kind, ())
    if wanted and kind not in _OPTIONAL_FIRST_LINE and not first.startswith(wanted):
        raise UsageError(
            f"{name}, line 1: {kind} begins with {' or '.join(wanted)}, this does with “{first[:40]}”",
            hint="name what runs it, for example #!/bin/sh" if kind in _SCRIPTS else "correct its type",
        )
    if kind in _SCRIPTS and content.partition("\n")[0].endswith("\r"):
        raise UsageError(
            f"{name}, line 1: its lines end as on Windows, so the machine would look for “{first[2:]}\\r”",
            hint=f"sed -i 's/\\r$//' {name}",
        )
    declared = first.strip() == "#cloud-config"
    if kind == "cloud-config" or (kind in (ALONE, VENDOR) and declared):
        _mapping(part, name)
    elif kind in (NETWORK, "cloud-config-archive"):
        _yaml(part, name)


def _mapping(part: UserDataPart, name: str) -> None:
    settings = _yaml(part, name)
    if not isinstance(settings, dict):
        raise UsageError(
            f"{name}: a cloud-config is a mapping such as `packages: [git]`, this is none",
            hint="look for a missing colon or blank",
        )
    for list_name in ("runcmd", "bootcmd", "packages", "write_files"):
        value = settings.get(list_name)
        if value is not None and not isinstance(value, list):
            raise UsageError(
                f"{name}, line {_line_of(part.content, list_name)}: {list_name} is a list, this is none",
                hint=f"write each entry of {list_name} behind a dash, on a line of its own",
            )


def _yaml(part: UserDataPart, name: str) -> object:
    try:
        return yaml.safe_load(part.content)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UsageError(f"{name}{where}: {error.problem or error.context}", hint="correct it") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not YAML: {str(error)[:200]}", hint="correct it") from error


def _line_of(content: str, key: str) -> int:
    lines = content.splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.startswith(f"{key}:")), 1)
