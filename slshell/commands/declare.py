"""How a command is declared: its danger and aliases, the options that all have, and its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import click

from slshell.commands.environment import Environment
from slshell.commands.options import (
    COMMON,
    DRY_RUN,
    LAYOUT,
    WATCH,
    common_options,
    dry_run_option,
    list_options,
    yes_option,
)
from slshell.model.errors import SlshellError, UsageError
from slshell.model.nearest import nearest_hint
from slshell.output.listing import Kind, Listing


class Danger(StrEnum):
    """What a command may do; faces ask before they let one destroy."""

    READ = "read"
    CHANGE = "change"
    DESTROY = "destroy"


class SomeFailed(SlshellError):
    """Some of several items failed; each has its own error."""

    def __init__(self, errors: Sequence[SlshellError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors
        self.worst = max(errors, key=lambda error: error.exit_code)


class _Parts:
    """What our commands and groups have beside click's own."""

    danger: Danger = Danger.READ
    aliases: tuple[str, ...] = ()
    writes_a_file: bool = False
    """Its `--output` names the file that it writes; the format is `-o` only."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The options in sections: the command's own, those of the output, those of every command."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": [], "Output": [], "Every command": []}
        for parameter in _of_params(self, context):
            record = parameter.get_help_record(context)
            if record is not None and record[1]:
                sections[section_of(parameter)].append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

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

    needs_settings: bool = True

    def invoke(self, context: click.Context) -> Any:
        """Run the function and show its `Listing`; an int is the exit code.

        Raises:
            NotAllowed: it would change something, and the profile is read-only.
        """
        if self.needs_settings and context.obj.problem is not None:
            raise context.obj.problem
        if WATCH in context.meta:
            from slshell.commands.watching import watch

            run = super().invoke
            watch(context.obj, lambda: run(context), context.command_path, context.meta[WATCH])
        value = self._planned(context) if context.meta.get(DRY_RUN) else self._done(context)
        code = value if isinstance(value, int) else 0
        if isinstance(value, Listing):
            environment: Environment = context.obj
            environment.output.show(value)
            if value.errors:
                raise SomeFailed(value.errors)
            code = value.exit_code
        raise click.exceptions.Exit(code)

    def _done(self, context: click.Context) -> Any:
        if self.danger is not Danger.READ:
            from slshell.commands.safety import refuse_read_only

            refuse_read_only(context.obj, " ".join(_words(context)))
        return super().invoke(context)

    def _planned(self, context: click.Context) -> Listing:
        from slshell.commands.safety import plan

        return plan(context)


class CommandGroup(_Parts, click.Group):
    """Commands under one word, such as `cloud up`."""

    command_class = Command
    default_command: str | None = None
    """What a line without a further word means; None: the help."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, then the commands."""
        super().format_options(context, formatter)
        self.format_commands(context, formatter)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the next word names; an unknown one is told with its nearest names."""
        found = self.get_command(context, args[0])
        if found is None and context.resilient_parsing:
            return None, None, args
        if found is None:
            raise UsageError(
                f"there is no command “{' '.join([*_words(context), args[0]])}”",
                hint=nearest_hint(args[0], self.list_commands(context)),
            )
        return found.name, found, args[1:]


def command(
    *,
    danger: Danger,
    aliases: Sequence[str] = (),
    shows: Kind | None = None,
    watch: bool = True,
    needs_settings: bool = True,
    **options: Any,
) -> Callable[[Any], Command]:
    """Declare a command. Its function takes the `Environment` first and returns a `Listing`, an exit
    code or None. Every command gets `-o`, `--quiet`, `--profile`, `--debug`; one that changes something
    `--dry-run`, one that destroys `--yes`; one whose function is annotated to return a `Listing` the options
    of lists, `--watch` when it reads.

    `shows` is the kind of that listing, for completion; `watch=False` leaves `--watch` out. With
    `needs_settings=False` the command works although a configuration file is broken.
    """

    def make(function: Callable[..., Any]) -> Command:
        made: Command = click.command(cls=Command, **options)(click.pass_obj(function))
        made.danger = danger
        made.aliases = tuple(aliases)
        made.needs_settings = needs_settings
        for parameter in made.params:
            if isinstance(parameter.type, click.IntRange | click.FloatRange) and parameter.metavar is None:
                parameter.metavar = "N"
        if danger is Danger.DESTROY:
            made.params.append(yes_option())
        if danger is not Danger.READ:
            made.params.append(dry_run_option())
        if "Listing" in str(function.__annotations__.get("return")):
            made.params.extend(list_options(shows, watch=watch and danger is Danger.READ))
        made.writes_a_file = any("--output" in each.opts for each in made.params)
        made.params.extend(common_options(long=not made.writes_a_file))
        return made

    return make


def group(*, aliases: Sequence[str] = (), default: str | None = None) -> Callable[[Any], CommandGroup]:
    """Declare a group of commands; add to it with `subcommand`. `default` is run when none is named."""

    def make(function: Callable[..., Any]) -> CommandGroup:
        made: CommandGroup = click.group(cls=CommandGroup, invoke_without_command=True)(run_default)
        made.help = function.__doc__
        made.name = function.__name__.removesuffix("_command").replace("_", "-")
        made.default_command = default
        made.params.extend(common_options())
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


def run_default() -> None:
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


def _show_help(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        context.obj.output.write(context.get_help() + "\n")
        context.exit()


def section_of(parameter: click.Parameter) -> str:
    """The heading under which help and manual pages show a parameter."""
    if parameter.name in LAYOUT:
        return "Output"
    return "Every command" if parameter.name in COMMON else "Options"


def _of_params(command: Any, context: click.Context) -> list[click.Parameter]:
    found: list[click.Parameter] = command.get_params(context)
    return found


def _words(context: click.Context) -> list[str]:
    return context.command_path.split()[1:]
