"""`slshell deprecate-metadata`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from slshell.commands.environment import Environment
from slshell.commands.metadata_files import read_file
from slshell.commands.registry import Danger, command
from slshell.commands.sign_metadata import signed_listing
from slshell.commands.signing import SignerOptions, signing_options
from slshell.output.listing import Listing

REASON = "This image has been deprecated"


@command(danger=Danger.CHANGE)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--reason", default=REASON, show_default=True, metavar="TEXT", help="Why.")
@signing_options
def deprecate_metadata_command(
    environment: Environment, file: Path, reason: str, target: Path | None, force: bool, **options: Any
) -> Listing:
    """Say in a metadata file that its image should no longer be used, and sign that.

    Only who endorsed an entry can deprecate it. The file's former content is kept as FILE.orig, unless
    --output says otherwise.
    """
    from slshell.metadata import signature
    from slshell.metadata.xml import LARGEST_BYTES

    data = read_file(file, LARGEST_BYTES)
    if signature.has_signature(data):
        signature.verify(data)
    return signed_listing(environment, file, target, force, SignerOptions(**options), reason)
