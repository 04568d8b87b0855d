"""Metadata files on the user's disk: reading, writing without loss, and showing what is known of them."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from slshell.model.errors import Conflict, SlshellError, UsageError
from slshell.output.listing import Column, Kind
from slshell.output.text import human_size

if TYPE_CHECKING:
    from slshell.commands.environment import Environment
    from slshell.metadata.document import Metadata
    from slshell.metadata.images import Measured
    from slshell.metadata.signature import Signed

PUBLIC = 0o666
"""Mode of what others may read, cut by the user's umask."""
PRIVATE = 0o600


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One metadata file and what was found in it."""

    file: str
    valid: bool
    reason: str = ""
    """Why it is not valid, or why the policy lets it not run."""
    problems: list[str] = []
    """All that is wrong with its statements, where that could be found out."""
    status: str = ""
    """valid, expired or deprecated."""
    identifier: str = ""
    endorser: str = ""
    """E-mail address of who signed it; empty: unsigned, or the signature does not hold."""
    subject: str = ""
    fingerprint: str = ""
    """SHA-256 of the signer's certificate."""
    signature: str = ""
    """For example rsa-sha256."""
    allowed: bool | None = None
    """What the policy says, when one was asked."""
    original: str = ""
    """Where the file that was replaced is kept."""
    metadata: dict[str, Any] | None = None
    """All that it says, as data."""


def report_of(file: Path, metadata: Metadata, signed: Signed | None, status: str) -> Report:
    """The report of a file that holds; `status` is that of the entry now."""
    return Report(
        file=str(file),
        valid=True,
        status=status,
        identifier=metadata.identifier,
        endorser=signed.email if signed else "",
        subject=signed.subject if signed else "",
        fingerprint=signed.fingerprint if signed else "",
        signature=signed.algorithm if signed else "",
        metadata=msgspec.to_builtins(metadata),
    )


def result(report: Report) -> str:
    """`valid`, `refused` by the policy, `unsigned` or `invalid`."""
    if not report.valid:
        return "invalid"
    if report.allowed is False:
        return "refused"
    return "valid" if report.endorser else "unsigned"


_COLOURS = {"valid": "green", "unsigned": "yellow"}

METADATA = Kind(
    columns=(
        Column(title="FILE", text=lambda each: each.file, flexible=True),
        Column(title="RESULT", text=result, style=lambda each: _COLOURS.get(result(each), "red")),
        Column(title="STATUS", text=lambda each: each.status),
        Column(title="IDENTIFIER", text=lambda each: each.identifier),
        Column(title="ENDORSER", text=lambda each: each.endorser, flexible=True),
        Column(title="SIGNATURE", text=lambda each: each.signature),
        Column(title="REMARK", text=lambda each: each.reason, flexible=True),
    ),
    name=lambda each: each.file,
    quiet=lambda each: each.file,
    empty="there is no metadata file",
)


def measured(environment: Environment, image: Path) -> Measured:
    """Size and checksums of an image file, with progress while it is read.

    Raises:
        UsageError, TooLarge: see `slshell.metadata.images.measure`.
    """
    from slshell.metadata.images import measure

    with environment.output.progress() as progress:

        def told(done: int, total: int) -> None:
            share = 100 * done // total if total else 100
            progress.say(f"reading {image.name}: {share} % of {human_size(total)}")

        return measure(image, told=told)


def read_file(path: Path, largest: int) -> bytes:
    """The content of a small file.

    Raises:
        UsageError: it cannot be read, or has more than `largest` bytes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", hint="check the name of the file"
        ) from error
    if len(data) > largest:
        raise UsageError(f"{path} is larger than {largest >> 10} KiB", hint="is this the right file?")
    return data


def check_free(path: Path, *, force: bool) -> None:
    """Do nothing when a file of this name may be written.

    Raises:
        Conflict: there is one already, and `force` is not said.
    """
    if not force and (path.exists() or path.is_symlink()):
        raise Conflict(f"{path} exists already", hint="say --force to replace it, or choose another name")


def write_file(path: Path, data: bytes, *, force: bool, mode: int = PUBLIC) -> None:
    """Write a whole file or nothing; an existing one is replaced only with `force`.

    Raises:
        Conflict: it exists. SlshellError: it cannot be written.
    """
    part = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}") if force else path
    made = False
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            made = True
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        if made:
            with suppress(OSError):
                part.unlink()
        check_free(path, force=force)
        raise SlshellError(
            f"{path} cannot be written: {error.strerror}", hint="choose another place for it"
        ) from error


def check_target(source: Path, target: Path | None, *, force: bool) -> None:
    """Do nothing when `write_signed` may do its work, so that nobody is asked for a password in vain.

    Raises:
        Conflict: a file is in the way.
    """
    check_free(_original(source) if target is None or _same(target, source) else target, force=force)


def write_signed(
    source: Path, data: bytes, signed: bytes, target: Path | None, *, force: bool
) -> Path | None:
    """Write the signed form of `source`, whose content was `data`.

    Without a target it takes the place of `source`, which is kept as `source` + `.orig`; answers where.
    """
    if target is not None and not _same(target, source):
        write_file(target, signed, force=force)
        return None
    original = _original(source)
    write_file(original, data, force=force)
    write_file(source, signed, force=True)
    return original


def _original(source: Path) -> Path:
    return source.with_name(source.name + ".orig")


def _same(one: Path, other: Path) -> bool:
    return one.exists() and one.samefile(other)
