"""`slshell sign-metadata`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from slshell.commands.environment import Environment
from slshell.commands.metadata_files import METADATA, check_target, read_file, report_of, write_signed
from slshell.commands.registry import Danger, command
from slshell.commands.signing import SignerOptions, signer_of, signing_options
from slshell.output.listing import Listing


@command(danger=Danger.CHANGE)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@signing_options
def sign_metadata_command(
    environment: Environment, file: Path, target: Path | None, force: bool, **options: Any
) -> Listing:
    """Endorse a metadata file: your name and your signature replace those that it had.

    The file is replaced and its former content kept as FILE.orig, unless --output says otherwise.
    """
    return signed_listing(environment, file, target, force, SignerOptions(**options), None)


def signed_listing(
    environment: Environment,
    file: Path,
    target: Path | None,
    force: bool,
    options: SignerOptions,
    deprecate: str | None,
) -> Listing:
    """Sign one file, deprecating it where a reason is given, and write it; answers its report."""
    from msgspec.structs import replace

    from slshell.metadata import signature
    from slshell.metadata.xml import LARGEST_BYTES

    data = read_file(file, LARGEST_BYTES)
    check_target(file, target, force=force)
    signer = signer_of(environment, options)
    now = datetime.now(UTC)
    made = signature.sign(
        data, signer, now=now, email=options.email, legacy=options.legacy, deprecate=deprecate
    )
    signed = signature.verify(made)
    if options.email and options.email != signed.email:
        environment.output.notice(f"--email is passed over, for the certificate is {signed.email}'s")
    original = write_signed(file, data, made, target, force=force)
    report = report_of(target or file, signed.metadata, signed, signed.metadata.status(now))
    return Listing(kind=METADATA, items=[replace(report, original=str(original or ""))], single=True)
