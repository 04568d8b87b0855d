"""The parent of a program that a build runs: ends it, and all that it started, once the build is gone.

The build holds the other end of our standard input, which the kernel closes however the build ends. What the
program starts may leave its process group and outlive it, so we adopt orphans, and end those as well.

Run as a file, with few modules of the standard library, for it starts once for each program.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys

PR_SET_CHILD_SUBREAPER = 36
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The build hears of these as well, and ends us in its own time."""


def main(command: list[str]) -> int:
    """Run `command` to its end; its exit status, as a shell gives it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become a subreaper")
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    program = os.fork()
    if program == 0:
        _become(command)
    status = _until_either_ends(program, wake)
    _end_all()
    return status


def _become(command: list[str]) -> None:
    os.setsid()
    for number in (*ENDING, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        os.execv(command[0], command)  # noqa: S606 - there is nothing for a shell to read
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)


def _until_either_ends(program: int, wake: int) -> int:
    """The program's exit status, or that of one that was killed when the build is gone."""
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(wake, select.POLLIN)
    while True:
        ready = {number for number, _ in poll.poll()}
        if wake in ready:
            os.read(wake, 4096)
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == program:
                    code = os.waitstatus_to_exitcode(found[1])
                    return code if code >= 0 else 128 - code
        if 0 in ready:
            return 128 + signal.SIGKILL


def _end_all() -> None:
    """End every descendant: those of a child that has ended become our children, and are ended next."""
    with contextlib.suppress(ChildProcessError):
        while True:
            for child in _children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            os.waitpid(-1, 0)


def _children() -> list[int]:
    own = str(os.getpid()).encode()
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 - pathlib takes long to load
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
            # The name of a program, in brackets, may hold anything.
            if file.read().rpartition(b")")[2].split()[1] == own:
                found.append(int(name))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
