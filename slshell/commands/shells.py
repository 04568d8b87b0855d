"""What shells need to complete slshell's words: their scripts, and answers in their form."""

from __future__ import annotations

import os
import shlex
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from slshell.output.text import clean

VARIABLE = "_SLSHELL_COMPLETE"
"""The variable by which a shell's completion script asks for words."""
PROGRAM = "slshell"


class _Harmless(ShellComplete):
    """Leaves out words that a shell would not take literally, for shells insert them unquoted."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Words that may stand there, their descriptions on one clean line."""
        found = super().get_completions(args, incomplete)
        kept = [item for item in found if item.type != "plain" or shlex.quote(item.value) == item.value]
        for item in kept:
            item.help = clean(item.help) if item.help else None
        return kept


class Bash(_Harmless, BashComplete):
    """Bash; it hands `--state=Run` over as three words."""

    def source(self) -> str:
        """The script; which bash will read it is not known here."""
        return ShellComplete.source(self)

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is being typed, and that one."""
        typed = os.environ["COMP_WORDS"].split("\n")[: int(os.environ["COMP_CWORD"]) + 1]
        words = [_unquoted(word) for word in typed]
        last = words[-1] if len(words) > int(os.environ["COMP_CWORD"]) else ""
        before = [word for word in words[1 : int(os.environ["COMP_CWORD"])] if word != "="]
        return before, "" if last == "=" else last


class Zsh(_Harmless, ZshComplete):
    """Zsh, which shows descriptions."""


class Fish(_Harmless, FishComplete):
    """Fish, which shows descriptions."""


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def register() -> None:
    """Let click use these."""
    for name, shell in SHELLS.items():
        add_completion_class(shell, name)


def script(root: click.Command, shell: str) -> str:
    """What a shell has to read so that it completes slshell's words."""
    made: ShellComplete = SHELLS[shell](root, dict[str, Any](), PROGRAM, VARIABLE)
    return made.source()


def _unquoted(word: str) -> str:
    parts = split_arg_string(word)
    return parts[0] if parts else ""
