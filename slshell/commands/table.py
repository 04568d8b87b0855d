"""Which commands there are: the files of this folder, each loaded when it is used."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache

import click

from slshell import __version__
from slshell.commands.declare import Command, CommandGroup, Danger, run_default
from slshell.commands.options import COMMON, LAYOUT, common_options

MACHINERY = frozenset(
    {
        "access", "actions", "builtins", "catalogue_search", "checks", "completer", "console_plan",
        "context_files", "declare", "entry_kinds", "entry_options", "environment", "executed", "fleet",
        "forward_kind", "grammar", "guest_disks", "hints", "host_access", "host_name", "interpreter", "kinds",
        "line", "making", "manual", "metadata_files", "notices", "opening", "options", "parameters", "pipe",
        "profile_checks", "registry", "safety", "selection", "shells", "side_by_side", "signing",
        "ssh_line", "stages", "table", "variables", "volume_actions", "waiting", "watching",
    }
)  # fmt: skip
"""Modules of this folder that are not commands."""

ROOT_HELP = """A cloud in a terminal: real virtual machines, one command away.

Without a command, slshell opens the dashboard.
"""


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
        callback=run_default,
    )
    root.params.extend(common_options())
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


def _show_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        context.obj.output.write(f"slshell {__version__}\n")
        context.exit()


def _info(name: str, found: Command | click.Command) -> CommandInfo:
    return CommandInfo(
        name=name,
        summary=found.get_short_help_str(limit=80),
        help=(found.help or "").strip(),
        danger=getattr(found, "danger", Danger.READ),
        aliases=getattr(found, "aliases", ()),
        parameters=tuple(_parameter(each) for each in found.params if each.name not in LAYOUT | COMMON),
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
