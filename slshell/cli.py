"""The `slshell` program: runs one command, or opens the dashboard when it is given none."""

from __future__ import annotations

import os
import sys
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING

import click

from slshell.commands.environment import Environment, of_process
from slshell.commands.registry import Danger, Root, command, execute, make_root
from slshell.model.errors import ExitCode, SlshellError, UsageError
from slshell.output.formats import Format

if TYPE_CHECKING:
    from slshell.sessions.wire import SessionPlan

COMPLETION = "_SLSHELL_COMPLETE"
"""The variable by which a shell's completion script asks for words."""
COMPLETION_S = 0.3
"""Longest time that completion waits for a cloud."""


def main(args: list[str] | None = None) -> None:
    """Run the command line of this process and end with its exit code."""
    words = sys.argv[1:] if args is None else args
    environment = of_process()
    root = program()
    if os.environ.get(COMPLETION):
        from slshell.commands.shells import register

        register()
        environment.patience_s = COMPLETION_S
        root.main(args=words, prog_name="slshell", complete_var=COMPLETION, obj=environment)
    if "--debug" not in words:
        sys.excepthook = partial(_fault, environment)
    raise SystemExit(_run(root, words, environment))


def program() -> Root:
    """The `slshell` command with its faces, which a line typed into one of them does not have."""
    root = make_root()
    root.add_command(dashboard_command)
    root.add_command(repl_command)
    root.add_command(web_command)
    root.callback = _open_face
    root.params += [_file_option(), _plain_option()]
    return root


def _file_option() -> click.Option:
    return click.Option(
        ["-f", "--file"], metavar="FILE", type=click.Path(), help="Run the commands of a file; - is stdin."
    )


def _plain_option() -> click.Option:
    return click.Option(
        ["--plain"], is_flag=True, help="Open the REPL without cursor tricks, as screen readers like it."
    )


def _open_face(file: str | None, plain: bool) -> None:
    """What a line without a command means: a script, the plain REPL, or the dashboard."""
    context = click.get_current_context()
    if context.invoked_subcommand is not None:
        if file is not None or plain:
            option = "--plain" if file is None else "--file"
            raise UsageError(f"{option} stands without a command", hint="or say slshell repl with it")
        return
    environment: Environment = context.obj
    if file is None and not plain:
        raise click.exceptions.Exit(_open_dashboard(environment) or ExitCode.DONE)
    raise click.exceptions.Exit(_open_repl(environment, file, plain))


@command(danger=Danger.READ, name="dashboard")
def dashboard_command(environment: Environment) -> int | None:
    """Open the dashboard. Without a terminal it prints what the dashboard would show.

    This is what slshell does when no command is named. A terminal that cannot do full screen gets the REPL.
    """
    return _open_dashboard(environment)


@command(danger=Danger.READ, name="repl")
@click.option(
    "-f", "--file", metavar="FILE", type=click.Path(), help="Run the commands of a file; - is stdin."
)
@click.option("--plain", is_flag=True, help="Without cursor tricks, as screen readers like it.")
def repl_command(environment: Environment, file: str | None, plain: bool) -> int:
    """Open a line to type commands into. Without a terminal it runs the commands that it reads.

    Lines may hold pipes (instances --state Unknown | start), variables (export X=5; kill $X) and several
    commands with a ; between them.
    """
    return _open_repl(environment, file, plain)


def _open_repl(environment: Environment, file: str | None, plain: bool) -> int:
    from slshell.repl.session import open_repl, run_file

    return open_repl(environment, plain=plain) if file is None else run_file(environment, file)


def _open_dashboard(environment: Environment) -> int | None:
    from slshell.repl.session import is_capable, is_interactive

    if not is_interactive(environment) or environment.output.format is not Format.TABLE:
        _print_dashboard(environment)
        return None
    if not is_capable(environment):
        return _open_repl(environment, None, True)
    from slshell.dashboard.app import run

    environment.repl_plan = _repl_plan
    return run(environment)


def _repl_plan(environment: Environment) -> SessionPlan:
    from slshell.repl.pane import repl_plan

    return repl_plan(environment)


@command(danger=Danger.READ, name="web")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the loopback; 0 is any.")
@click.option("--open", "open_it", is_flag=True, help="Open it in the browser.")
def web_command(environment: Environment, port: int, open_it: bool) -> None:
    """Serve the dashboard to a browser on this computer, until Ctrl-C.

    It prints the address; whoever knows that may do all that you may.
    """
    import asyncio

    from slshell.dashboard.browser import DashboardServer, listen

    dashboard = [sys.executable, "-m", "slshell.served", environment.profile.name]
    server = DashboardServer(dashboard, listen(port))

    def ready() -> None:
        environment.output.write(f"{server.address}\n")
        environment.output.stdout.flush()
        if open_it:
            import webbrowser

            if not webbrowser.open(server.address):
                environment.output.warning("no browser could be opened; open that address yourself")

    asyncio.run(server.run(ready))


def _print_dashboard(environment: Environment) -> None:
    from slshell.commands.cloud import show_status
    from slshell.commands.kinds import APPLIANCE, EVENT, HOST, INSTANCE
    from slshell.output.listing import Listing

    cloud, output = environment.cloud, environment.output
    status = cloud.status()
    parts = {
        "instances": Listing(kind=INSTANCE, items=cloud.instances()),
        "appliances": Listing(kind=APPLIANCE, items=cloud.appliances()),
        "hosts": Listing(kind=HOST, items=cloud.hosts()),
        "events": Listing(kind=EVENT, items=cloud.events()[-EVENTS_SHOWN:]),
    }
    if output.format in (Format.JSON, Format.YAML):
        data = {"cloud": status, **{name: list(listing.items) for name, listing in parts.items()}}
        output.show_data(data, "")
        return
    show_status(environment, status)
    for name, listing in parts.items():
        output.lines(["", name.upper()])
        output.show(listing)


EVENTS_SHOWN = 10


def _run(root: Root, words: list[str], environment: Environment) -> int:
    try:
        code, _ = execute(root, words, environment)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return ExitCode.PIPE
    except OSError as error:
        _drop_output()
        why = error.strerror or str(error)
        environment.output.error(
            SlshellError("the result cannot be written", why=why, hint="make room, or write it elsewhere")
        )
        return ExitCode.FAILED
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code


def _drop_output() -> None:
    """Let Python's last flush, after our end, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fault(
    environment: Environment, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Tell of a fault of slshell itself without its trace."""
    environment.output.error(
        SlshellError(
            "there is a fault in slshell itself",
            why=f"{kind.__name__}: {error}",
            hint="the same command with --debug shows where; please report it",
        )
    )
