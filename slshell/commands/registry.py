"""The table of commands: each is declared once, in a file of its own, and loaded when it is used.

`commands/import_image.py` holds `import_image_command`, which is `slshell import-image`: its docstring is
its help, its parameters are click's. Faces list commands with `commands()` and run one with `run_line`.
"""

from __future__ import annotations

import importlib
import io
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any

import click

from slshell import __version__
from slshell.client.profiles import nearest_hint
from slshell.commands.environment import Environment, apply_settings
from slshell.model.errors import ExitCode, SlshellError, UsageError
from slshell.output.formats import Format
from slshell.output.listing import Listing

MACHINERY = frozenset(
    {"actions", "checks", "environment", "kinds", "parameters", "registry", "ssh_line", "waiting"}
)
"""Modules of this folder that are not commands."""


class Danger(StrEnum):
    """What a command may do; faces ask before they let one destroy."""

    READ = "read"
    CHANGE = "change"
    DESTROY = "destroy"


@dataclass(frozen=True, kw_only=True)
class ParameterInfo:
    """One argument or option of a command, for faces that build forms and completions."""

    name: str
    flags: tuple[str, ...]
    """Empty for an argument."""
    type: str
    """instance, appliance, type, state, file, integer, text, boolean, choice …"""
    required: bool
    multiple: bool
    help: str
    choices: tuple[str, ...] = ()
    metavar: str = ""


@dataclass(frozen=True, kw_only=True)
class CommandInfo:
    """One command as faces see it; a command of a group has a name of two words."""

    name: str
    summary: str
    help: str
    danger: Danger
    aliases: tuple[str, ...]
    parameters: tuple[ParameterInfo, ...]


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


class _Parts:
    """What our commands and groups have beside click's own."""

    danger: Danger = Danger.READ
    aliases: tuple[str, ...] = ()

    def get_help_option(self, context: click.Context) -> click.Option | None:
        """`--help`, written through the environment's output."""
        return click.Option(
            ["-h", "--help"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            help="Show this help and end.",
            callback=_show_help,
        )


class Command(_Parts, click.Command):
    """One command; what its function returns is shown."""

    def invoke(self, context: click.Context) -> Any:
        """Run the function and show its `Listing`; an int is the exit code."""
        value = super().invoke(context)
        code = value if isinstance(value, int) else 0
        if isinstance(value, Listing):
            environment: Environment = context.obj
            environment.output.show(value)
            if value.errors:
                raise _SomeFailed(value.errors)
            code = value.exit_code
        raise click.exceptions.Exit(code)


class CommandGroup(_Parts, click.Group):
    """Commands under one word, such as `cloud up`."""

    command_class = Command
    default_command: str | None = None
    """What a line without a further word means; None: the help."""

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the next word names; an unknown one is told with its nearest names."""
        found = self.get_command(context, args[0])
        if found is None:
            raise UsageError(
                f"there is no command “{' '.join([*_words(context), args[0]])}”",
                hint=nearest_hint(args[0], self.list_commands(context)),
            )
        return found.name, found, args[1:]


class Root(CommandGroup):
    """`slshell` itself: its commands are the files of this folder and what faces add."""

    def list_commands(self, context: click.Context | None) -> list[str]:
        """Names, without aliases, sorted."""
        return sorted({*command_names(), *self.commands})

    def get_command(self, context: click.Context | None, name: str) -> click.Command | None:
        """A command by name or alias."""
        if name in self.commands:
            return self.commands[name]
        if name in command_names():
            return load(name)
        for known in command_names():
            if name in load(known).aliases:
                return load(known)
        return None


class _SomeFailed(SlshellError):
    """Some of several items failed; each has its own error."""

    def __init__(self, errors: Sequence[SlshellError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors
        self.worst = max(errors, key=lambda error: error.exit_code)


def command(*, danger: Danger, aliases: Sequence[str] = (), **options: Any) -> Callable[[Any], Command]:
    """Declare a command. Its function takes the `Environment` first and returns a `Listing`, an exit
    code or None. Every command gets `-o`, `--quiet`, `--profile`, `--debug`; one that destroys `--yes`.
    """

    def make(function: Callable[..., Any]) -> Command:
        made: Command = click.command(cls=Command, **options)(click.pass_obj(function))
        _finish(made, danger, aliases)
        return made

    return make


def group(*, aliases: Sequence[str] = (), default: str | None = None) -> Callable[[Any], CommandGroup]:
    """Declare a group of commands; add to it with `subcommand`. `default` is run when none is named."""

    def make(function: Callable[..., Any]) -> CommandGroup:
        made: CommandGroup = click.group(cls=CommandGroup, invoke_without_command=True)(_run_default)
        made.help = function.__doc__
        made.name = function.__name__.removesuffix("_command").replace("_", "-")
        made.default_command = default
        made.params.extend(_common_options())
        made.aliases = tuple(aliases)
        return made

    return make


def subcommand(parent: CommandGroup, *, danger: Danger, **options: Any) -> Callable[[Any], Command]:
    """Declare a command of a group."""

    def make(function: Callable[..., Any]) -> Command:
        made = command(danger=danger, **options)(function)
        parent.add_command(made)
        return made

    return make


@cache
def command_names() -> tuple[str, ...]:
    """The names of all commands that this folder holds."""
    package = importlib.import_module("slshell.commands")
    stems = {module.name for module in pkgutil.iter_modules(package.__path__)} - MACHINERY
    return tuple(sorted(stem.replace("_", "-") for stem in stems))


def load(name: str) -> Command | CommandGroup:
    """Import the one file that holds a command."""
    stem = name.replace("-", "_")
    module = importlib.import_module(f"slshell.commands.{stem}")
    found: Command | CommandGroup = getattr(module, f"{stem}_command")
    return found


def commands() -> list[CommandInfo]:
    """Every command, groups opened (`cloud up`), sorted by name."""
    infos = []
    for name in command_names():
        found = load(name)
        if isinstance(found, CommandGroup):
            infos += [_info(f"{name} {word}", each) for word, each in sorted(found.commands.items())]
        else:
            infos.append(_info(name, found))
    return infos


def make_root() -> Root:
    """A fresh `slshell` command, without a face of its own."""
    root = Root(
        name="slshell",
        help=ROOT_HELP,
        no_args_is_help=False,
        invoke_without_command=True,
        callback=_run_default,
    )
    root.params.extend(_common_options())
    root.params.append(
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            help="Show the version and end.",
            callback=_show_version,
        )
    )
    return root


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
    except _SomeFailed as failure:
        for error in failure.errors:
            output.error(error)
        return failure.worst.exit_code, failure.worst
    except SlshellError as error:
        output.error(error)
        return error.exit_code, error
    except click.ClickException as failure:
        usage = _usage_error(failure)
        output.error(usage)
        return usage.exit_code, usage
    except (KeyboardInterrupt, click.Abort):
        output.warning("interrupted")
        return ExitCode.INTERRUPTED, None
    return ExitCode.DONE, None


def run_line(line: str, environment: Environment) -> Result:
    """Run one command line in-process, as the dashboard's command line and palette do.

    What it writes is captured. `environment.confirm`, `open_session` and the cloud are those of the face.
    """
    import shlex

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
    try:
        words = shlex.split(line)
    except ValueError as problem:
        error = UsageError(f"this line cannot be read: {problem}", hint="close the quotation mark")
        captured.error(error)
        return Result(exit_code=error.exit_code, output="", notices=stderr.getvalue(), error=error)
    if words[:1] == ["slshell"]:
        del words[0]
    code, failure = execute(make_root(), words, inner)
    return Result(
        exit_code=code,
        output=stdout.getvalue(),
        notices=stderr.getvalue(),
        data=captured.result,
        error=failure,
    )


ROOT_HELP = """A cloud in a terminal: real virtual machines, one command away.

Without a command, slshell opens the dashboard.
"""


def _finish(made: Command, danger: Danger, aliases: Sequence[str]) -> None:
    made.danger = danger
    made.aliases = tuple(aliases)
    if danger is Danger.DESTROY:
        made.params.append(
            click.Option(
                ["-y", "--yes"],
                is_flag=True,
                expose_value=False,
                help="Do it without asking.",
                callback=_set_yes,
            )
        )
    made.params.extend(_common_options())


def _common_options() -> list[click.Parameter]:
    return [
        click.Option(
            ["-o", "--output"],
            type=click.Choice([form.value for form in Format]),
            expose_value=False,
            help="Format of the result.",
            callback=_set_format,
        ),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            help="Ids only, and no notices.",
            callback=_set_quiet,
        ),
        click.Option(
            ["--profile"], expose_value=False, help="The cloud to use.", callback=_set_profile, is_eager=True
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            help="Show where an error came from.",
            callback=_set_debug,
        ),
    ]


def _run_default() -> None:
    """The default command of a group, or its help, on a line that names no command."""
    context = click.get_current_context()
    named = context.command
    if context.invoked_subcommand is not None or not isinstance(named, CommandGroup):
        return
    if named.default_command is None:
        context.obj.output.write(context.get_help() + "\n")
        return
    default = named.commands[named.default_command]
    with default.make_context(named.default_command, [], parent=context) as inner:
        default.invoke(inner)


def _set_format(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None and context.obj is not None:
        context.obj.output.format = Format(value)


def _set_quiet(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and context.obj is not None:
        context.obj.output.quiet = True


def _set_profile(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None and context.obj is not None:
        context.obj.choose_profile(value)


def _set_debug(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and context.obj is not None:
        context.obj.output.debug = True


def _set_yes(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and context.obj is not None:
        context.obj.assume_yes = True


def _show_help(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        context.obj.output.write(context.get_help() + "\n")
        context.exit()


def _show_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        context.obj.output.write(f"slshell {__version__}\n")
        context.exit()


def _words(context: click.Context) -> list[str]:
    return context.command_path.split()[1:]


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


def _usage_error(failure: click.ClickException) -> UsageError:
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


def _info(name: str, found: Command | click.Command) -> CommandInfo:
    common = {"output", "quiet", "profile", "debug"}
    return CommandInfo(
        name=name,
        summary=found.get_short_help_str(limit=80),
        help=(found.help or "").strip(),
        danger=getattr(found, "danger", Danger.READ),
        aliases=getattr(found, "aliases", ()),
        parameters=tuple(_parameter(each) for each in found.params if each.name not in common),
    )


def _parameter(found: click.Parameter) -> ParameterInfo:
    choices = found.type.choices if isinstance(found.type, click.Choice) else ()
    return ParameterInfo(
        name=str(found.name),
        flags=tuple(found.opts) if isinstance(found, click.Option) else (),
        type="boolean" if isinstance(found, click.Option) and found.is_flag else found.type.name,
        required=found.required,
        multiple=found.multiple or found.nargs == -1,
        help=getattr(found, "help", None) or "",
        choices=tuple(str(choice) for choice in choices),
        metavar=found.metavar or "",
    )
