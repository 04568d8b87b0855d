"""`slshell detach-volume`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment
from slshell.commands.guest_disks import asker
from slshell.commands.kinds import volume_lines
from slshell.commands.parameters import InstanceId, resolve_instance, volume_in
from slshell.commands.registry import Danger, command
from slshell.commands.volume_actions import act, wait_for_volume
from slshell.model.errors import Conflict
from slshell.model.instance import Instance, State
from slshell.model.volume import DetachRequest, Volume, VolumeState
from slshell.output.listing import Listing

TIMEOUT_S = 30.0
"""A guest lets go in a tenth of a second; one that is busy booting may never."""
DETACHED = volume_lines(lambda each: f"DETACHED {each.id} from VM {each.instance_id} on {each.device}")


@command(danger=Danger.CHANGE)
@click.option("-i", "--instance", type=InstanceId, metavar="ID", help="The machine; without it, the holder.")
@click.option("--force", is_flag=True, help="Pull it out although the guest may use it: data may be lost.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0),
    default=TIMEOUT_S,
    show_default=True,
    metavar="SECONDS",
    help="Longest wait for the guest to let go.",
)
@click.argument(
    "volumes",
    type=volume_in(VolumeState.ATTACHED, VolumeState.DETACHING),
    nargs=-1,
    required=True,
    metavar="VOLUME…",
)
def detach_volume_command(
    environment: Environment, instance: str | None, force: bool, timeout_s: float, volumes: tuple[str, ...]
) -> Listing:
    """Take volumes out of their machine. Unmount them in the guest first.

    The guest is asked over SSH whether it has the disk mounted or swapped on; then the command refuses, for
    the hypervisor would pull it out at once and ruin the file system. Where the guest cannot be asked it
    wants --force. A volume that came with the machine's launch is released by kill only.
    """
    cloud = environment.cloud
    named = None if instance is None else resolve_instance(cloud, instance)

    def detach(one: Volume) -> Volume:
        holder = named or _holder(environment, one)
        request = DetachRequest(
            instance_id=holder.id,
            force=force,
            guest_does_not_use_it=not force and _is_unused(environment, holder, one),
        )
        asked = cloud.detach_volume(one.id, request)
        wait_for_volume(
            environment,
            asked,
            lambda now: now.instance_id is None,
            lambda now: now.state is VolumeState.ATTACHED,
            doing=f"detaching {one.tag or one.id[:8]}",
            timeout_s=timeout_s,
        )
        return asked

    return act(environment, volumes, detach, DETACHED)


def _holder(environment: Environment, volume: Volume) -> Instance:
    if volume.instance_id is None:
        raise Conflict(
            f"volume {volume.id} is not attached to any machine", hint="slshell volumes shows who holds what"
        )
    return environment.cloud.instance(volume.instance_id)


def _is_unused(environment: Environment, instance: Instance, volume: Volume) -> bool:
    """Whether the guest has said that it does not use the volume.

    Raises:
        Conflict: it does, and how; or it cannot be asked, and why.
    """
    if instance.state is not State.RUNNING or volume.instance_id != instance.id or volume.at_launch:
        return False
    answer = asker(environment, instance)(volume.id)
    if answer.trouble:
        raise Conflict(
            f"the guest of machine {instance.id} cannot be asked whether it uses the volume: "
            f"{answer.trouble}",
            hint="unmount it there; then --force pulls it out. What the guest still uses would be ruined: "
            "the disk goes at once, and writes that wait for it are lost",
            details={"id": volume.id, "instance": instance.id},
        )
    if answer.uses:
        raise Conflict(
            f"machine {instance.id} uses volume {volume.id} ({answer.device}): {'; '.join(answer.uses)}",
            hint=f"in the machine: umount {answer.device} (or swapoff), then detach again",
            details={"id": volume.id, "instance": instance.id, "uses": list(answer.uses)},
        )
    return True
