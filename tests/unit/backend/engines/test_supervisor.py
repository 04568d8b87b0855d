"""The supervisor: collects orphans, ends with the last, keeps consoles short."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from slshell.backend.engines.libvirt import console, supervisor

PATIENCE_S = 20


def supervised(folder: Path, script: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            "-I",
            "-S",
            supervisor.__file__,
            "--consoles",
            str(folder),
            "--",
            "sh",
            "-c",
            script,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )


def gone(pid: int) -> bool:
    """Wait until a process has ended and was collected."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ready, _, _ = select.select([descriptor], [], [], PATIENCE_S)
    os.close(descriptor)
    return bool(ready)


def test_it_ends_with_its_daemon_and_answers_its_status(short_folder: Path) -> None:
    with supervised(short_folder, "exit 7") as process:
        assert process.wait(PATIENCE_S) == 7


def test_it_collects_what_the_daemon_left_and_ends_after_it(short_folder: Path) -> None:
    script = "(sleep 1000 >/dev/null & echo $!)"
    with supervised(short_folder, script) as process:
        assert process.stdout is not None
        orphan = int(process.stdout.readline())
        status = Path(f"/proc/{orphan}/status").read_text()
        assert process.poll() is None
        os.kill(orphan, signal.SIGKILL)
        assert process.wait(PATIENCE_S) == 0
        assert not Path(f"/proc/{orphan}").exists(), status


def test_it_hands_a_request_to_end_to_the_daemon(short_folder: Path) -> None:
    with supervised(short_folder, "echo $$; exec sleep 1000") as process:
        assert process.stdout is not None
        daemon = int(process.stdout.readline())
        process.terminate()
        assert gone(daemon)
        assert process.wait(PATIENCE_S) == 128 + signal.SIGTERM


@pytest.mark.parametrize("append", [True, False])
def test_a_long_console_gives_space_back_and_keeps_its_end(short_folder: Path, append: bool) -> None:
    (short_folder / "1").mkdir()
    path = short_folder / "1" / "console.log"
    keep = 64 << 10
    with path.open("ab" if append else "wb", buffering=0) as guest:
        guest.write(b"x" * (1 << 20) + b"\nlast words\n")
        supervisor.trim(short_folder, keep)
        assert path.stat().st_blocks * 512 <= 2 * keep
        assert console.tail(path, 1 << 20).endswith(b"x\nlast words\n")
        guest.write(b"and more\n")
    assert console.tail(path, 1 << 20).endswith(b"last words\nand more\n")
    assert not console.tail(path, 2 << 20).startswith(b"\0")


def test_a_short_console_is_left_alone(short_folder: Path) -> None:
    (short_folder / "1").mkdir()
    path = short_folder / "1" / "console.log"
    path.write_bytes(b"hello\n")
    supervisor.trim(short_folder)
    assert path.read_bytes() == b"hello\n"
