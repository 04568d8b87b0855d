"""Processes that belong to a folder: those whose command line or environment names it."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

END_S = float(os.environ.get("TEST_END_S", "15"))
"""Longest time that a daemon, a hypervisor or a machine that was told to end may take."""


@dataclass(frozen=True)
class Process:
    """One running process."""

    pid: int
    command: str


def naming(folders: Iterable[Path]) -> list[Process]:
    """The running processes, except this one and those above it, that name one of the folders.

    Processes of other accounts are seen by their command line only, unless we are root.
    """
    needles = [os.fsencode(str(folder)) for folder in folders]
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in _ancestors():
            continue
        command, environment = _read(entry / "cmdline"), _read(entry / "environ")
        if command and any(_names(needle, command, environment) for needle in needles):
            found.append(Process(int(entry.name), _text(command)))
    return found


def descendants() -> list[Process]:
    """Our children and theirs, and those of our process group whose parent ended before them."""
    everyone = {
        int(entry.name): _status(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()
    }
    running = {pid: status for pid, status in everyone.items() if status is not None}
    own = running[os.getpid()]
    ours = {
        pid
        for pid, one in running.items()
        if one.orphaned and one.group == own.group and one.started > own.started
    }
    ours.add(os.getpid())
    while more := {pid for pid, one in running.items() if one.parent in ours} - ours:
        ours |= more
    commands = {pid: _read(Path(f"/proc/{pid}/cmdline")) for pid in ours - {os.getpid()}}
    return [Process(pid, _text(command)) for pid, command in commands.items() if command]


def wait_until_gone(folders: Iterable[Path], timeout_s: float) -> list[Process]:
    """Wait for the processes that name a folder to end; what is left after `timeout_s` is returned."""
    folders = list(folders)
    deadline = time.monotonic() + timeout_s
    while left := naming(folders):
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            break
        _wait_for_exit(left[0].pid, remaining)
    return left


def kill(processes: Iterable[Process]) -> None:
    """End processes at once."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


@dataclass(frozen=True)
class _Status:
    parent: int
    group: int
    started: int
    """In clock ticks since the machine was switched on."""

    @property
    def orphaned(self) -> bool:
        return self.parent == 1


def _status(pid: int) -> _Status | None:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()
    return _Status(int(fields[1]), int(fields[2]), int(fields[19])) if fields else None


def _text(command: bytes) -> str:
    return command.replace(b"\0", b" ").decode(errors="replace").strip()


def _wait_for_exit(pid: int, timeout_s: float) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        select.select([descriptor], [], [], timeout_s)
    finally:
        os.close(descriptor)


def _names(needle: bytes, command: bytes, environment: bytes) -> bool:
    return any(
        needle + end in text + b"\0" for text in (command, environment) for end in (b"/", b"\0", b",", b":")
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _ancestors() -> set[int]:
    pids, pid = set(), os.getpid()
    while pid > 0 and (status := _status(pid)) is not None:
        pids.add(pid)
        pid = status.parent
    return pids
