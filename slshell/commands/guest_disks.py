"""What the guest of a machine says of a volume, asked over SSH with the keys at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from slshell.commands.environment import Environment
from slshell.model.errors import SlshellError
from slshell.model.instance import Instance
from slshell.model.volume import serial_of


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`device` is empty when the guest does not show the disk; `trouble` says why it could not be asked."""

    device: str = ""
    uses: tuple[str, ...] = ()
    trouble: str = ""


def asker(environment: Environment, instance: Instance) -> Callable[[str], Answer]:
    """A function from a volume's UUID to what the guest says of it; it is asked anew each time."""

    def ask(volume_id: str) -> Answer:
        from slshell.ssh import guest_disks
        from slshell.ssh.keys import private_keys

        try:
            disks = guest_disks.ask(instance, private_keys(environment.environ))
        except SlshellError as error:
            return Answer(trouble=error.message)
        found = disks.get(serial_of(volume_id))
        return Answer() if found is None else Answer(device=found.device, uses=found.uses)

    return ask
