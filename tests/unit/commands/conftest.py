"""Runs command lines in this process, against the in-process cloud."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from slshell.client.cloud import Cloud, LocalLink
from slshell.commands.environment import Environment, Question
from slshell.commands.registry import Result, run_line
from slshell.output.writer import Output
from tests.unit.client.served import ServedCloud

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Local time is UTC."""
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture
def environment(served: ServedCloud, own_settings: Path) -> Environment:
    """A face without a terminal, whose cloud is the served one."""
    made = Environment(output=Output(stdout=io.StringIO(), stderr=io.StringIO()), stdin=io.StringIO())
    made.make_cloud = lambda profile, start, notice: Cloud(LocalLink(served.home, start=False))
    return made


@pytest.fixture
def run(environment: Environment) -> Run:
    """`run("kill 1", agrees=True, asked=questions)` runs one line."""

    def call(line: str, *, agrees: bool | None = None, asked: list[Question] | None = None) -> Result:
        def confirm(question: Question) -> bool:
            if asked is not None:
                asked.append(question)
            return bool(agrees)

        environment.confirm = None if agrees is None else confirm
        return run_line(line, environment)

    return call
