"""Runs lines of commands: sequences, pipes, variables and scripts, the same in every face."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from slshell.commands.builtins import BUILTINS, State, out_of_place, run_builtin
from slshell.commands.environment import Environment
from slshell.commands.grammar import Pipeline, Token, Unreadable, is_unfinished, parse
from slshell.commands.pipe import Pipe
from slshell.commands.table import Root, make_root
from slshell.commands.variables import Variables, assignment
from slshell.model.errors import ExitCode, SlshellError, UsageError


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a text."""

    code: int
    error: SlshellError | None = None
    """The error of its last pipeline."""


class Interpreter:
    """One session: lines that share variables, `$?` and `$_`. Commands run in the caller's thread."""

    def __init__(self, environment: Environment, *, shell_lines: bool = False) -> None:
        """`environment` is the world of all lines; `shell_lines` allows `!LINE`."""
        self.environment = environment
        self._shell_lines = shell_lines
        self.state = State(Variables(environment.environ))
        self.root: Root = make_root()

    @property
    def ended(self) -> int | None:
        """The exit code that `exit` asked for; None while the session goes on."""
        return self.state.ended

    def run(
        self, text: str, environment: Environment | None = None, *, source: str = "", first_line: int = 1
    ) -> Outcome:
        """Run all pipelines of `text`, report what fails, and answer what became of the last one.

        `environment` replaces the session's for this text. `source` is the name of the script that the text
        is from, `first_line` where in it. After Ctrl-C, `exit`, or a failure under `set -e` the rest is left.
        """
        environment = environment or self.environment
        try:
            pipelines = parse(text)
        except Unreadable as problem:
            error = _placed(problem, source, text.count("\n", 0, problem.position) + first_line)
            environment.output.error(error)
            return self._noted(Outcome(code=error.exit_code, error=error))
        outcome = Outcome(code=self.state.variables.code if not pipelines else ExitCode.DONE)
        for pipeline in pipelines:
            outcome = self._noted(self._run_one(pipeline, environment))
            if self.ended is not None or outcome.code == ExitCode.INTERRUPTED:
                break
            if outcome.code and self.state.stop_at_failure:
                if source:
                    line = pipeline.line + first_line - 1
                    environment.output.warning(f"{source}, line {line}: set -e ends the script here")
                break
        return outcome

    def run_script(self, lines: Iterable[str], source: str) -> int:
        """Run a script as its lines come and answer the exit code of the last one, or of `exit`."""
        held, first = "", 1
        for number, line in enumerate(lines, 1):
            held += line
            if is_unfinished(held.removesuffix("\n")):
                continue
            code = self.run(held.removesuffix("\n"), source=source, first_line=first).code
            held, first = "", number + 1
            if self.ended is not None:
                return self.ended
            if code == ExitCode.INTERRUPTED or (code and self.state.stop_at_failure):
                return code
        if held:
            self.run(held, source=source, first_line=first)
        return self.state.variables.code if self.ended is None else self.ended

    def _noted(self, outcome: Outcome) -> Outcome:
        self.state.variables.code = outcome.code
        return outcome

    def _run_one(self, pipeline: Pipeline, environment: Environment) -> Outcome:
        inner = environment.with_output(environment.output)
        inner.environ = self.state.variables.environ
        if "profile" not in inner.__dict__:
            # A script has settled on no cloud, so what it exports may choose one.
            inner.__dict__.pop("clouds", None)
        try:
            if pipeline.shell is not None:
                return Outcome(code=self._run_shell(pipeline.shell, inner))
            special = self._run_special(pipeline, inner)
            if special is not None:
                return Outcome(code=special)
            stages = [self._words(words) for words in pipeline.commands]
            pipe = Pipe(self.root, self.state.variables, inner)
            return Outcome(code=pipe.run(stages), error=pipe.error)
        except SlshellError as error:
            environment.output.error(error)
            return Outcome(code=error.exit_code, error=error)
        except KeyboardInterrupt:
            environment.output.warning("interrupted")
            return Outcome(code=ExitCode.INTERRUPTED)

    def _run_special(self, pipeline: Pipeline, environment: Environment) -> int | None:
        """Assignments and the session's own words; None when the pipeline is one of commands."""
        for words in pipeline.commands:
            name = words[0].plain or ""
            if name not in BUILTINS and assignment(words[0]) is None:
                continue
            if len(pipeline.commands) > 1:
                raise out_of_place(words[0])
            if name in BUILTINS:
                return run_builtin(self.state, environment, words)
            return self._assign(words)
        return None

    def _assign(self, words: Sequence[Token]) -> int:
        variables = self.state.variables
        for word in words:
            pair = assignment(word)
            if pair is None:
                raise UsageError(
                    "a command cannot stand behind NAME=VALUE",
                    hint="put a ; between them, or quote the value",
                )
            variables.set(pair[0], "".join(variables.expanded([pair[1]], split=False)))
        return ExitCode.DONE

    def _words(self, words: Sequence[Token]) -> list[str]:
        """A command's words with variables filled in, and without the program's own name before them."""
        found = self.state.variables.expanded(words)
        if found[:1] == ["slshell"]:
            del found[0]
        if not found:
            raise UsageError("there is no command on this line", hint="help lists the commands")
        return found

    def _run_shell(self, line: str, environment: Environment) -> int:
        if not self._shell_lines:
            raise UsageError("“!” is for the REPL and for scripts", hint="use slshell repl, or a terminal")
        if not line:
            raise UsageError("nothing stands behind the “!”", hint="for example !ls")
        environment.output.stdout.flush()
        done = subprocess.run(["sh", "-c", line], env=dict(environment.environ), check=False)
        return done.returncode if done.returncode >= 0 else 128 - done.returncode


def _placed(problem: Unreadable, source: str, line: int) -> UsageError:
    place = f"{source}, line {line}" if source else "this line"
    return UsageError(f"{place} cannot be read: {problem.message}", hint=problem.hint)
