"""`slshell save-instance`."""

from __future__ import annotations

import click

from slshell.client.cloud import new_request_id
from slshell.commands.environment import Environment
from slshell.commands.kinds import APPLIANCE
from slshell.commands.making import or_stopped, until_ready
from slshell.commands.parameters import instance_in, resolve_instance
from slshell.commands.registry import Danger, command
from slshell.commands.waiting import TIMEOUT_S, wait_for
from slshell.model.appliance import Appliance
from slshell.model.errors import Conflict, UsageError
from slshell.model.instance import Instance, State
from slshell.model.making import SaveRequest
from slshell.model.names import checked_name
from slshell.output.listing import Listing


@command(danger=Danger.CHANGE)
@click.argument("instance", type=instance_in(State.RUNNING, State.UNKNOWN))
@click.option("--name", help="Name of the appliance; without it, the machine's.")
@click.option("--title", default="", help="What it is, in a few words.")
@click.option("--author", default="", help="Who made it.")
@click.option("--comment", default="", help="What there is to say of it.")
@click.option("--shutdown", "shut_down", is_flag=True, help="Ask a running machine to shut down first.")
@click.option("--clean", is_flag=True, help="Clean a running machine's identity first; it shuts down then.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0), default=TIMEOUT_S, show_default=True,
              metavar="SECONDS", help="Longest wait for its end.")  # fmt: skip
def save_instance_command(
    environment: Environment,
    instance: str,
    name: str | None,
    title: str,
    author: str,
    comment: str,
    shut_down: bool,
    clean: bool,
    timeout_s: float,
) -> Listing:
    """Make an appliance of a machine: of its root disk, as it is when the machine is off.

    Volumes and swap are not in it. Without --clean its host keys, the keys of accounts, logs and histories
    are, and whoever starts the appliance can read them. The machine stays, and `slshell start` boots it
    again; one that was cleaned is a new machine then.
    """
    cloud = environment.cloud
    machine = resolve_instance(cloud, instance)
    chosen = checked_name(name or f"{machine.name}-image")
    if machine.state is State.RUNNING and not (shut_down or clean):
        raise UsageError(
            f"machine {machine.id} is running, and its disk would be saved in the middle of something",
            hint="say --shutdown, or --clean to remove its identity as well",
        )
    if clean:
        _clean(environment, machine)
    elif machine.state is State.RUNNING:
        cloud.shutdown(machine.id)
    if clean or machine.state is State.RUNNING:
        wait_until_off(environment, machine.id, timeout_s)
    if not clean:
        environment.output.notice(
            "its identity is not cleaned: host keys, keys and logs are in the appliance"
        )
    request = SaveRequest(
        request_id=new_request_id(), name=chosen, title=title, author=author, comment=comment, cleaned=clean
    )
    return Listing(kind=APPLIANCE, items=[save(environment, machine.id, request)], single=True)


def save(environment: Environment, instance_id: int, request: SaveRequest) -> Appliance:
    """Make an appliance of a machine that is off, and wait until it can be started."""
    cloud = environment.cloud
    revision = cloud.status().revision
    appliance = cloud.save_instance(instance_id, request)
    with or_stopped(environment, appliance):
        return until_ready(environment, appliance, revision, "saving")


def wait_until_off(environment: Environment, instance_id: int, timeout_s: float) -> None:
    """Return when a machine has powered itself off.

    Raises:
        TimedOut: it does not. Conflict: it ended otherwise.
    """
    _, errors = wait_for(environment, [instance_id], str(State.UNKNOWN), timeout_s)
    if errors:
        raise errors[0]


def _clean(environment: Environment, machine: Instance) -> None:
    from slshell.ssh.building import PATIENCE_S, clean_and_power_off
    from slshell.ssh.connection import connected
    from slshell.ssh.keys import private_keys

    if machine.state is not State.RUNNING:
        raise Conflict(
            f"machine {machine.id} is {machine.state}, and is cleaned from within",
            hint=f"slshell start {machine.id} first, or leave --clean out",
        )
    keys = private_keys(environment.environ)
    with connected(machine, identities=keys, patience_s=PATIENCE_S) as transport:
        clean_and_power_off(transport, machine, environment.output.notice)
