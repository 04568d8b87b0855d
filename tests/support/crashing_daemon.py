"""Daemons that kill themselves with SIGKILL at one moment.

`python -m tests.support.crashing_daemon DESCRIPTOR` makes a daemon for each data folder that its socket
names, a process forked from this one: loading the program, most of what a daemon's start takes, is done once
for all of them. With each name come two descriptors: where the daemon writes what it has to say, and where
its process number and later its exit code are told, a line each.

The moment is what the file deadly in the data folder holds, if it is there: `KIND STEP WHEN`, where WHEN is
`before` the step does anything, or `after` it has done its work and before that is recorded.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterable
from functools import partial
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


def daemon(home: Path) -> None:
    """Serve until the moment comes."""
    deadly = home / DEADLY

    def make(self: JobRunner, database: Any, kinds: Iterable[JobKind], *rest: Any) -> None:
        _make(self, database, [_injected(one, deadly) for one in kinds], *rest)

    replacement: Callable[..., None] = make
    JobRunner.__init__ = replacement  # type: ignore[method-assign]
    os.environ["SLSHELL_CONFIG"] = os.environ["SLSHELL_HOME"] = str(home)
    logging.basicConfig(level=logging.INFO)
    serve(home, home / "config.toml")


def _forked(work: Callable[[], None]) -> int:
    """Do that in a process of its own; answers its number."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stderr.flush()
        os._exit(code)


def _keep(home: Path, log: int, told: int) -> None:
    """Run a daemon and tell of it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(log, sys.stderr.fileno())
    os.close(log)

    def run() -> None:
        os.close(told)
        os.setsid()
        daemon(home)

    pid = _forked(run)
    os.close(sys.stderr.fileno())
    os.write(told, f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())


def main(link: socket.socket) -> None:
    """Make daemons until nobody asks any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        name, descriptors, _, _ = socket.recv_fds(link, 4096, 2)
        if not name:
            return
        log, told = descriptors
        _forked(partial(_keep, Path(os.fsdecode(name)), log, told))
        for each in descriptors:
            os.close(each)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
