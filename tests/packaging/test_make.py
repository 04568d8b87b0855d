"""`make run` as a user types it, in the checkout, without a terminal."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.support.shell import ROOT, Shell

pytestmark = pytest.mark.machine


def make_run(shell: Shell) -> subprocess.CompletedProcess[str]:
    """Run `make run` without a terminal."""
    inherited = {name: value for name, value in shell.environment.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "--no-print-directory", "run"],
        cwd=ROOT,
        env=inherited,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_run_without_a_terminal_starts_the_cloud_and_prints_what_it_would_show(shell: Shell) -> None:
    first = make_run(shell)
    assert first.returncode == 0, first.stderr
    assert "ttylinux" in first.stdout
    assert "Traceback" not in first.stderr
    assert shell("cloud", "status", "--quiet").returncode == 0


def test_a_second_run_installs_nothing(shell: Shell) -> None:
    make_run(shell)
    again = make_run(shell)
    assert again.returncode == 0, again.stderr
    assert "setup:" not in again.stderr
    assert os.listdir(shell.home) == []  # noqa: PTH208 - names are what is compared
