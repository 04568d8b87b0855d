"""Running a program on what came from anywhere: unprivileged, without a network, within limits.

It gets files as open descriptors only. Where the kernel refuses a network namespace, everything else still
holds, and the log says so once.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

from slshell.model.errors import EngineFailed

LOG = logging.getLogger(__name__)

ACCOUNT, GROUP = "nobody", "nogroup"
_ANSWER_BYTES = 1 << 20
"""`qemu-img info` of an ordinary image writes 1 KiB."""
_CHUNK = 4096
_PROBE_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a program may use; `file_bytes` is the largest file that it may write."""

    memory_bytes: int
    cpu_s: int
    wall_s: float
    file_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a program ended, and what it wrote."""

    code: int
    output: bytes
    complaint: str
    timed_out: bool


def run(
    program: str,
    arguments: Sequence[str],
    *,
    handles: Sequence[int],
    limits: Limits,
    hear: Callable[[bytes], None] | None = None,
) -> Outcome:
    """Run `program` with the descriptors of `handles` open under their own numbers, to its end.

    `hear` is given what it writes while it runs; without it, that is in the outcome.

    Raises:
        EngineFailed: the program or one that confines it is not installed.
    """
    process = subprocess.Popen(
        [*_confined(_needed(program), limits), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        # Not a file: the limit on what may be written holds for that as well.
        stderr=subprocess.PIPE,
        pass_fds=tuple(handles),
        # Else each thread takes 64 MiB of the limit on memory for itself, and how many there are is chance.
        env={"LC_ALL": "C", "PATH": os.defpath, "MALLOC_ARENA_MAX": "1"},
        cwd="/",
        # What it starts itself ends with it.
        start_new_session=True,
    )
    late = threading.Event()

    def give_up() -> None:
        late.set()
        _end(process)

    complaints: list[bytes] = []
    timer = threading.Timer(limits.wall_s, give_up)
    listener = threading.Thread(target=lambda: complaints.append(_read(process, process.stderr)))
    timer.start()
    listener.start()
    try:
        with process:
            output = _read(process, process.stdout, hear)
            listener.join()
    finally:
        timer.cancel()
    complaint = b"".join(complaints).decode(errors="replace").strip()
    return Outcome(code=process.returncode, output=output, complaint=complaint, timed_out=late.is_set())


def _read(
    process: subprocess.Popen[bytes], pipe: IO[bytes] | None, hear: Callable[[bytes], None] | None = None
) -> bytes:
    """All that comes out of a pipe; who writes too much is ended."""
    assert pipe is not None  # noqa: S101 - it was asked for
    kept: list[bytes] = []
    size = 0
    while chunk := pipe.read1(_CHUNK):  # type: ignore[attr-defined]
        if hear is not None:
            _tell(process, hear, chunk)
            continue
        size += len(chunk)
        if size > _ANSWER_BYTES:
            _end(process)
            break
        kept.append(chunk)
    return b"".join(kept)


def _tell(process: subprocess.Popen[bytes], hear: Callable[[bytes], None], chunk: bytes) -> None:
    try:
        hear(chunk)
    except BaseException:
        # Who listens may break it off.
        _end(process)
        raise


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _confined(program: str, limits: Limits) -> list[str]:
    # Without the signal a long conversion would go on after the daemon was killed.
    dropped = ["--reuid", ACCOUNT, "--regid", GROUP, "--clear-groups"] if os.geteuid() == 0 else []
    return [
        *_apart(),
        _needed("setpriv"), *dropped, "--no-new-privs", "--pdeathsig", "KILL", "--",
        _needed("prlimit"), f"--as={limits.memory_bytes}", f"--cpu={limits.cpu_s}",
        f"--fsize={limits.file_bytes}", "--core=0", "--nofile=64", "--",
        program,
    ]  # fmt: skip


@functools.cache
def _apart() -> tuple[str, ...]:
    """The beginning of a command that has no network and no shared memory with others; empty if none can."""
    program = shutil.which("unshare")
    if program is not None:
        user = () if os.geteuid() == 0 else ("--user", "--map-current-user")
        argv = (program, *user, "--net", "--ipc", "--")
        try:
            done = subprocess.run(
                [*argv, "true"], check=False, capture_output=True, text=True, timeout=_PROBE_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            why = str(error)
        else:
            if done.returncode == 0:
                return argv
            why = done.stderr.strip()
    else:
        why = "unshare is not installed"
    LOG.warning("images are looked into without a network namespace (%s); all other limits hold", why)
    return ()


def _needed(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        package = "qemu-utils" if program == "qemu-img" else "util-linux"
        raise EngineFailed(f"{program} is not installed", hint=f"sudo apt-get install {package}")
    return path
