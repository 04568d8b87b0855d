"""A daemon that kills itself with SIGKILL at one moment.

`python -m tests.support.crashing_daemon HOME KIND STEP WHEN`

WHEN is `before` the step does anything, or `after` it has done its work and before that is recorded.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from slshell.backend.server import serve
from slshell.backend.services.jobs import JobKind, JobRunner, Step, Work

_make = JobRunner.__init__


def _deadly(step: Step, when: str) -> Step:
    def run(work: Work) -> None:
        if when == "after":
            step.run(work)
        os.kill(os.getpid(), signal.SIGKILL)

    return dataclasses.replace(step, run=run)


def _injected(kind: JobKind, name: str, step_name: str, when: str) -> JobKind:
    if kind.name != name:
        return kind
    steps = tuple(_deadly(step, when) if step.name == step_name else step for step in kind.steps)
    return dataclasses.replace(kind, steps=steps)


def main(home: str, kind: str, step: str, when: str) -> None:
    """Serve until the moment comes."""

    def make(self: JobRunner, database: Any, kinds: Iterable[JobKind], *rest: Any) -> None:
        _make(self, database, [_injected(one, kind, step, when) for one in kinds], *rest)

    replacement: Callable[..., None] = make
    JobRunner.__init__ = replacement  # type: ignore[method-assign]
    logging.basicConfig(level=logging.INFO)
    serve(Path(home), Path(home) / "config.toml")


if __name__ == "__main__":
    main(*sys.argv[1:])
