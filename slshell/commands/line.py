"""Running one command line, as a process or inside a face, and reporting what fails."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from slshell.client.profiles import nearest_hint
from slshell.commands.declare import SomeFailed
from slshell.commands.environment import Environment, apply_settings
from slshell.commands.table import Root
from slshell.model.errors import ExitCode, SlshellError, UsageError
from slshell.output.formats import Format

if TYPE_CHECKING:
    from slshell.commands.interpreter import Interpreter


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a command that was run in-process."""

    exit_code: int
    output: str
    """What it wrote to stdout, clean text."""
    notices: str
    """What it wrote to stderr, error included."""
    data: Any = None
    """The resources it showed: a list, one struct, or plain data."""
    error: SlshellError | None = None
    """The error that ended it, or the worst of the errors of single items."""


def execute(root: Root, args: Sequence[str], environment: Environment) -> tuple[int, SlshellError | None]:
    """Run one command line and report what fails; answers the exit code and the error."""
    output = environment.output
    try:
        apply_settings(environment)
        _format_of(args, environment)
        with root.make_context("slshell", list(args), obj=environment) as context:
            root.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code, None
    except SomeFailed as failure:
        for error in failure.errors:
            output.error(error)
        return failure.worst.exit_code, failure.worst
    except SlshellError as error:
        output.error(error)
        return error.exit_code, error
    except click.ClickException as failure:
        usage = usage_error(failure)
        output.error(usage)
        return usage.exit_code, usage
    except (KeyboardInterrupt, click.Abort):
        output.warning("interrupted")
        return ExitCode.INTERRUPTED, None
    return ExitCode.DONE, None


def run_line(line: str, environment: Environment, interpreter: Interpreter | None = None) -> Result:
    """Run one typed line in-process, as the dashboard's command line and palette do; it may hold pipes.

    What it writes is captured. `environment.confirm`, `open_session` and the cloud are those of the face.
    `interpreter` holds the variables of a session; without it the line has none from before.
    """
    from slshell.commands.interpreter import Interpreter

    stdout, stderr = io.StringIO(), io.StringIO()
    captured = replace(
        environment.output,
        stdout=stdout,
        stderr=stderr,
        stdout_is_tty=False,
        stderr_is_tty=False,
        colours=False,
    )
    inner = environment.with_output(captured)
    session = interpreter or Interpreter(environment)
    outcome = session.run(line, inner)
    return Result(
        exit_code=outcome.code,
        output=stdout.getvalue(),
        notices=stderr.getvalue(),
        data=captured.result,
        error=outcome.error,
    )


def _format_of(args: Sequence[str], environment: Environment) -> None:
    """Take `-o` from the raw words, so that errors of the parser come out in that format as well."""
    words = list(args[: args.index("--")] if "--" in args else args)
    for at, word in enumerate(words):
        if word in ("-o", "--output") and at + 1 < len(words):
            value = words[at + 1]
        elif word.startswith("--output="):
            value = word.partition("=")[2]
        elif word.startswith("-o") and not word.startswith("--"):
            value = word[2:]
        else:
            continue
        if value in list(Format):
            environment.output.format = Format(value)


def usage_error(failure: click.ClickException) -> UsageError:
    """What click has to say about a line, as an error of ours with a hint."""
    hint = ""
    if isinstance(failure, click.UsageError) and failure.ctx is not None:
        hint = f"see {failure.ctx.command_path} --help"
        known = [flag for each in failure.ctx.command.get_params(failure.ctx) for flag in each.opts]
        if isinstance(failure, click.NoSuchOption):
            return UsageError(
                f"there is no option {failure.option_name}",
                hint=nearest_hint(failure.option_name, [flag for flag in known if flag.startswith("--")]),
            )
    return UsageError(failure.format_message().rstrip("."), hint=hint)
