"""`slshell upload-metadata`."""

from __future__ import annotations

from pathlib import Path

import click

from slshell.commands.entry_kinds import ENTRY, coordinates
from slshell.commands.environment import Environment
from slshell.commands.metadata_files import read_file
from slshell.commands.registry import Danger, command
from slshell.model.entry import CatalogueEntry
from slshell.output.listing import Listing


@command(danger=Danger.CHANGE)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--marketplace", metavar="URL", help="Send it to this marketplace instead of the cloud's own.")
def upload_metadata_command(environment: Environment, file: Path, marketplace: str | None) -> Listing:
    """Publish a signed metadata file: anybody who uses the cloud then finds the image and can run it.

    The file is checked before it is sent. An entry never changes: to correct one, sign and upload again.
    """
    from slshell.metadata.xml import LARGEST_BYTES

    return published(environment, read_file(file, LARGEST_BYTES), marketplace)


def published(environment: Environment, document: bytes, marketplace: str | None) -> Listing:
    """Send a signed document to the cloud, or to a marketplace by its protocol.

    Raises:
        InvalidMetadata: it is not signed or does not hold. UsageError, Conflict: it was refused.
    """
    from slshell.metadata.signature import verify

    signed = verify(document)
    if marketplace is None:
        return Listing(kind=ENTRY, items=[environment.cloud.publish(document)], single=True)
    from slshell.client import marketplace as other

    if other.upload(marketplace, document) == 202:
        environment.output.notice(f"the marketplace asks {signed.email} by mail to confirm the entry")
    metadata, endorsement = signed.metadata, signed.metadata.endorsement
    assert endorsement is not None  # noqa: S101 - `verify` refuses a document without one
    entry = CatalogueEntry(
        identifier=metadata.identifier,
        endorser=signed.email,
        endorsed_at=endorsement.created,
        size_bytes=metadata.size_bytes,
        checksums={str(name): value for name, value in metadata.checksums.items()},
        title=metadata.title,
        os=metadata.os,
        os_version=metadata.os_version,
        deprecated=metadata.deprecated,
        valid=metadata.valid,
        source=marketplace,
    )
    environment.output.notice(f"{marketplace.rstrip('/')}/metadata/{coordinates(entry)}")
    return Listing(kind=ENTRY, items=[entry], single=True)
