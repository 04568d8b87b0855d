"""`make run` as a user types it, in the checkout, without a terminal."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from tests.support.shell import ROOT, Shell

pytestmark = pytest.mark.machine


def make_run(shell: Shell) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run `make run`; answers what it said and how many seconds it took."""
    start = time.monotonic()
    inherited = {name: value for name, value in shell.environment.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "--no-print-directory", "run"],
        cwd=ROOT,
        env=inherited,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done, time.monotonic() - start


def test_run_without_a_terminal_starts_the_cloud_and_prints_what_it_would_show(shell: Shell) -> None:
    first, _ = make_run(shell)
    assert first.returncode == 0, first.stderr
    assert "ttylinux" in first.stdout
    assert "Traceback" not in first.stderr
    assert shell("cloud", "status", "--quiet").returncode == 0


def test_a_second_run_installs_nothing_and_takes_a_few_seconds(shell: Shell) -> None:
    make_run(shell)
    again, seconds = make_run(shell)
    assert again.returncode == 0, again.stderr
    assert "setup:" not in again.stderr
    assert seconds < 5
    assert os.listdir(shell.home) == []  # noqa: PTH208 - names are what is compared
