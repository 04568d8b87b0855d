"""Words that only a session knows, for they change the session itself: variables, `set -e`, `exit`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slshell.commands.grammar import Token
from slshell.commands.variables import Variables, assignment
from slshell.model.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from slshell.commands.environment import Environment

SECRET = re.compile(r"pass(word|wd|phrase)|secret|token|credential", re.IGNORECASE)
"""Names of options and variables whose value is nobody's business."""
HIDDEN = "…"


@dataclass
class State:
    """What the lines of a session share."""

    variables: Variables
    stop_at_failure: bool = False
    """`set -e`."""
    ended: int | None = None
    """The exit code that `exit` asked for."""


@dataclass(frozen=True, kw_only=True)
class Builtin:
    """One word of the session."""

    name: str
    usage: str
    summary: str
    run: Callable[[State, Environment, Sequence[Token]], None]


def _export(state: State, environment: Environment, words: Sequence[Token]) -> None:
    variables = state.variables
    if not words:
        environment.output.lines(
            f"export {name}={HIDDEN if SECRET.search(name) else shlex.quote(value)}"
            for name, value in variables.exported().items()
        )
    for word in words:
        pair = assignment(word)
        if pair is None:
            for name in variables.expanded([word]):
                variables.export(name)
        else:
            variables.export(pair[0], "".join(variables.expanded([pair[1]], split=False)))


def _unset(state: State, environment: Environment, words: Sequence[Token]) -> None:
    for name in _some(state, words, "unset NAME…"):
        state.variables.unset(name)


def _set(state: State, environment: Environment, words: Sequence[Token]) -> None:
    for word in _some(state, words, "set -e, or set +e"):
        if word not in ("-e", "+e"):
            raise UsageError(f"set knows no “{word}”", hint="set -e, or set +e")
        state.stop_at_failure = word == "-e"


def _echo(state: State, environment: Environment, words: Sequence[Token]) -> None:
    environment.output.lines([" ".join(state.variables.expanded(words))])


def _exit(state: State, environment: Environment, words: Sequence[Token]) -> None:
    given = state.variables.expanded(words)
    if len(given) > 1 or not all(each.isascii() and each.isdigit() and int(each) < 256 for each in given):
        raise UsageError(f"“exit {' '.join(given)}” has no exit code", hint="exit, or exit with 0 to 255")
    state.ended = int(given[0]) if given else state.variables.code


def _some(state: State, words: Sequence[Token], usage: str) -> list[str]:
    given = state.variables.expanded(words)
    if not given:
        raise UsageError("a word is missing", hint=usage)
    return given


BUILTINS = {
    each.name: each
    for each in (
        Builtin(
            name="export",
            usage="export [NAME[=VALUE]…]",
            summary="Set a variable, for commands and the shell as well; alone, list those set here.",
            run=_export,
        ),
        Builtin(name="unset", usage="unset NAME…", summary="Forget variables.", run=_unset),
        Builtin(name="echo", usage="echo [WORD…]", summary="Write words, variables filled in.", run=_echo),
        Builtin(
            name="set",
            usage="set -e | set +e",
            summary="Stop a script, or the rest of a line, at the first command that fails; or go on.",
            run=_set,
        ),
        Builtin(
            name="exit", usage="exit [CODE]", summary="Leave, with the last exit code or this one.", run=_exit
        ),
        Builtin(name="quit", usage="quit [CODE]", summary="The same as exit.", run=_exit),
    )
}


def out_of_place(word: Token) -> UsageError:
    """The error for a word of the session that stands in a pipe."""
    name = word.plain or "NAME=VALUE"
    return UsageError(f"“{name}” has no place in a pipe", hint="write it on a line of its own, or before a ;")


def help_text() -> str:
    """The list of these words, as it stands below the list of commands."""
    width = max(len(each.usage) for each in BUILTINS.values())
    lines = [f"  {each.usage:<{width}}  {each.summary}" for each in BUILTINS.values()]
    more = [
        f"  {'NAME=VALUE':<{width}}  Set a variable, written $NAME or ${{NAME}} from then on.",
        f"  {'$? $_':<{width}}  The last exit code, and the id of the last resource shown.",
        f"  {'ONE | OTHER':<{width}}  Do OTHER to the resources that ONE shows.",
        f"  {'ONE; OTHER':<{width}}  One after the other.",
        f"  {'!LINE':<{width}}  A line for the shell of the system.",
    ]
    return "\n".join(["", "In here also:", *lines, *more]) + "\n"


def run_builtin(state: State, environment: Environment, words: Sequence[Token]) -> int:
    """Run the builtin that the first word names.

    Raises:
        UsageError: its words are wrong.
    """
    name = words[0].plain or ""
    BUILTINS[name].run(state, environment, words[1:])
    return state.variables.code if name in ("exit", "quit") else ExitCode.DONE
