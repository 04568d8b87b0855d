"""However a build ends, its programs end with it, and what it had made goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from slshell.backend.appliances import builder, tools
from slshell.backend.images import stopping
from slshell.backend.images.stopping import Stopped, Stopper
from slshell.model.errors import EngineFailed
from tests.support import processes

PATIENCE_S = 20.0
FAMILY = """\
#!/bin/sh
# One child in a group of its own, as apt and dpkg make them, one of our own, and we.
setsid sh -c 'exec sleep 1000' &
sleep 1000 &
echo started > "{fifo}"
wait
"""


class StandIn:
    """A program of the build in its own PATH that starts a family, says so, and never ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "bin"
        self.folder.mkdir()
        self._fifo = folder / "fifo"
        os.mkfifo(self._fifo)
        for name in tools.TOOLS:
            path = self.folder / name
            path.write_text(FAMILY.format(fifo=self._fifo))
            path.chmod(0o755)
        self.path = f"{self.folder}:{os.environ['PATH']}"

    def wait_until_started(self) -> None:
        """Return when the family is complete."""
        assert self._fifo.read_text() == "started\n"

    def gone(self) -> bool:
        """Whether all of it has ended, now or soon."""
        return processes.wait_until_gone([self.folder], PATIENCE_S) == []


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    one = StandIn(tmp_path)
    monkeypatch.setattr(tools, "_search_path", lambda: one.path)
    return one


def leftovers(into: Path) -> list[str]:
    return [path.name for path in into.iterdir() if path.is_dir() and path.name != ".packages"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_builder_that_is_told_to_end_takes_all_with_it(
    stand_in: StandIn, tmp_path: Path, number: signal.Signals
) -> None:
    into = tmp_path / "into"
    builder_ = build_in_a_process(stand_in, into)
    stand_in.wait_until_started()
    builder_.send_signal(number)
    assert builder_.wait(PATIENCE_S) == 128 + number
    assert stand_in.gone()
    assert leftovers(into) == []


def test_the_programs_of_a_builder_that_is_killed_end_and_the_next_build_removes_its_folder(
    stand_in: StandIn, tmp_path: Path
) -> None:
    into = tmp_path / "into"
    killed = build_in_a_process(stand_in, into)
    stand_in.wait_until_started()
    killed.kill()
    killed.wait(PATIENCE_S)
    assert stand_in.gone()
    [left] = leftovers(into)
    again = build_in_a_process(stand_in, into)
    stand_in.wait_until_started()
    assert left not in leftovers(into)
    again.terminate()
    again.wait(PATIENCE_S)


def test_a_build_that_is_stopped_from_another_thread_leaves_nothing(
    stand_in: StandIn, tmp_path: Path
) -> None:
    stopper, into = Stopper(), tmp_path / "into"

    def stop() -> None:
        stand_in.wait_until_started()
        stopper.stop("enough of it")

    other = threading.Thread(target=stop)
    other.start()
    with pytest.raises(Stopped, match="enough of it"), stopping.under(stopper):
        builder.build("ttylinux", into, lambda _line: None)
    other.join()
    assert processes.naming([stand_in.folder]) == []
    assert leftovers(into) == []


def test_what_was_stopped_before_begins_no_program(stand_in: StandIn, tmp_path: Path) -> None:
    stopper = Stopper()
    stopper.stop("enough of it")
    with pytest.raises(Stopped), stopping.under(stopper):
        tools.run(["apt-cache"])
    assert processes.naming([stand_in.folder]) == []


def test_a_program_that_takes_too_long_ends_with_its_family(stand_in: StandIn) -> None:
    reader = threading.Thread(target=stand_in.wait_until_started)
    reader.start()
    with pytest.raises(EngineFailed, match="did not finish within 3 s"):
        tools.run(["apt-cache"], timeout=3)
    reader.join()
    assert processes.naming([stand_in.folder]) == []


def test_what_a_program_leaves_behind_when_it_ends_by_itself_is_ended_too(
    stand_in: StandIn,
) -> None:
    left = stand_in.folder / "leave"
    left.write_text("#!/bin/sh\nsetsid sleep 1000 >/dev/null 2>&1 &\necho done; echo aside >&2; exit 0\n")
    left.chmod(0o755)
    assert tools.said(["leave"]) == ("done\n", "aside\n")
    assert processes.naming([stand_in.folder]) == []


def test_how_a_program_ended_is_told_as_before(stand_in: StandIn) -> None:
    broken = stand_in.folder / "broken"
    broken.write_text("#!/bin/sh\necho first >&2; echo it broke >&2; kill -9 $$\n")
    broken.chmod(0o755)
    with pytest.raises(EngineFailed, match="broken failed: it broke"):
        tools.run(["broken"])


def build_in_a_process(stand_in: StandIn, into: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "slshell.backend.appliances", "build", "ttylinux", "--into", str(into)],
        env={**os.environ, "PATH": stand_in.path},
        stderr=subprocess.DEVNULL,
    )
