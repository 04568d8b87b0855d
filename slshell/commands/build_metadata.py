"""`slshell build-metadata`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slshell.commands.environment import Environment
from slshell.commands.metadata_files import METADATA, check_free, measured, report_of, write_file
from slshell.commands.registry import Danger, command
from slshell.commands.signing import file_option
from slshell.model.errors import UsageError
from slshell.model.ids import identifier_of
from slshell.output.listing import Listing

if TYPE_CHECKING:
    from slshell.metadata.document import Metadata
    from slshell.metadata.images import Measured

VALID_DAYS = 178
_ALGORITHMS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512"}
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._+-]")
_PACKINGS = ("gz", "bz2", "xz", "zst")


def _text(flag: str, metavar: str, about: str, default: str = "") -> Callable[[Any], Any]:
    return click.option(flag, default=default, show_default=bool(default), metavar=metavar, help=about)


def _many(flag: str, parameter: str, metavar: str, about: str, **more: Any) -> Callable[[Any], Any]:
    return click.option(flag, parameter, multiple=True, metavar=metavar, help=about, **more)


def _one_of(flag: str, *words: str, about: str, default: str | None = None) -> Callable[[Any], Any]:
    return click.option(
        flag, type=click.Choice(words), default=default, show_default=default is not None, help=about
    )


def _image_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What can be said of the image."""
    for option in reversed(
        (
            _text("--author", "NAME", "Who made the image."),
            _text("--publisher", "NAME", "Who publishes it."),
            _text("--type", "NAME", "Kind of image, for example base or grid.", "base"),
            _one_of("--kind", "machine", "disk", about="What it is.", default="machine"),
            _text("--title", "TEXT", "Title."),
            _many("--tag", "tags", "TEXT", "Label of a series; may be repeated."),
            _text("--comment", "TEXT", "Description."),
            _text("--os", "NAME", "Operating system."),
            _text("--os-version", "TEXT", "Its version."),
            _text("--os-arch", "NAME", "Its architecture, for example x86_64."),
            _text("--image-version", "TEXT", "Version of the image."),
            click.option("--serial-number", type=click.IntRange(min=0), help="Serial number of the image."),
            _one_of("--format", "raw", "qcow2", about="Format; without it, what the image is."),
            _one_of("--compression", *_PACKINGS, about="Packing at the locations; without it, the file's."),
            _text("--hypervisor", "NAME", "Hypervisor it is made for.", "kvm"),
            _one_of("--disks-bus", "ide", "scsi", "virtio", about="Bus of its disks.", default="ide"),
            _many("--location", "locations", "URI", "Where it can be fetched; may be repeated."),
            _many("--inbound-port", "inbound_ports", "N", "Port to be reached, 0 for all.", type=int),
            _many("--outbound-port", "outbound_ports", "N", "Port that it must reach.", type=int),
            _many("--icmp", "icmp", "N", "Type of ICMP that it needs.", type=int),
            click.option(
                "--valid-days",
                type=click.IntRange(min=1, max=36500),
                default=VALID_DAYS,
                show_default=True,
                help="When the entry expires.",
            ),
        )
    ):
        function = option(function)
    return function


def _sum_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for name in reversed(_ALGORITHMS):
        if name != "sha1":
            help_text = f"Leave the {_ALGORITHMS[name]} checksum out."
            function = click.option(f"--no-{name}", is_flag=True, help=help_text)(function)
        help_text = f"Refuse the image unless its {_ALGORITHMS[name]} is this."
        function = click.option(f"--{name}", metavar="HEX", help=help_text)(function)
    return function


@command(danger=Danger.CHANGE)
@click.argument("image", type=click.Path(path_type=Path), metavar="IMAGE")
@_image_options
@_sum_options
@file_option("--output", "target", about="Write here; without it, OS-VERSION-ARCH-TYPE-VERSION.xml.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def build_metadata_command(
    environment: Environment, image: Path, target: Path | None, force: bool, **said: Any
) -> Listing:
    """Write the metadata of an image file, with its size and checksums, ready to be signed.

    Size and checksums are those of the uncompressed content, also when the file is packed with gz, bz2, xz
    or zst.
    """
    from slshell.metadata import checks, document

    target = target or Path(_file_name(said))
    check_free(target, force=force)
    metadata = _described(said, _measured(environment, image), datetime.now(UTC).replace(microsecond=0))
    checks.check(metadata)
    write_file(target, document.written(metadata), force=force)
    if not metadata.locations:
        environment.output.notice("no --location is given: nobody can fetch the image yet")
    status = metadata.status(datetime.now(UTC))
    return Listing(kind=METADATA, items=[report_of(target, metadata, None, status)], single=True)


def _file_name(said: dict[str, Any]) -> str:
    """The original's name; what cannot be in a file name becomes `_`."""
    parts = (said["os"], said["os_version"], said["os_arch"], said["type"], said["image_version"])
    return "-".join(_NOT_IN_NAMES.sub("_", part) for part in parts) + ".xml"


def _measured(environment: Environment, image: Path) -> Measured:
    found = measured(environment, image)
    suffix = image.suffix.removeprefix(".").lower()
    if suffix in _PACKINGS and suffix != found.compression:
        packing = found.compression or "nothing"
        raise UsageError(
            f"{image.name} is packed with {packing}, not with {suffix}", hint="is it damaged, or misnamed?"
        )
    return found


def _described(said: dict[str, Any], found: Measured, now: datetime) -> Metadata:
    from slshell.metadata.document import Digest, Metadata

    if said["format"] and said["format"] != found.format:
        raise UsageError(f"the image is {found.format}, not {said['format']}", hint="leave --format out")
    checksums = {}
    for name, algorithm in _ALGORITHMS.items():
        value = found.checksums[Digest(algorithm)]
        if said[name] is not None and said[name].lower() != value:
            raise UsageError(
                f"the {algorithm} of the image is {value}, not {said[name]}",
                hint="checksums are of the uncompressed content",
            )
        if not said.get(f"no_{name}"):
            checksums[Digest(algorithm)] = value
    same = ("type", "kind", "os", "os_version", "serial_number", "hypervisor", "disks_bus", "title", "tags",
            "publisher", "locations", "inbound_ports", "outbound_ports", "icmp")  # fmt: skip
    return Metadata(
        identifier=identifier_of(checksums[Digest.SHA1]),
        size_bytes=found.size_bytes,
        checksums=checksums,
        arch=said["os_arch"],
        version=said["image_version"],
        description=said["comment"],
        creator=said["author"],
        format=found.format,
        compression=said["compression"] or found.compression,
        created=now,
        valid=now + timedelta(days=said["valid_days"]),
        **{name: said[name] for name in same},
    )
