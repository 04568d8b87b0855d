"""`slshell create-static-disk`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from slshell.commands.environment import Environment
from slshell.commands.import_image import upload, wait_until_taken
from slshell.commands.kinds import APPLIANCE
from slshell.commands.registry import Danger, command
from slshell.media import iso
from slshell.model.appliance import ApplianceKind
from slshell.model.names import checked_name
from slshell.output.listing import Listing


@command(danger=Danger.CHANGE)
@click.argument("folder", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option("-l", "--label", default="STATIC", show_default=True, help="The disc's label.")
@click.option("--name", help="Name in the catalogue; without it, the folder's.")
def create_static_disk_command(
    environment: Environment, folder: Path, label: str, name: str | None
) -> Listing:
    """Make a read-only disk of a folder and register it, for `run --readonly-disk`.

    The same folder gives the same disk, whoever makes it.
    """
    chosen = name or folder.resolve().name
    checked_name(chosen, "name of a static disk")
    with tempfile.TemporaryDirectory(prefix="static-") as place:
        image = Path(place) / f"{chosen}.iso"
        iso.make(folder, image, label)
        revision = environment.cloud.status().revision
        made = upload(environment, image, name=chosen, kind=ApplianceKind.DISK)
        made = wait_until_taken(environment, made, revision)
    return Listing(kind=APPLIANCE, items=[made], single=True)
