"""Waiting for an appliance that the cloud makes, with its progress on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from slshell.commands.environment import Environment
from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.errors import Conflict, NotFound, SlshellError

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


@contextmanager
def or_stopped(environment: Environment, appliance: Appliance) -> Iterator[None]:
    """When the user stops the command meanwhile, the coming in of its appliance is stopped as well."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) or environment.cloud.closed:
            _stop(environment.lasting, appliance)
        raise


def _stop(face: Environment, appliance: Appliance) -> None:
    """Stop it over the connections of the face: those of a command that was stopped are closed."""
    try:
        face.cloud.remove_appliance(appliance.id)
    except SlshellError as error:
        face.output.warning(error.message)
        return
    face.output.notice(f"{appliance.name} was stopped, and nothing of it stays")


def _again(environment: Environment, appliance: Appliance) -> Appliance:
    try:
        return environment.cloud.appliance(appliance.id)
    except NotFound:
        return environment.cloud.appliance(appliance.name)
