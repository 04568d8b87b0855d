"""`slshell forward`."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import click

from slshell.commands.access import Access, Entry
from slshell.commands.entry_options import access_to, entry_options, host_options
from slshell.commands.environment import Environment
from slshell.commands.forward_kind import FORWARD
from slshell.commands.host_name import HostName
from slshell.commands.parameters import instance_in
from slshell.commands.registry import Danger, command
from slshell.model.errors import CloudUnreachable, UsageError
from slshell.model.instance import State
from slshell.output.listing import Listing

if TYPE_CHECKING:
    from slshell.sessions.forwards import Tell
    from slshell.ssh.forward import HeldForward
    from slshell.ssh.forward_spec import ForwardSpec

LOOK_S = 0.5
"""How soon it is seen that nothing is held any more."""


@command(danger=Danger.CHANGE)
@click.argument("instance", type=instance_in(State.RUNNING), required=False, metavar="[ID]")
@click.argument("ports", nargs=-1, metavar="[BIND:]PORT:[HOST:]PORT…")
@click.option(
    "-R",
    "--remote",
    "remotes",
    multiple=True,
    metavar="[BIND:]PORT:[HOST:]PORT",
    help="The other way: open a port in the machine that leads here; may be repeated.",
)
@host_options
@entry_options
def forward_command(
    environment: Environment,
    instance: str | None,
    ports: tuple[str, ...],
    remotes: tuple[str, ...],
    host: HostName | None,
    fingerprint: str,
    entry: Entry,
) -> Listing | int:
    """Open ports here that lead into a machine: 8080:80 makes its port 80 the port 8080 of this computer.

    HOST is as the machine sees it, by default itself. BIND is the loopback unless you name an address, or *
    for all. In a shell it holds the ports open until Ctrl-C; in the REPL and the dashboard they stay open
    while you go on: forwards lists them, close-forward ends them.
    """
    if host is not None and instance is not None:
        # Without an id the first port is read as one.
        ports, instance = (instance, *ports), None
    from slshell.ssh.forward_spec import forward_spec

    specs = [forward_spec(text) for text in ports] + [forward_spec(text, remote=True) for text in remotes]
    if not specs:
        raise UsageError("no port is named", hint="for example slshell forward ID 8080:80")
    access = access_to(environment.lasting, instance, host, fingerprint, entry)
    troubles: SimpleQueue[str] = SimpleQueue()
    held = [_held(access, spec, None if environment.lasts else troubles.put) for spec in specs]
    numbers = _opened(environment, held)
    states = [each for each in environment.forwards.all() if each.id in numbers]
    listing = Listing(kind=FORWARD, items=states)
    if environment.lasts:
        return listing
    environment.output.show(listing)
    environment.output.stdout.flush()
    environment.output.notice("Ctrl-C ends it")
    try:
        _wait(environment, held, troubles)
    finally:
        environment.forwards.close_all(numbers)
    raise CloudUnreachable("nothing is forwarded any more", hint="slshell instances shows what became of it")


def _held(access: Access, spec: ForwardSpec, tell: Tell | None) -> HeldForward:
    from slshell.ssh.local_forward import LocalForward
    from slshell.ssh.remote_forward import RemoteForward

    made = RemoteForward if spec.remote else LocalForward
    return made(spec, access.link, title=access.title, instance_id=access.instance_id, tell=tell)


def _opened(environment: Environment, held: list[HeldForward]) -> list[int]:
    """The numbers of all, open; when one cannot be opened none is."""
    try:
        for each in held:
            each.open()
    except BaseException:
        for each in held:
            each.close()
        raise
    return [environment.forwards.add(each) for each in held]


def _wait(environment: Environment, held: list[HeldForward], troubles: SimpleQueue[str]) -> None:
    """Tell what goes wrong, until none is held open any more."""
    while not all(each.ended.is_set() for each in held) or not troubles.empty():
        with suppress(Empty):
            environment.output.warning(troubles.get(timeout=LOOK_S))
