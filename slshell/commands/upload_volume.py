"""`slshell upload-volume`."""

from __future__ import annotations

from pathlib import Path

import click

from slshell.client.cloud import new_request_id
from slshell.commands.create_volume import CREATED
from slshell.commands.environment import Environment
from slshell.commands.parameters import resolve_volume, volume_in
from slshell.commands.registry import Danger, command
from slshell.commands.volume_actions import ready
from slshell.model.errors import CloudUnreachable, Conflict, UsageError
from slshell.model.volume import UploadRequest, Visibility, Volume, VolumeState
from slshell.output.listing import Listing
from slshell.output.text import human_size


@command(danger=Danger.CHANGE)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("-t", "--tag", help="A name for people; without it, the file's.")
@click.option("--public", is_flag=True, help="Let everybody on this cloud see and attach it.")
@click.option(
    "--resume",
    type=volume_in(VolumeState.RECEIVING),
    metavar="VOLUME",
    help="Go on with an upload that broke off.",
)
def upload_volume_command(
    environment: Environment, file: Path, tag: str | None, public: bool, resume: str | None
) -> Listing:
    """Make a volume of a disk image: qcow2, raw, VMDK, VDI or VHDX, also packed.

    The file stays as it is. What was sent stays when the connection breaks; --resume goes on from there.
    """
    if not file.is_file():
        raise UsageError(f"there is no file {file}", hint="name a disk image")
    cloud = environment.cloud
    if resume is not None:
        volume = resolve_volume(cloud.volumes(), resume)
    else:
        volume = cloud.begin_upload(
            UploadRequest(
                request_id=new_request_id(),
                filename=file.name,
                size_bytes=file.stat().st_size,
                tag=file.name[:40] if tag is None else tag,
                visibility=Visibility.PUBLIC if public else Visibility.PRIVATE,
            )
        )
    _send(environment, volume, file)
    return Listing(kind=CREATED, items=[ready(environment, volume, f"taking {file.name} in")], single=True)


def _send(environment: Environment, volume: Volume, file: Path) -> None:
    with environment.output.progress() as progress:

        def sent(done: int, total: int) -> None:
            progress.say(f"sending {file.name}: {100 * done // total} % of {human_size(total)}")

        try:
            environment.cloud.send_file(volume.id, file, sent)
        except (CloudUnreachable, KeyboardInterrupt) as error:
            hint = f"go on with: slshell upload-volume {file} --resume {volume.id}"
            if isinstance(error, KeyboardInterrupt):
                environment.output.warning(hint)
                raise
            raise CloudUnreachable(f"the upload broke off: {error.message}", hint=hint) from error
        except Conflict as error:
            raise Conflict(error.message, hint=error.hint or "begin the upload anew") from error
