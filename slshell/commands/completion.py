"""`slshell completion`."""

from __future__ import annotations

import click

from slshell.commands.environment import Environment
from slshell.commands.registry import Danger, command
from slshell.commands.shells import SHELLS, script


@command(danger=Danger.READ, needs_settings=False)
@click.argument("shell", type=click.Choice(list(SHELLS)))
def completion_command(environment: Environment, shell: str) -> None:
    """Print the script that makes a shell complete commands, options and live names.

    bash: `eval "$(slshell completion bash)"` in ~/.bashrc; zsh: the same with zsh in ~/.zshrc, behind
    compinit; fish: `slshell completion fish > ~/.config/fish/completions/slshell.fish`.

    Names are asked from a cloud that runs, for 0.3 s at most; none is started for it.
    """
    text = script(click.get_current_context().find_root().command, shell)
    environment.output.show_data({"shell": shell, "script": text}, text)
