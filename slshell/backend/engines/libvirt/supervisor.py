"""The parent of a private libvirt daemon: waits for it and for every QEMU that it leaves behind.

libvirt forks QEMU away from itself and, at its end, waits until the process is gone. Some init processes
collect orphans only every second or two; a subreaper of our own does it at once, so that cutting a machine's
power and noticing a killed QEMU take no longer than they must. It outlives us, as the daemon does, and ends
when the daemon has ended and the last machine too. It also keeps consoles short, for it is always there.

Run as a file, with the standard library only: it stays for as long as machines run.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import signal
import subprocess
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
FALLOC_PUNCH_HOLE_KEEP_SIZE = 3
CONSOLE_BYTES = 4 << 20
"""What a console keeps unless told otherwise; a Linux boot writes some 30 KB."""
CONSOLE_CHECK_S = 10
BLOCK = 4096

_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str] | None = None) -> int:
    """Start the daemon under the account asked for, and wait."""
    options = _options(arguments)
    if _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become a subreaper")
    if options.uid is not None:
        os.setgroups(options.groups)
        os.setgid(options.gid)
        os.setuid(options.uid)
    signals = {signal.SIGCHLD, signal.SIGTERM}
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    daemon = subprocess.Popen(
        options.command,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, signals),
    )
    os.chdir("/")
    return _wait(daemon.pid, options.consoles, options.keep)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument(
        "--groups", type=lambda text: [int(part) for part in text.split(",") if part], default=[]
    )
    parser.add_argument("--consoles", type=Path, required=True)
    parser.add_argument("--keep", type=int, default=CONSOLE_BYTES)
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


def _wait(daemon: int, consoles: Path, keep: int) -> int:
    """Reap until no child is left; the daemon's exit status, as a shell gives it."""
    status = 0
    while True:
        ended, more = _reap()
        if daemon in ended:
            code = os.waitstatus_to_exitcode(ended[daemon])
            status = code if code >= 0 else 128 - code
        if not more:
            return status
        got = signal.sigtimedwait({signal.SIGCHLD, signal.SIGTERM}, CONSOLE_CHECK_S)
        if got is None:
            trim(consoles, keep)
        elif got.si_signo == signal.SIGTERM:
            with contextlib.suppress(ProcessLookupError):
                os.kill(daemon, signal.SIGTERM)


def _reap() -> tuple[dict[int, int], bool]:
    """The children that have ended, with their status, and whether there are others."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended, False
        if pid == 0:
            return ended, True
        ended[pid] = status


def trim(consoles: Path, keep: int = CONSOLE_BYTES) -> None:
    """Give the space of all but the last `keep` bytes of each console back; the file's length stays."""
    for path in consoles.glob("*/console.log"):
        with contextlib.suppress(OSError):
            status = path.stat()
            if status.st_blocks * 512 > 2 * keep:
                _punch(path, (status.st_size - keep) // BLOCK * BLOCK)


def _punch(path: Path, length: int) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    try:
        done = _libc.fallocate(
            descriptor, FALLOC_PUNCH_HOLE_KEEP_SIZE, ctypes.c_int64(0), ctypes.c_int64(length)
        )
        if done != 0:
            os.truncate(descriptor, 0)
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    raise SystemExit(main())
