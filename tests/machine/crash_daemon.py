"""The tests' side of daemons that kill themselves: they are asked for, followed and ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.shell import ROOT


class Daemon:
    """A daemon process whose log is followed, so that its readiness and its end are events."""

    def __init__(self, home: Path, link: socket.socket) -> None:
        log, its_log = os.pipe()
        told, its_told = os.pipe()
        try:
            socket.send_fds(link, [os.fsencode(home)], [its_log, its_told])
        finally:
            os.close(its_log)
            os.close(its_told)
        self._lines: list[str] = []
        self._told = threading.Event()
        self._gone = threading.Event()
        self._code: int | None = None
        self._log = os.fdopen(log, errors="replace")
        self._news = os.fdopen(told)
        self._pid = int(self._news.readline())
        self._threads = [threading.Thread(target=each) for each in (self._follow, self._await)]
        for thread in self._threads:
            thread.start()

    def _follow(self) -> None:
        with self._log as lines:
            for line in lines:
                self._lines.append(line)
                if "serving /" in line:
                    self._told.set()
        self._told.set()

    def _await(self) -> None:
        with self._news as news:
            self._code = int(news.readline())
        self._gone.set()

    @property
    def log(self) -> str:
        """All that it has said."""
        return "".join(self._lines)

    def answers(self) -> None:
        """Wait until it serves, or is gone."""
        assert self._told.wait(60), self.log

    def end(self) -> None:
        """End it as a user does."""
        os.kill(self._pid, signal.SIGTERM)
        self._ends_with(0, 30)

    def make_sure_it_is_gone(self) -> None:
        """End it the hard way if a failed test has left it."""
        if not self._gone.is_set():
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._gone.wait(30)
        self._join()

    def dies(self) -> None:
        """Wait until it has killed itself."""
        self._ends_with(-signal.SIGKILL, 60)

    def _ends_with(self, code: int, patience_s: float) -> None:
        assert self._gone.wait(patience_s), self.log
        assert self._code == code, self.log
        self._join()

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(10)


@dataclass
class Starter:
    """A process that has the program loaded and makes daemons of it."""

    link: socket.socket

    def start(self, home: Path) -> Daemon:
        """A new daemon on that data folder."""
        return Daemon(home, self.link)


@contextmanager
def starter() -> Iterator[Starter]:
    """A starter, which ends with the block; its daemons are ended by whoever has asked for them."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with its:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.crashing_daemon", str(its.fileno())],
                cwd=ROOT, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL,
            )  # fmt: skip
        try:
            yield Starter(ours)
        finally:
            ours.close()
            process.wait(30)
