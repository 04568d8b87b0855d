"""What came of a command line that ran in the dashboard."""

from __future__ import annotations

from slshell.commands.grammar import parse
from slshell.commands.registry import CommandInfo, Root, commands
from slshell.commands.stages import find
from slshell.model.instance import Instance


def machines_of(data: object) -> list[Instance]:
    """The machines among what a command answered."""
    items = data if isinstance(data, list | tuple) else [data]
    return [each for each in items if isinstance(each, Instance)]


def info_of(line: str, root: Root) -> CommandInfo | None:
    """The last command of a line, whose resources are what came of it; None when it holds none."""
    words = [command for pipeline in parse(line) for command in pipeline.commands]
    found = find(root, [word.plain or "" for word in words[-1]]) if words else None
    return None if found is None else next(info for info in commands() if info.name == found.name)
