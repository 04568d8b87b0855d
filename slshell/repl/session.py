"""Opens the REPL that fits: in a capable terminal, in a plain one, or over commands from a file or pipe."""

from __future__ import annotations

import io
from pathlib import Path

from slshell.commands.environment import Environment
from slshell.commands.interpreter import Interpreter
from slshell.model.errors import UsageError

INCAPABLE = frozenset({"", "dumb", "unknown"})
STDIN = "standard input"


def is_capable(environment: Environment) -> bool:
    """Whether the terminal can move its cursor, so that the dashboard and the full REPL can be drawn."""
    return is_interactive(environment) and environment.environ.get("TERM", "") not in INCAPABLE


def is_interactive(environment: Environment) -> bool:
    """Whether somebody sits at both ends."""
    return environment.output.stdout_is_tty and environment.stdin_is_tty


def open_repl(environment: Environment, *, plain: bool = False) -> int:
    """Read commands and run them until the user leaves or the input ends; answers the exit code.

    Raises:
        UsageError: the configuration is wrong.
    """
    if not environment.stdin_is_tty:
        return run_stdin(environment)
    keys = environment.settings.repl.keys
    if keys not in ("emacs", "vi"):
        raise UsageError(f"repl.keys is “{keys}” in the configuration", hint="use emacs or vi")
    # The cloud is opened once, so that all lines share its connections.
    _ = environment.cloud
    interpreter = _interpreter(environment)
    if plain or not is_capable(environment):
        from slshell.repl.plain import PlainPrompt

        return PlainPrompt(interpreter).run()
    from slshell.repl.prompt import Prompt

    return Prompt(interpreter).run()


def run_file(environment: Environment, path: str) -> int:
    """Run the commands of a file, `-` for standard input; answers the exit code of the last one.

    Raises:
        UsageError: the file cannot be read.
    """
    if path == "-":
        return run_stdin(environment)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the script {path} cannot be read: {error}", hint="name a UTF-8 text file"
        ) from error
    return _interpreter(environment).run_script(io.StringIO(text), path)


def run_stdin(environment: Environment) -> int:
    """Run commands from standard input as they come; the commands themselves find it empty."""
    stdin = environment.stdin
    if isinstance(stdin, io.TextIOWrapper):
        stdin.reconfigure(errors="backslashreplace")
    inner = environment.with_output(environment.output)
    inner.stdin, inner.stdin_is_tty, inner.confirm = io.StringIO(), False, None
    return _interpreter(inner).run_script(iter(stdin.readline, ""), STDIN)


def _interpreter(environment: Environment) -> Interpreter:
    """A session whose lines have the format that the REPL itself was given."""
    environment.lasts = True
    environment.session_form = environment.output.format, environment.output.layout
    return Interpreter(environment, shell_lines=True)
