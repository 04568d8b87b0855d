"""How a command is declared: its danger and aliases, the options that all have, and its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import click

from slshell.client.profiles import nearest_hint
from slshell.commands.environment import Environment
from slshell.model.errors import SlshellError, UsageError
from slshell.output.formats import Format
from slshell.output.listing import Listing

DRY_RUN = "slshell.dry_run"
"""The key in a context's `meta` under which `--dry-run` is noted."""


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
        """Run the function and show its `Listing`; an int is the exit code.

        Raises:
            NotAllowed: it would change something, and the profile is read-only.
        """
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


def command(*, danger: Danger, aliases: Sequence[str] = (), **options: Any) -> Callable[[Any], Command]:
    """Declare a command. Its function takes the `Environment` first and returns a `Listing`, an exit
    code or None. Every command gets `-o`, `--quiet`, `--profile`, `--debug`; one that changes something
    `--dry-run`, and one that destroys `--yes`.
    """

    def make(function: Callable[..., Any]) -> Command:
        made: Command = click.command(cls=Command, **options)(click.pass_obj(function))
        _finish(made, danger, aliases)
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
    if danger is not Danger.READ:
        made.params.append(
            click.Option(
                ["--dry-run"],
                is_flag=True,
                expose_value=False,
                help="Show what would be done, and do nothing.",
                callback=_set_dry_run,
            )
        )
    made.params.extend(common_options())


def common_options() -> list[click.Parameter]:
    """The options that every command has."""
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


def _set_dry_run(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.meta[DRY_RUN] = True


def _show_help(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        context.obj.output.write(context.get_help() + "\n")
        context.exit()


def _words(context: click.Context) -> list[str]:
    return context.command_path.split()[1:]
