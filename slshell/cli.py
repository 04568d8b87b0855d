"""The `slshell` program: runs one command, or opens the dashboard when it is given none."""

from __future__ import annotations

import os
import sys
from types import TracebackType

import click

from slshell.commands.environment import Environment, of_process
from slshell.commands.registry import Danger, Root, command, execute, make_root
from slshell.model.errors import ExitCode, SlshellError
from slshell.output.formats import Format

COMPLETION = "_SLSHELL_COMPLETE"
"""The variable by which a shell's completion script asks for words."""


def main(args: list[str] | None = None) -> None:
    """Run the command line of this process and end with its exit code."""
    words = sys.argv[1:] if args is None else args
    environment = of_process()
    root = program()
    if os.environ.get(COMPLETION):
        root.main(args=words, prog_name="slshell", complete_var=COMPLETION, obj=environment)
    if "--debug" not in words:
        sys.excepthook = _one_line
    raise SystemExit(_run(root, words, environment))


def program() -> Root:
    """The `slshell` command with the dashboard, which a command line inside it does not have."""
    root = make_root()
    root.add_command(dashboard_command)
    root.add_command(web_command)
    root.default_command = "dashboard"
    return root


@command(danger=Danger.READ, name="dashboard")
def dashboard_command(environment: Environment) -> int | None:
    """Open the dashboard. Without a terminal it prints what the dashboard would show.

    This is what slshell does when no command is named.
    """
    output = environment.output
    capable = output.stdout_is_tty and environment.stdin_is_tty
    capable = capable and environment.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")
    if not capable or output.format is not Format.TABLE:
        _print_dashboard(environment)
        return None
    from slshell.dashboard.app import run

    return run(environment)


@command(danger=Danger.READ, name="web")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the loopback; 0 is any.")
@click.option("--open", "open_it", is_flag=True, help="Open it in the browser.")
def web_command(environment: Environment, port: int, open_it: bool) -> None:
    """Serve the dashboard to a browser on this computer, until Ctrl-C.

    It prints the address; whoever knows that may do all that you may.
    """
    import asyncio

    from slshell.dashboard.browser import DashboardServer, listen

    server = DashboardServer(environment.profile.name, listen(port))

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
        return ExitCode.FAILED
    except OSError as error:
        _drop_output()
        environment.output.error(SlshellError(f"the result cannot be written: {error}"))
        return ExitCode.FAILED
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code


def _drop_output() -> None:
    """Let Python's last flush, after our end, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _one_line(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Tell of a fault of slshell itself without its trace."""
    sys.stderr.write(f"slshell: a fault in slshell itself: {kind.__name__}: {error}\n")
    sys.stderr.write("  the same command with --debug shows where; please report it\n")
