"""`slshell console`."""

from __future__ import annotations

import click

from slshell.client.consoles import LOG_BYTES
from slshell.commands.console_plan import console_plan
from slshell.commands.environment import Environment
from slshell.commands.opening import descriptor
from slshell.commands.parameters import InstanceId, resolve_instance
from slshell.commands.registry import Danger, command
from slshell.commands.safety import refuse_read_only
from slshell.model.errors import CloudUnreachable, UsageError
from slshell.model.instance import Instance
from slshell.output.plain import Plain, plain
from slshell.output.writer import Format
from slshell.sessions.wire import SessionPlan


@command(danger=Danger.READ)
@click.argument("instance", type=InstanceId, metavar="ID")
@click.option("--log", is_flag=True, help="Show what the machine wrote, and end.")
@click.option(
    "--tail", "lines", type=click.IntRange(min=0), metavar="N", help="With --log, the last lines only."
)
@click.option("--follow", is_flag=True, help="With --log, go on as more comes, until Ctrl-C.")
@click.option("--force", is_flag=True, help="Take the console from whoever has it.")
def console_command(
    environment: Environment, instance: str, log: bool, lines: int | None, follow: bool, force: bool
) -> int:
    """Type on the serial console of a machine, also of one without a network.

    Ctrl-] leaves it; what runs there goes on. One at a time has the console. What the machine writes is
    kept, that of one that failed as well: see console_kib in the configuration.
    """
    if (follow or lines is not None) and not log:
        raise UsageError("--tail and --follow are for --log", hint=f"slshell console {instance} --log")
    if log and force:
        raise UsageError("--force has no meaning with --log", hint="any number may read the log")
    machine = resolve_instance(environment.cloud, instance)
    if follow:
        return _follow(environment, machine, lines)
    if log:
        return _show(environment, machine, lines)
    refuse_read_only(environment, "console")
    return _open(environment, console_plan(environment.lasting, machine, force=force))


def _open(environment: Environment, plan: SessionPlan) -> int:
    """Open the session; where it is in the user's own terminal, tell how to leave and why it ended."""
    if environment.open_session is not None:
        return environment.open_session(plan)
    output, stdin = environment.output, descriptor(environment)
    if stdin is None or not environment.stdin_is_tty or not output.stdout_is_tty:
        raise UsageError("a console needs a terminal", hint=f"slshell console {plan.instance_id} --log")
    from slshell.sessions import terminal
    from slshell.sessions.attach import attach

    wire = plan.open(*terminal.size(stdin))
    output.notice(f"the console of {plan.title}: Ctrl-] leaves it; Enter wakes one that is silent")
    ending = attach(wire, stdin=stdin, stdout=output.stdout.fileno())
    output.write("\n")
    output.stdout.flush()
    if ending.lost:
        raise CloudUnreachable(ending.text, hint=f"slshell console {plan.instance_id} opens it again")
    output.notice(ending.text)
    return ending.status or 0


def _show(environment: Environment, machine: Instance, lines: int | None) -> int:
    data = environment.cloud.console(machine.id, LOG_BYTES, lines=lines)
    output = environment.output
    if not data:
        output.notice(f"machine {machine.id} has written nothing to its console")
    if output.format is not Format.TABLE:
        text = plain(data)
        output.show_data({"id": machine.id, "name": machine.name, "log": text}, text)
    elif output.stdout_is_tty or output.captured:
        output.write(plain(data))
        if data and not data.endswith(b"\n"):
            output.write("\n")
    else:
        output.raw(data, False)
    return 0


def _follow(environment: Environment, machine: Instance, lines: int | None) -> int:
    output = environment.output
    if output.captured or output.format is not Format.TABLE:
        raise UsageError(
            "--follow writes text as it comes", hint="leave it out here, or run it in a terminal"
        )
    wire = environment.cloud.follow_console(machine.id, lines=lines)
    text = Plain()
    try:
        while data := wire.read():
            if output.stdout_is_tty:
                output.write(text.feed(data))
                output.stdout.flush()
            else:
                output.raw(data, False)
        ending = wire.ending()
    finally:
        wire.close()
    if ending.lost:
        raise CloudUnreachable(ending.text, hint="slshell cloud status tells whether it runs")
    output.notice(ending.text)
    return 0
