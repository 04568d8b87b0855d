"""The options that every command has, and those of every command that lists something."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from slshell.model.errors import UsageError
from slshell.output.formats import PLAIN_FORMATS, TEMPLATE_PREFIX, Format, parse_format
from slshell.output.layout import Layout, split_sort, split_words
from slshell.output.listing import Kind
from slshell.output.template import Template

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

LAYOUT = frozenset({"output", "form", "columns", "sort", "wide", "no_header", "watch"})
COMMON = frozenset({"quiet", "profile", "debug", "help"})
WATCH = "slshell.watch"
"""Where a context keeps the seconds of `--watch`."""
DRY_RUN = "slshell.dry_run"
"""The key in a context's `meta` under which `--dry-run` is noted."""
SHORTEST_S = 0.1


class FormatName(click.ParamType[Any]):
    """A value of `-o`."""

    name = "format"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Format, Template | None]:
        """The format, with its template where it is one."""
        return value if isinstance(value, tuple) else parse_format(str(value))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """The names of the formats."""
        return _items([*PLAIN_FORMATS, TEMPLATE_PREFIX], incomplete)


class ColumnNames(click.ParamType[Any]):
    """Columns between commas; those of the command's kind are completed, where it names one."""

    name = "columns"

    def __init__(self, kind: Kind | None, *, sorts: bool = False) -> None:
        self._kind = kind
        self._sorts = sorts

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The words; for `--sort`, each with whether it falls."""
        if isinstance(value, tuple):
            return value
        return split_sort(value) if self._sorts else split_words(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Columns that are not yet named, behind what is typed."""
        if self._kind is None:
            return []
        before, comma, word = incomplete.rpartition(",")
        sign = "-" if self._sorts and word.startswith("-") else ""
        titles = [column.title.lower() for column in self._kind.columns if column.title]
        taken = {each.removeprefix("-") for each in before.split(",")}
        return _items([f"{before}{comma}{sign}{each}" for each in titles if each not in taken], incomplete)


class Interval(click.ParamType[Any]):
    """Seconds between two looks; 0 stands for `--watch` without a number."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds, at least SHORTEST_S."""
        if isinstance(value, (int, float)):
            return float(value)
        try:
            seconds = float(value)
        except ValueError as error:
            raise UsageError(
                f"“{value}” is not a number of seconds",
                hint="write --watch last, or with its seconds: --watch 5",
            ) from error
        if not SHORTEST_S <= seconds < 1e6:
            raise UsageError(f"--watch {value} is too short or too long", hint=f"at least {SHORTEST_S} s")
        return seconds


def common_options(*, long: bool = True) -> list[click.Parameter]:
    """The options that every command has; with `long` the format is also `--output`."""
    return [
        click.Option(
            ["-o", "--output"] if long else ["-o", "form"],
            type=FormatName(),
            expose_value=False,
            help=f"Print as {', '.join(PLAIN_FORMATS)} or {TEMPLATE_PREFIX}…",
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
            ["-S", "--profile"],
            type=ProfileName(),
            expose_value=False,
            help="The cloud to use.",
            callback=_set_profile,
            is_eager=True,
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            help="Show where an error came from.",
            callback=_set_debug,
        ),
    ]


def list_options(kind: Kind | None, *, watch: bool) -> list[click.Parameter]:
    """The options of a command that answers with a listing; `kind` lets columns be completed."""
    options: list[click.Parameter] = [
        click.Option(
            ["--columns"],
            type=ColumnNames(kind),
            metavar="COL[,COL…]",
            expose_value=False,
            help="Show these columns, or fields of the data.",
            callback=_set_columns,
        ),
        click.Option(
            ["--sort"],
            type=ColumnNames(kind, sorts=True),
            metavar="COL[,-COL…]",
            expose_value=False,
            help="Sort by these; a minus turns the order round.",
            callback=_set_sort,
        ),
        click.Option(
            ["--wide"], is_flag=True, expose_value=False, help="More columns, none cut.", callback=_set_wide
        ),
        click.Option(
            ["--no-header"],
            is_flag=True,
            expose_value=False,
            help="Leave the titles out.",
            callback=_set_header,
        ),
    ]
    if watch:
        options.append(
            click.Option(
                ["--watch"],
                is_flag=False,
                flag_value=0.0,
                type=Interval(),
                metavar="[SECONDS]",
                expose_value=False,
                help="Show it again as it changes, until Ctrl-C.",
                callback=_set_watch,
            )
        )
    return options


def yes_option() -> click.Parameter:
    """`--yes`, for commands that ask first."""
    return click.Option(
        ["-y", "--yes"], is_flag=True, expose_value=False, help="Do it without asking.", callback=_set_yes
    )


def dry_run_option() -> click.Parameter:
    """`--dry-run`, for commands that change something."""
    return click.Option(
        ["--dry-run"],
        is_flag=True,
        expose_value=False,
        help="Show what would be done, and do nothing.",
        callback=_set_dry_run,
    )


class ProfileName(click.ParamType[Any]):
    """The name of a profile."""

    name = "profile"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name as it is; it is looked up when the cloud is needed."""
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """The profiles of the configuration files."""
        names = [] if ctx.obj is None else ctx.obj.profile_names()
        return _items(names, incomplete)


def _items(words: list[str], incomplete: str) -> list[CompletionItem[str]]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def _set_format(
    context: click.Context, parameter: click.Parameter, value: tuple[Format, Template | None] | None
) -> None:
    if value is not None and context.obj is not None:
        output = context.obj.output
        output.format = value[0]
        _lay_out(context, template=value[1])


def _set_quiet(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and context.obj is not None:
        context.obj.output.quiet = True


def _set_profile(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None and context.obj is not None:
        context.obj.choose_profile(value)


def _set_debug(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and context.obj is not None:
        context.obj.output.debug = True


def _set_columns(context: click.Context, parameter: click.Parameter, value: tuple[str, ...] | None) -> None:
    if value is not None:
        _lay_out(context, columns=value)


def _set_sort(
    context: click.Context, parameter: click.Parameter, value: tuple[tuple[str, bool], ...] | None
) -> None:
    if value is not None:
        _lay_out(context, sort=value)


def _set_wide(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        _lay_out(context, wide=True)


def _set_header(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        _lay_out(context, header=False)


def _set_watch(context: click.Context, parameter: click.Parameter, value: float | None) -> None:
    if value is not None:
        context.meta[WATCH] = value


def _set_yes(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and context.obj is not None:
        context.obj.assume_yes = True


def _set_dry_run(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.meta[DRY_RUN] = True


def _lay_out(context: click.Context, **changes: Any) -> None:
    if context.obj is not None:
        layout: Layout = context.obj.output.layout
        context.obj.output.layout = replace(layout, **changes)
