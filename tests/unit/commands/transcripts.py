"""Transcripts: lines as a user types them, and below each what slshell answers, as files to compare with.

$ slshell instances web
ID  NAME ...            what went to stdout
! a notice              what went to stderr
[0]                     the exit code
"""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slshell.cli import program
from slshell.client.cloud import Cloud, LocalLink
from slshell.commands.environment import Environment
from slshell.commands.registry import execute
from slshell.output.writer import Output
from tests.unit.client.served import ServedCloud

PROMPT = "$ slshell "


@dataclass(frozen=True)
class Answer:
    """One line and what came of it."""

    line: str
    stdout: str
    stderr: str
    code: int

    def text(self) -> str:
        """As it stands in the file."""
        told = "".join(f"! {each}\n" for each in self.stderr.splitlines())
        ended = "" if self.stdout.endswith("\n") or not self.stdout else "\n"
        return f"{PROMPT}{self.line}\n{self.stdout}{ended}{told}[{self.code}]\n"


def lines_of(path: Path) -> list[str]:
    """The lines that a transcript types."""
    return [text.removeprefix(PROMPT) for text in path.read_text().splitlines() if text.startswith(PROMPT)]


def starter(command: str) -> list[str]:
    """The lines that a new transcript begins with."""
    return [command, f"{command} -o json", f"{command} --nonsense"]


def played(line: str, served: ServedCloud, hide: Callable[[str], str]) -> Answer:
    """Run a line as one that is typed into a pipe; `hide` takes out what differs from run to run."""
    stdout, stderr = io.StringIO(), io.StringIO()
    environment = Environment(output=Output(stdout=stdout, stderr=stderr), stdin=io.StringIO())
    environment.make_cloud = lambda profile, start, notice: Cloud(LocalLink(served.home, start=False))
    environment.open_session = lambda plan: 0
    code, _ = execute(program(), shlex.split(line), environment)
    return Answer(line, hide(stdout.getvalue()), hide(stderr.getvalue()), code)


def complaints(command: str, answers: list[Answer]) -> list[str]:
    """What a command's transcript lacks."""
    found = []
    json = [answer for answer in answers if "-o json" in answer.line]
    if not any(answer.code == 0 and answer not in json for answer in answers):
        found.append(f"a line of {command} that works; put its arguments behind “{PROMPT}{command}”")
    if not json:
        found.append("a line with -o json")
    if not any(answer.code for answer in answers):
        found.append("a line that fails")
    return found
