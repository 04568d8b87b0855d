"""`slshell attach-volume`."""

from __future__ import annotations

from collections.abc import Callable

import click

from slshell.commands.environment import Environment
from slshell.commands.guest_disks import Answer, asker
from slshell.commands.kinds import volume_lines
from slshell.commands.parameters import instance_in, resolve_instance, volume_in
from slshell.commands.registry import Danger, command
from slshell.commands.volume_actions import act, wait_for_volume
from slshell.model.errors import SlshellError
from slshell.model.instance import State
from slshell.model.volume import DeviceReport, Volume, VolumeState
from slshell.output.listing import Listing


def _line(volume: Volume) -> str:
    told = f"ATTACHED {volume.id} in VM {volume.instance_id} on {volume.device}"
    guess = "" if volume.device_known else " (a guess)"
    return f"{told}{guess} {volume.by_id}"


ATTACHED = volume_lines(_line)


@command(danger=Danger.CHANGE)
@click.option(
    "-i", "--instance", type=instance_in(State.RUNNING), required=True, metavar="ID", help="The machine."
)
@click.argument("volumes", type=volume_in(VolumeState.AVAILABLE), nargs=-1, required=True, metavar="VOLUME…")
def attach_volume_command(environment: Environment, instance: str, volumes: tuple[str, ...]) -> Listing:
    """Plug volumes into a running machine.

    It tells the device as the guest shows it, and a path that stays the same whatever else is plugged in.
    Where the guest cannot be asked over SSH the device is a guess, and is told as one.
    """
    machine = resolve_instance(environment.cloud, instance)
    ask = asker(environment, machine)

    def attach(one: Volume) -> Volume:
        there = wait_for_volume(
            environment,
            environment.cloud.attach_volume(one.id, machine.id),
            lambda now: now.state is VolumeState.ATTACHED,
            lambda now: now.state is not VolumeState.ATTACHING,
            doing=f"attaching {one.tag or one.id[:8]}",
        )
        return _named(environment, there, ask)

    return act(environment, volumes, attach, ATTACHED)


def _named(environment: Environment, volume: Volume, ask: Callable[[str], Answer]) -> Volume:
    """The volume with the device that the guest names; the cloud is told as well."""
    answer = ask(volume.id)
    if not answer.device:
        why = answer.trouble or "the guest does not show the disk yet"
        environment.output.notice(f"the device is a guess: {why}")
        return volume
    report = DeviceReport(instance_id=volume.instance_id or 0, device=answer.device)
    try:
        return environment.cloud.name_device(volume.id, report)
    except SlshellError as error:
        environment.output.notice(f"the device is a guess: {error.message}")
        return volume
