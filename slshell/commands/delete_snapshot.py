"""`slshell delete-snapshot`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment, Question
from slshell.commands.kinds import volume_lines
from slshell.commands.parameters import VolumeId, resolve_volume
from slshell.commands.registry import Danger, command
from slshell.model.errors import SlshellError
from slshell.model.volume import Volume
from slshell.output.listing import Listing


@command(danger=Danger.DESTROY)
@click.argument("volume", type=VolumeId, metavar="VOLUME")
@click.argument("snapshots", nargs=-1, required=True, metavar="SNAPSHOT…")
def delete_snapshot_command(environment: Environment, volume: str, snapshots: tuple[str, ...]) -> Listing:
    """Forget snapshots of a volume; nothing brings them back.

    The volume and its clones keep all they have. The space comes back once no machine uses the volume.
    """
    cloud = environment.cloud
    one = resolve_volume(cloud.volumes(), volume)
    name = one.tag or one.id
    losses = tuple(f"snapshot {each} of {name}" for each in snapshots)
    question = Question(
        text="Forget these snapshots for good?", names=snapshots, losses=losses, action="forget"
    )
    environment.ask(question)
    done: list[Volume] = []
    errors: list[SlshellError] = []
    for each in dict.fromkeys(snapshots):
        try:
            done.append(cloud.delete_snapshot(one.id, each))
        except SlshellError as error:
            errors.append(error)
    kind = volume_lines(lambda each: f"FORGOTTEN {len(done)} of {len(snapshots)} snapshots of {each.id}")
    return Listing(kind=kind, items=done[-1:], errors=tuple(errors))
