"""Streams that say they are a terminal."""

from __future__ import annotations

import io

from slshell.client.cloud import Cloud, LocalLink
from slshell.commands.environment import Environment, environment_asker
from slshell.commands.registry import execute, make_root
from slshell.output.writer import Output
from tests.unit.client.served import ServedCloud


class Terminal:
    """A user at a terminal of 90 columns, who answers a question with `answer`."""

    def __init__(self, answer: str = "", environ: dict[str, str] | None = None) -> None:
        self.stdout, self.stderr = io.StringIO(), io.StringIO()
        self._answer = answer
        self._environ = {"TERM": "xterm", "HOME": "/nonexistent", **(environ or {})}

    def run(self, line: str, served: ServedCloud) -> int:
        """Run one command line; answers its exit code."""
        output = Output(
            stdout=self.stdout, stderr=self.stderr, stdout_is_tty=True, stderr_is_tty=True, width=90
        )
        environment = Environment(
            output=output,
            stdin=io.StringIO(self._answer),
            stdin_is_tty=True,
            environ=self._environ | {"SLSHELL_HOME": str(served.home), "SLSHELL_CONFIG": "/nonexistent"},
        )
        environment.confirm = environment_asker(environment)
        environment.make_cloud = lambda profile, start, notice: Cloud(LocalLink(served.home, start=False))
        code, _ = execute(make_root(), line.split(), environment)
        return code
