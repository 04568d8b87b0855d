"""`slshell help`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment
from slshell.commands.registry import CommandGroup, Danger, command
from slshell.model.errors import UsageError
from slshell.model.nearest import nearest_hint


@command(danger=Danger.READ, needs_settings=False)
@click.argument("words", nargs=-1, metavar="[COMMAND…]")
def help_command(environment: Environment, words: tuple[str, ...]) -> None:
    """Show the help of a command, or the list of commands."""
    context = click.get_current_context().find_root()
    found: click.Command = context.command
    for word in words:
        known = found.list_commands(context) if isinstance(found, CommandGroup) else []
        child = found.get_command(context, word) if isinstance(found, CommandGroup) else None
        if child is None:
            raise UsageError(f"there is no command “{' '.join(words)}”", hint=nearest_hint(word, known))
        context = click.Context(child, info_name=child.name, parent=context, obj=environment)
        found = child
    environment.output.write(found.get_help(context) + "\n")
