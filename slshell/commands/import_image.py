"""`slshell import-image`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from slshell.client.cloud import new_request_id
from slshell.commands.environment import Environment
from slshell.commands.kinds import APPLIANCE
from slshell.commands.making import or_stopped
from slshell.commands.parameters import FileOrUrl
from slshell.commands.registry import Danger, command
from slshell.model.appliance import Appliance, ApplianceKind, ApplianceState, ImportRequest
from slshell.model.errors import Conflict, NotFound, SlshellError, UsageError
from slshell.model.event import Job, JobState
from slshell.model.names import checked_name
from slshell.output.listing import Listing
from slshell.output.text import human_size

WAIT_S = 20.0
TICK_S = 1.0
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@command(danger=Danger.CHANGE)
@click.argument("source", type=FileOrUrl(), metavar="FILE|URL")
@click.option("--name", help="Name in the catalogue; without it, the file's.")
@click.option("--sha256", metavar="HEX", help="Refuse the image unless its file has this checksum.")
@click.option("--user", help="The account that takes the user's key, for example debian.")
@click.option(
    "--kind",
    type=click.Choice([str(kind) for kind in ApplianceKind]),
    default="machine",
    help="A disk to read instead of one to start from.",
    show_default=True,
)
@click.option(
    "--disk-size",
    type=click.IntRange(min=1),
    metavar="GB",
    help="The root disk of its machines; beside a disc, 10.",
)
@click.option("--no-wait", is_flag=True, help="Return while the cloud still works on it.")
def import_image_command(
    environment: Environment,
    source: str,
    name: str | None,
    sha256: str | None,
    user: str | None,
    kind: str,
    disk_size: int | None,
    no_wait: bool,
) -> Listing:
    """Bring an image into the catalogue, from a file or by URL.

    It may be qcow2, raw, VMDK, VDI, VHDX, VHD, an OVA or a bootable ISO, also packed with gz, bz2, xz or zst.
    Machines of an ISO start from it as long as nothing is installed on their own, empty disk. Ctrl-C while
    it comes in stops that.
    """
    if name is not None:
        checked_name(name)
    if sha256 is not None and re.fullmatch(r"[0-9a-fA-F]{64}", sha256) is None:
        raise UsageError("--sha256 is not 64 hex digits", hint="sha256sum FILE prints it")
    cloud = environment.cloud
    revision = cloud.status().revision
    if _URL.match(source):
        request = ImportRequest(
            request_id=new_request_id(), url=source, name=name, sha256=sha256, user=user,
            kind=ApplianceKind(kind), disk_gib=disk_size,
        )  # fmt: skip
        appliance = cloud.import_image(request)
    else:
        appliance = upload(
            environment, Path(source), name=name, sha256=sha256, user=user,
            kind=ApplianceKind(kind), disk_gib=disk_size,
        )  # fmt: skip
    if not no_wait:
        with or_stopped(environment, appliance):
            appliance = wait_until_taken(environment, appliance, revision)
    return Listing(kind=APPLIANCE, items=[appliance], single=True)


def upload(
    environment: Environment,
    path: Path,
    *,
    name: str | None = None,
    sha256: str | None = None,
    user: str | None = None,
    kind: ApplianceKind = ApplianceKind.MACHINE,
    disk_gib: int | None = None,
) -> Appliance:
    """Send an image file with a progress line."""
    if not path.is_file():
        raise UsageError(f"there is no image file {path}", hint="name a file, or a URL with its scheme")
    with environment.output.progress() as progress:

        def sent(done: int, total: int) -> None:
            share = 100 * done // total if total else 100
            progress.say(f"sending {path.name}: {share} % of {human_size(total)}")

        return environment.cloud.upload_image(
            path, name=name, sha256=sha256, user=user, kind=kind, disk_gib=disk_gib, progress=sent
        )


def wait_until_taken(environment: Environment, appliance: Appliance, revision: int) -> Appliance:
    """Follow the import to its end; the provisional id is then replaced by the image's own."""
    cloud = environment.cloud
    current, job = appliance, _job_of(environment, appliance.id)
    with environment.output.progress() as progress:
        while current.state is ApplianceState.IMPORTING:
            progress.say(f"importing {current.name}: {current.progress or 'waiting'}")
            changes = cloud.changes(revision, TICK_S if progress.shown else WAIT_S)
            revision = changes.revision
            for each in changes.appliances:
                if each.id == current.id or (
                    each.name == current.name and each.created_at >= current.created_at
                ):
                    current = each
            job = next((each for each in changes.jobs if job is not None and each.id == job.id), job)
            if job is not None and job.state is JobState.FAILED and current.state is ApplianceState.IMPORTING:
                raise SlshellError(f"the import of {current.name} failed: {job.error}")
            if changes.reset:
                current = _again(environment, current)
    if current.state is ApplianceState.FAILED:
        raise Conflict(
            f"the image {current.name} was refused: {current.reason}",
            hint="correct the file or its checksum and import it again, or `slshell remove-appliance "
            f"{current.name}` clears it away",
            details={"id": current.id},
        )
    return current


def _job_of(environment: Environment, appliance_id: str) -> Job | None:
    return next((job for job in environment.cloud.jobs() if job.appliance_id == appliance_id), None)


def _again(environment: Environment, appliance: Appliance) -> Appliance:
    for key in (appliance.id, appliance.name):
        try:
            return environment.cloud.appliance(key)
        except NotFound:
            continue
    return appliance
