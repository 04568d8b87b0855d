"""The daemon as users meet it: started on demand, one per data folder, replaced when dead or old."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from slshell import __version__
from tests.support import processes
from tests.support.shell import ROOT, Shell


def status(user: Shell) -> dict[str, Any]:
    """`slshell cloud status -o json`."""
    return dict(json.loads(user("cloud", "status", "-o", "json").stdout))


def daemons(user: Shell) -> list[int]:
    """The daemons of this user's data folder."""
    return [one.pid for one in processes.naming([user.data]) if "slshell.backend --home" in one.command]


def test_the_first_command_starts_a_daemon_and_down_leaves_nothing(shell: Shell) -> None:
    assert shell("cloud", "status", expect=3).returncode == 3
    assert shell("instances", "-o", "json").stdout == "[]\n"
    told = status(shell)
    assert {"pid", "socket", "version", "engine", "libvirt_uri", "uptime_s"} <= set(told)
    assert daemons(shell) == [told["pid"]]
    shell("cloud", "down")
    assert processes.wait_until_gone([shell.data], 15) == []
    assert not (shell.data / "api.sock").exists()
    assert shell("cloud", "status", expect=3).returncode == 3


def test_commands_that_start_it_at_once_get_the_same_daemon(shell: Shell) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: shell("types", "-o", "json").stdout, range(6)))
    assert len(set(answers)) == 1
    assert daemons(shell) == [status(shell)["pid"]]


def test_a_daemon_that_crashed_is_replaced_by_the_next_command(shell: Shell) -> None:
    shell("cloud", "up")
    before = status(shell)["pid"]
    os.kill(before, signal.SIGKILL)
    shell("instances")
    assert status(shell)["pid"] != before


def test_a_newer_client_replaces_an_older_daemon(shell: Shell) -> None:
    module = [sys.executable, "-m", "tests.support.old_daemon", str(shell.data)]
    with subprocess.Popen(module, cwd=ROOT, env=shell.environment, stderr=subprocess.PIPE, text=True) as old:
        assert old.stderr is not None
        line = old.stderr.readline()
        while "serving" not in line and line:
            line = old.stderr.readline()
        # Its parent is this test, which has to take its exit status for it to be gone.
        reaper = threading.Thread(target=old.wait)
        reaper.start()
        shell("instances")
        reaper.join(30)
        assert old.returncode == 0
    assert status(shell)["version"] == __version__


def test_the_data_folder_of_an_ordinary_user_is_closed_to_others(ordinary_shell: Shell) -> None:
    ordinary_shell("cloud", "up")
    assert stat.S_IMODE(ordinary_shell.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((ordinary_shell.data / "api.sock").stat().st_mode) == 0o600


def test_root_is_served_as_well_and_its_machines_run_as_somebody_else(shell: Shell) -> None:
    shell("cloud", "up")
    hypervisors = [one for one in processes.naming([shell.data]) if "libvirtd" in one.command]
    assert hypervisors
    owners = {os.stat(f"/proc/{one.pid}").st_uid for one in hypervisors}  # noqa: PTH116
    assert 0 not in owners


@pytest.fixture
def listening(shell: Shell) -> Shell:
    """A user whose cloud answers on TCP as well."""
    (shell.home / "config").mkdir(exist_ok=True)
    (shell.home / "config" / "config.toml").write_text('[cloud]\nlisten = "127.0.0.1:0"\n')
    shell("cloud", "up")
    return shell


def answer_of(address: str, token: str | None) -> int:
    """The status of a request by TCP."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"http://{address}/v1/cloud", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        assert json.load(error)["code"] == "not_allowed"
        return error.code


def test_a_tcp_port_is_there_only_when_asked_for(shell: Shell) -> None:
    shell("cloud", "up")
    assert json.loads((shell.data / "daemon.json").read_text())["tcp"] == ""
    assert not (shell.data / "token").exists()


def test_the_tcp_port_wants_the_token(listening: Shell) -> None:
    address = json.loads((listening.data / "daemon.json").read_text())["tcp"]
    token = (listening.data / "token").read_text().strip()
    assert stat.S_IMODE((listening.data / "token").stat().st_mode) == 0o600
    assert answer_of(address, token) == 200
    assert answer_of(address, None) == 401
    assert answer_of(address, token[:-1]) == 401
    assert token not in (listening.data / "daemon.log").read_text()
    assert not [one for one in processes.naming([listening.data]) if token in one.command]


def test_a_setting_that_cannot_be_is_told_with_file_and_key(shell: Shell) -> None:
    (shell.home / "config").mkdir(exist_ok=True)
    (shell.home / "config" / "config.toml").write_text('[instance_types]\n"m1.odd" = [1, 2]\n')
    failed = shell("instances", expect=None)
    assert failed.returncode not in {0, 1}
    assert "config.toml" in failed.stderr
    assert "m1.odd" in failed.stderr


def test_own_instance_types_are_offered(shell: Shell) -> None:
    (shell.home / "config").mkdir(exist_ok=True)
    text = '[instance_types]\n"m1.huge" = [1, 192, 64]\n[cloud]\ndefault_instance_type = "m1.huge"\n'
    (shell.home / "config" / "config.toml").write_text(text)
    types = {one["name"]: one for one in json.loads(shell("types", "-o", "json").stdout)}
    assert types["m1.huge"]["default"]
    assert (types["m1.huge"]["vcpu"], types["m1.huge"]["ram_mib"], types["m1.huge"]["swap_mib"]) == (
        1,
        192,
        64,
    )
    assert (types["m1.small"]["ram_mib"], types["t1.micro"]["swap_mib"]) == (128, 512)
