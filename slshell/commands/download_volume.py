"""`slshell download-volume`."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import click

from slshell.client.cloud import new_request_id
from slshell.commands.environment import Environment
from slshell.commands.kinds import volume_lines
from slshell.commands.parameters import resolve_volume, volume_in
from slshell.commands.registry import Danger, command
from slshell.model.errors import Conflict, SlshellError, UsageError
from slshell.model.volume import Export, ExportFormat, ExportRequest, ExportState, Volume, VolumeState
from slshell.output.listing import Listing
from slshell.output.text import human_size

POLL_S = 1.0


@command(danger=Danger.CHANGE)
@click.argument("volume", type=volume_in(VolumeState.AVAILABLE, VolumeState.ATTACHED), metavar="VOLUME")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--format", "file_format", type=click.Choice([str(each) for each in ExportFormat]), default="qcow2",
    show_default=True, help="Format of the file.",
)  # fmt: skip
@click.option("--compress", is_flag=True, help="Pack the clusters of a qcow2 file.")
@click.option("--snapshot", metavar="NAME", help="The volume as it was at this snapshot.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def download_volume_command(
    environment: Environment,
    volume: str,
    file: Path,
    file_format: str,
    compress: bool,
    snapshot: str | None,
    force: bool,
) -> Listing:
    """Write a volume to a file, whole and for itself.

    Of a volume in use a snapshot can be downloaded. What was fetched stays in FILE.part when the connection
    breaks; the same command goes on from there.
    """
    _refuse_place(file, force)
    cloud = environment.cloud
    one = resolve_volume(cloud.volumes(), volume)
    part = file.with_name(f"{file.name}.part")
    export = _export(environment, one, part, ExportRequest(
        request_id=new_request_id(), format=ExportFormat(file_format), compress=compress, snapshot=snapshot
    ))  # fmt: skip
    try:
        _fetch(environment, export, part)
        part.replace(file)
        _note(part).unlink(missing_ok=True)
    except OSError as error:
        raise SlshellError(
            f"{part} cannot be written: {error.strerror}", hint="the same command goes on once that is mended"
        ) from error
    cloud.drop_export(export.id)
    kind = volume_lines(lambda each: f"WRITTEN {each.id} to {file} ({human_size(export.size_bytes)})")
    return Listing(kind=kind, items=[one], single=True)


def _refuse_place(file: Path, force: bool) -> None:
    if file.is_dir() or not file.parent.is_dir() or not os.access(file.parent, os.W_OK):
        raise UsageError(f"{file} cannot be written", hint="name a file in a folder that you may write to")
    if file.exists() and not force:
        raise UsageError(f"{file} is there already", hint="choose another name, or say --force")


def _export(environment: Environment, volume: Volume, part: Path, request: ExportRequest) -> Export:
    """The written file to fetch: that of a download that broke off, if it is still there, else a new one."""
    cloud, note = environment.cloud, _note(part)
    wanted = f"{volume.id} {request.format} {request.compress} {request.snapshot}"
    if note.exists() and part.exists():
        number, _, about = note.read_text(encoding="utf-8").strip().partition(" ")
        try:
            known = cloud.export(number)
        except SlshellError:
            known = None
        if known is not None and about == wanted and known.state is ExportState.READY:
            return known
    part.unlink(missing_ok=True)
    revision = cloud.changes(volume.revision, 0).revision
    export = cloud.begin_export(volume.id, request)
    note.write_text(f"{export.id} {wanted}\n", encoding="utf-8")
    with environment.output.progress() as progress:
        while export.state is ExportState.WRITING:
            progress.say(f"writing {volume.tag or volume.id[:8]}: {export.progress}")
            revision = cloud.changes(revision, POLL_S).revision
            export = cloud.export(export.id)
    if export.state is ExportState.FAILED:
        note.unlink(missing_ok=True)
        raise Conflict(f"the volume cannot be written to a file: {export.reason}")
    return export


def _fetch(environment: Environment, export: Export, part: Path) -> None:
    digest = hashlib.sha256()
    if part.exists():
        with part.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    offset = part.stat().st_size if part.exists() else 0
    with part.open("ab") as file, environment.output.progress() as progress:
        while offset < export.size_bytes:
            progress.say(
                f"fetching: {100 * offset // export.size_bytes} % of {human_size(export.size_bytes)}"
            )
            block = environment.cloud.fetch_part(export.id, offset)
            file.write(block)
            digest.update(block)
            offset += len(block)
    if digest.hexdigest() != export.sha256:
        part.unlink()
        _note(part).unlink(missing_ok=True)
        raise SlshellError(
            "what was fetched is not what was sent: its SHA-256 differs", hint="fetch it again"
        )


def _note(part: Path) -> Path:
    """Which export a half-fetched file is of."""
    return part.with_name(f"{part.name}.export")
