"""Waiting for an appliance that the cloud makes, with its progress on the screen."""

from __future__ import annotations

from slshell.commands.environment import Environment
from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.errors import Conflict, NotFound

WAIT_S = 20.0
TICK_S = 1.0


def until_ready(environment: Environment, appliance: Appliance, revision: int, what: str) -> Appliance:
    """The appliance once it can be started; its provisional identifier is then replaced by its own.

    `revision` is the cloud's from before it was asked for, `what` says what is done, for example “building”.

    Raises:
        Conflict: nothing came of it, with the reason. NotFound: it is gone.
    """
    current = appliance
    with environment.output.progress() as progress:
        while current.state is ApplianceState.IMPORTING:
            progress.say(f"{what} {current.name}: {current.progress or 'waiting'}")
            changes = environment.cloud.changes(revision, TICK_S if progress.shown else WAIT_S)
            revision = changes.revision
            seen = [each for each in changes.appliances if each.id == current.id]
            # The entry of that name is another one as soon as it is whole.
            seen = seen or [each for each in changes.appliances if each.name == current.name]
            if seen:
                current = seen[-1]
            elif changes.reset:
                current = _again(environment, current)
    if current.state is ApplianceState.FAILED:
        raise Conflict(
            f"nothing came of {what} {current.name}: {current.reason}",
            hint="slshell cloud logs tells more",
            details={"id": current.id},
        )
    return current


def _again(environment: Environment, appliance: Appliance) -> Appliance:
    try:
        return environment.cloud.appliance(appliance.id)
    except NotFound:
        return environment.cloud.appliance(appliance.name)
