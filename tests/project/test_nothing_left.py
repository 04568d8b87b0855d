"""The check for leftovers itself: a test that leaves something behind fails the session."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.shell import ROOT

LEAKS = {
    "process": """
        import subprocess
        def test_it(short_folder):
            subprocess.Popen(["sleep", "60"], env={"WHERE": str(short_folder)}, start_new_session=True)
        """,
    "child without our environment": """
        import subprocess
        def test_it():
            subprocess.Popen(["sleep", "60"], env={}, start_new_session=True)
        """,
    "folder": """
        import tempfile
        def test_it():
            tempfile.mkdtemp(prefix="sls", dir="/tmp")
        """,
    "temporary file": """
        import subprocess
        def test_it():
            subprocess.run(["mktemp"], check=True)
        """,
}
CLEAN = """
    import subprocess, tempfile
    def test_it(short_folder):
        with tempfile.TemporaryDirectory(prefix="sls", dir="/tmp"):
            subprocess.run(["true", str(short_folder)], check=True)
    """


def session(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run a test session of its own over one file, with this project's fixtures."""
    lines = code.strip("\n").splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    (folder / "test_it.py").write_text("\n".join(line[indent:] for line in lines))
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(folder)]
    command = [sys.executable, "-m", "pytest", *options, str(folder / "test_it.py")]
    environment = os.environ | {"TEST_END_S": "0.5"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("leak", LEAKS)
def test_a_session_that_leaves_something_behind_fails(leak: str, short_folder: Path) -> None:
    told = session(short_folder, LEAKS[leak])
    assert told.returncode == 1, told.stdout
    assert "tests left" in told.stdout
    assert "1 passed, 1 error" in told.stdout


def test_a_session_that_cleans_up_passes(short_folder: Path) -> None:
    told = session(short_folder, CLEAN)
    assert told.returncode == 0, told.stdout


def test_a_process_is_found_by_its_command_line_and_gone_after_its_end(short_folder: Path) -> None:
    with subprocess.Popen(["sh", "-c", "read line", str(short_folder)], stdin=subprocess.PIPE) as process:
        found = processes.naming([short_folder])
        processes.kill(found)
    assert [one.pid for one in found] == [process.pid]
    assert processes.wait_until_gone([short_folder], 5) == []


def test_a_folder_with_a_longer_name_is_another_folder(short_folder: Path) -> None:
    with subprocess.Popen(["sh", "-c", "read line", f"{short_folder}0"], stdin=subprocess.PIPE) as process:
        found = processes.naming([short_folder])
        process.kill()
    assert found == []
