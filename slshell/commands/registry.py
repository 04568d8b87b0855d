"""The registry of commands: each is declared once, in a file of its own, and loaded when it is used.

`commands/import_image.py` holds `import_image_command`, which is `slshell import-image`: its docstring is
its help, its parameters are click's. Faces list commands with `commands()` and run one with `run_line`.
"""

from slshell.commands.declare import Command, CommandGroup, Danger, command, group, subcommand
from slshell.commands.line import Result, execute, run_line
from slshell.commands.table import (
    CommandInfo,
    ParameterInfo,
    Root,
    command_names,
    commands,
    load,
    make_root,
)

__all__ = [
    "Command",
    "CommandGroup",
    "CommandInfo",
    "Danger",
    "ParameterInfo",
    "Result",
    "Root",
    "command",
    "command_names",
    "commands",
    "execute",
    "group",
    "load",
    "make_root",
    "run_line",
    "subcommand",
]
