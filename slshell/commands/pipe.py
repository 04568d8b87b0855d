"""One pipeline: commands of which each is done to the resources that the one before it showed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

from slshell.commands.builtins import BUILTINS, help_text
from slshell.commands.environment import Environment
from slshell.commands.line import execute
from slshell.commands.stages import Found, fed, takes_something
from slshell.commands.table import Root
from slshell.commands.variables import Variables
from slshell.model.errors import ExitCode, SlshellError, UsageError
from slshell.output.listing import Listing


class Pipe:
    """Runs once. `error` is the error of the last command that failed; all are reported as they come."""

    def __init__(self, root: Root, variables: Variables, environment: Environment) -> None:
        self._root = root
        self._variables = variables
        self._environment = environment
        self.error: SlshellError | None = None

    def run(self, stages: Sequence[list[str]]) -> int:
        """Run the commands, each a list of words, and answer the worst of their exit codes.

        Raises:
            UsageError: a command cannot take what it would get; nothing is run when that is known before.
        """
        targets = [takes_something(words, self._root) for words in stages[1:]]
        worst, listing = self._stage([stages[0]], shown=not targets)
        for at, target in enumerate(targets, 1):
            lines = [] if worst == ExitCode.INTERRUPTED else self._fed(stages, at, target, listing)
            if not lines:
                break
            code, listing = self._stage(lines, shown=at == len(targets))
            worst = max(worst, code)
        return worst

    def _fed(
        self, stages: Sequence[list[str]], at: int, target: Found, listing: Listing | None
    ) -> list[list[str]]:
        source = " ".join(stages[at - 1])
        if listing is None:
            if self.error is not None:
                return []
            raise UsageError(
                f"“{source}” gives no resources that “{target.name}” could take",
                hint="put a command before it that lists some",
            )
        if not listing.items:
            self._environment.output.notice(f"“{target.name}” was left undone: “{source}” gave it nothing")
            return []
        return fed(stages[at], target, listing, source)

    def _stage(self, lines: list[list[str]], *, shown: bool) -> tuple[int, Listing | None]:
        """Run one command, or the same once for each resource; what they showed becomes one listing."""
        worst = int(ExitCode.DONE)
        listings: list[Listing] = []
        outer = self._environment.output
        for words in lines:
            output = replace(outer)
            if not shown:
                handed_on = io.StringIO()
                output = replace(
                    output, shows=False, captured=True, stdout=handed_on, stdout_is_tty=False, width=None
                )
            code, error = self._command(words, self._environment.with_output(output))
            self.error = error or self.error
            worst = max(worst, code)
            outer.result = output.result
            if output.listing is not None:
                listings.append(output.listing)
            if code == ExitCode.INTERRUPTED:
                break
        if not listings:
            return worst, None
        merged = replace(listings[-1], items=[item for each in listings for item in each.items])
        if merged.kind.reference is not None and merged.items:
            self._variables.last = merged.kind.reference(merged.items[-1])
        return worst, merged

    def _command(self, words: list[str], environment: Environment) -> tuple[int, SlshellError | None]:
        """Run one command; `help` tells of the session's own words as well."""
        if words[0] == "help" and len(words) == 2 and words[1] in BUILTINS:
            about = BUILTINS[words[1]]
            environment.output.lines([f"Usage: {about.usage}", "", f"  {about.summary}"])
            return ExitCode.DONE, None
        code, error = execute(self._root, words, environment)
        if words == ["help"]:
            environment.output.write(help_text())
        return code, error
