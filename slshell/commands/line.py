"""Running one command line, as a process or inside a face, and reporting what fails."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from slshell.commands.declare import SomeFailed
from slshell.commands.environment import Environment, apply_settings
from slshell.commands.table import Root, command_names, load
from slshell.model.errors import ExitCode, Interrupted, SlshellError, UsageError
from slshell.model.nearest import nearest, nearest_hint
from slshell.output.formats import Format, parse_format

SURPLUS = "Got unexpected extra argument"
"""How click begins to complain of words that nothing takes."""

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
        output.errors(failure.errors, failure.worst)
        return failure.worst.exit_code, failure.worst
    except SlshellError as error:
        output.error(error)
        return error.exit_code, error
    except click.ClickException as failure:
        usage = usage_error(failure)
        output.error(usage)
        return usage.exit_code, usage
    except (KeyboardInterrupt, click.Abort):
        if output.format is Format.JSON:
            output.error(Interrupted("interrupted"))
        else:
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
        captured=True,
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


def _writes_a_file(args: Sequence[str]) -> bool:
    """Whether the line is of a command whose `--output` is a file instead of the format."""
    named = next((word for word in args if word in command_names()), None)
    return named is not None and load(named).writes_a_file


def _format_of(args: Sequence[str], environment: Environment) -> None:
    """Take `-o` from the raw words, so that errors of the parser come out in that format as well."""
    words = list(args[: args.index("--")] if "--" in args else args)
    flags = ("-o",) if _writes_a_file(words) else ("-o", "--output")
    for at, word in enumerate(words):
        if word in flags and at + 1 < len(words):
            value = words[at + 1]
        elif word.startswith("--output=") and "--output" in flags:
            value = word.partition("=")[2]
        elif word.startswith("-o") and not word.startswith("--"):
            value = word[2:]
        else:
            continue
        with suppress(UsageError):
            environment.output.format = parse_format(value)[0]


def usage_error(failure: click.ClickException) -> UsageError:
    """A complaint of the parser in our words, with the nearest of what would have been right."""
    if not isinstance(failure, click.UsageError) or failure.ctx is None:
        return UsageError(failure.format_message().rstrip("."))
    command = failure.ctx.command
    path = failure.ctx.command_path
    if isinstance(failure, click.NoSuchOption):
        known = [flag for each in command.get_params(failure.ctx) for flag in each.opts]
        near = nearest(failure.option_name, [flag for flag in known if flag.startswith("--")])
        hint = f"did you mean {' or '.join(near)}?" if near else f"{path} --help shows the options"
        return UsageError(f"there is no option {failure.option_name}", hint=hint)
    if isinstance(failure, click.MissingParameter) and failure.param is not None:
        metavar = failure.param.make_metavar(failure.ctx).rstrip("…").strip("[]")
        what = failure.param.opts[-1] if isinstance(failure.param, click.Option) else metavar
        return UsageError(
            f"{what} is missing", hint=command.get_usage(failure.ctx).replace("Usage: ", "write ")
        )
    if isinstance(failure, click.BadParameter) and failure.param is not None:
        return _bad_value(failure, failure.param, failure.ctx)
    said = failure.format_message().rstrip(".")
    if said.startswith(SURPLUS):
        said = f"there is a word too many: {said.partition('(')[2].rstrip(')')}"
    return UsageError(said, hint=f"{path} --help shows what it takes")


def _bad_value(failure: click.BadParameter, parameter: click.Parameter, context: click.Context) -> UsageError:
    what = parameter.opts[-1] if isinstance(parameter, click.Option) else parameter.make_metavar(context)
    said = failure.message.rstrip(".")
    if isinstance(parameter.type, click.Choice):
        value = said.partition("'")[2].partition("'")[0]
        known = [str(choice) for choice in parameter.type.choices]
        return UsageError(f"“{value}” is not a value of {what}", hint=nearest_hint(value, known))
    hint = f"{context.command_path} --help shows what it takes"
    if isinstance(parameter.type, click.IntRange | click.FloatRange):
        number = "a whole number" if isinstance(parameter.type, click.IntRange) else "a number"
        limit = f" of at least {parameter.type.min:g}" if parameter.type.min is not None else ""
        value = said.partition("'")[2].partition("'")[0] or said.split(" ")[0]
        return UsageError(f"{what} wants {number}{limit}, not “{value}”", hint=hint)
    return UsageError(f"{what}: {said}", hint=hint)
