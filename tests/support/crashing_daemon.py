"""A daemon that kills itself with SIGKILL at one moment.

`python -m tests.support.crashing_daemon HOME`

The moment is what the file HOME/deadly holds, if it is there: `KIND STEP WHEN`, where WHEN is `before` the
step does anything, or `after` it has done its work and before that is recorded.
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

DEADLY = "deadly"
_make = JobRunner.__init__


def _deadly(kind: str, step: Step, deadly: Path) -> Step:
    def die_at(when: str) -> None:
        if deadly.exists() and deadly.read_text() == f"{kind} {step.name} {when}":
            os.kill(os.getpid(), signal.SIGKILL)

    def run(work: Work) -> None:
        die_at("before")
        step.run(work)
        die_at("after")

    return dataclasses.replace(step, run=run)


def _injected(kind: JobKind, deadly: Path) -> JobKind:
    return dataclasses.replace(kind, steps=tuple(_deadly(kind.name, step, deadly) for step in kind.steps))


def main(home: str) -> None:
    """Serve until the moment comes."""
    deadly = Path(home) / DEADLY

    def make(self: JobRunner, database: Any, kinds: Iterable[JobKind], *rest: Any) -> None:
        _make(self, database, [_injected(one, deadly) for one in kinds], *rest)

    replacement: Callable[..., None] = make
    JobRunner.__init__ = replacement  # type: ignore[method-assign]
    logging.basicConfig(level=logging.INFO)
    serve(Path(home), Path(home) / "config.toml")


if __name__ == "__main__":
    main(*sys.argv[1:])
