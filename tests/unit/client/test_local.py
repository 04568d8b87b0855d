"""The bundled cloud's daemon is found, started, replaced, and never started twice; with the real one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from slshell import __version__
from slshell.client import local
from slshell.client.cloud import Cloud, LocalLink
from slshell.model.errors import CloudUnreachable, UsageError
from tests.support import processes
from tests.unit.client.served import ServedCloud

END_S = 20.0


@pytest.fixture
def home(short_folder: Path) -> Iterator[Path]:
    """A data folder; whatever daemon serves it at the end is stopped."""
    folder = short_folder / "d"
    yield folder
    if (daemon := local.running(folder)) is not None:
        local.stop(daemon, shut_machines_down=True)
    assert not processes.wait_until_gone([folder], END_S)


def slshell(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "slshell", *words],
        env={**os.environ, "SLSHELL_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


def test_commands_at_once_get_the_same_daemon(home: Path) -> None:
    pids: list[int] = []
    threads = [threading.Thread(target=lambda: pids.append(local.ensure(home).pid)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 4
    assert len(set(pids)) == 1


def test_the_daemon_lets_its_starter_end_and_goes_on(home: Path) -> None:
    assert slshell(home, "types").stderr == "starting the cloud\n"
    up = slshell(home, "cloud", "up", "-o", "json")
    assert (up.returncode, up.stderr) == (0, "")
    status = json.loads(slshell(home, "cloud", "status", "-o", "json").stdout)
    assert status["pid"] == json.loads(up.stdout)["pid"]
    assert os.getsid(status["pid"]) == status["pid"]
    assert slshell(home, "cloud", "logs", "-n", "1").stdout.count("\n") == 1
    down = slshell(home, "cloud", "down")
    assert (down.returncode, down.stderr) == (0, "the cloud is down\n")
    assert slshell(home, "cloud", "down").stderr == "the cloud is down already\n"


def test_a_killed_daemon_is_noticed_and_replaced(home: Path) -> None:
    cloud = Cloud(LocalLink(home))
    first = cloud.status().pid
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    assert cloud.status().pid != first
    assert cloud.types()


def test_a_daemon_that_was_stopped_on_purpose_stays_down(home: Path) -> None:
    with ServedCloud(home):
        cloud = Cloud(LocalLink(home))
        cloud.status()
    (home / "daemon.json").unlink()
    with pytest.raises(CloudUnreachable, match="was stopped"):
        cloud.status()
    assert not (home / "daemon.log").exists()
    with ServedCloud(home):
        assert cloud.status().id == "c0ffee"


def test_a_daemon_that_dies_at_its_start_is_told_with_its_last_words(home: Path) -> None:
    home.mkdir()
    (home / "cloud.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(CloudUnreachable, match="ended at its start") as caught:
        local.ensure(home)
    assert str(home / "daemon.log") in caught.value.hint
    assert "database" in caught.value.hint


def test_an_older_daemon_is_asked_to_stop_and_replaced(home: Path) -> None:
    with ServedCloud(home) as old:
        process = subprocess.Popen(["sleep", "600"])
        about = {
            "pid": process.pid,
            "socket": str(old.socket),
            "version": "0.0.1",
            "started_at": "",
            "tcp": "",
        }
        (home / "daemon.json").write_text(json.dumps(about))

        def obey() -> None:
            old.stopped.wait(END_S)
            old.__exit__()
            process.kill()
            process.wait()

        thread = threading.Thread(target=obey)
        thread.start()
        told: list[str] = []
        daemon = local.ensure(home, told.append)
        thread.join()
    assert daemon.version == __version__
    assert told == [f"replacing the cloud's daemon 0.0.1 by {__version__}"]


def test_a_newer_daemon_is_left_alone(home: Path) -> None:
    with ServedCloud(home) as newer:
        about = {
            "pid": os.getpid(),
            "socket": str(newer.socket),
            "version": "99.0",
            "started_at": "",
            "tcp": "",
        }
        (home / "daemon.json").write_text(json.dumps(about))
        assert local.ensure(home).version == "99.0"
        assert not newer.stopped.is_set()


@pytest.mark.parametrize("content", ["", "{", '{"pid": "x"}', "[]"])
def test_a_broken_daemon_file_counts_as_none(home: Path, content: str) -> None:
    home.mkdir()
    (home / "daemon.json").write_text(content)
    assert local.running(home) is None


def test_a_data_folder_that_cannot_be_made_is_a_usage_error(short_folder: Path) -> None:
    (short_folder / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be used"):
        local.ensure(short_folder / "file" / "d")
