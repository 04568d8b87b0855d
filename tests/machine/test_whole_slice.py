"""The main job, as a user does it: run, log in, power off, start, kill, and nothing is left."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import libvirt
import pytest

from slshell.client.cloud import Cloud
from slshell.client.profiles import Profile
from tests.support import processes
from tests.support.folders import SessionFolder
from tests.support.shell import Account, Shell, emptied
from tests.support.waiting import Watch

pytestmark = pytest.mark.machine

GREETING = 'it\'s "quoted" $(reboot) `id` #x ☃'


@pytest.fixture(params=["shell", "ordinary_shell"], ids=["ourselves", "ordinary"])
def user(request: pytest.FixtureRequest) -> Shell:
    """The account that runs the tests, and one without rights."""
    user: Shell = request.getfixturevalue(request.param)
    return user


def instance(user: Shell, number: int) -> dict[str, Any]:
    """One instance as `-o json` shows it."""
    [one] = json.loads(user("instances", str(number), "-o", "json").stdout)
    return dict(one)


def hypervisors(user: Shell) -> list[processes.Process]:
    """The QEMU processes of a user's machines."""
    return [one for one in processes.naming([user.data]) if "qemu-system" in one.command]


def ssh(user: Shell, one: dict[str, Any], *command: str) -> subprocess.CompletedProcess[str]:
    """The system's own ssh, strict from the first connection, against the key that the cloud hands out."""
    program = shutil.which("ssh")
    assert program is not None
    known = user.data / "known_hosts"
    options = [
        "-F", "none", "-i", str(user.home / "config" / "id_ed25519"), "-o", f"UserKnownHostsFile={known}",
        "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes",
        "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=20",
    ]  # fmt: skip
    target = ["-p", str(one["ssh_port"]), f"{one['user']}@{one['address']}"]
    return subprocess.run(
        [program, *options, *target, *command],
        capture_output=True, text=True, timeout=60, check=False, cwd="/",
        **user.account.process_arguments(),
    )  # fmt: skip


def test_run_log_in_power_off_start_and_kill(user: Shell) -> None:
    made = user("run", "ttylinux", "--name", "first", "--wait", "--for", "reachable", "--quiet").stdout
    one = instance(user, 1)
    assert made == f"1, {one['address']}\n"
    assert (one["state"], one["reachable"], one["name"]) == ("Running", True, "first")

    assert "Linux first " in user("connect", "1", "--", "uname", "-a").stdout
    direct = ssh(user, one, "uname", "-a")
    assert (direct.returncode, direct.stderr) == (0, "")
    assert "Linux first " in direct.stdout
    assert user("connect", "1", "--", "exit 42", expect=42).returncode == 42

    user("connect", "1", "--", "poweroff", expect=None)
    user("wait", "1", "--for", "Unknown", "--timeout", "60")
    off = instance(user, 1)
    assert "powered itself off" in off["reason"]
    refused = user("connect", "1", "--", "true", expect=6)
    assert "Unknown" in refused.stderr

    user("start", "1", "--wait")
    again = instance(user, 1)
    assert (again["address"], again["host_key"]) == (one["address"], one["host_key"])
    assert "Linux first " in user("connect", "1", "--", "uname", "-a").stdout

    user("kill", "1", "--yes", "--wait")
    assert instance(user, 1)["state"] == "Done"
    assert json.loads(user("instances", "-o", "json").stdout) == []
    status = json.loads(user("cloud", "status", "-o", "json").stdout)
    connection = libvirt.open(status["libvirt_uri"])
    assert connection.listAllDomains() == []
    connection.close()
    assert list((user.data / "e" / "m").iterdir()) == []
    assert hypervisors(user) == []
    assert (user.data / "known_hosts").read_text() == ""
    assert ssh(user, one, "true").returncode == 255


@pytest.fixture(scope="module")
def pair(session_folder: SessionFolder, appliances_folder: Path) -> Iterator[Shell]:
    """Two machines of one start, pair-1 and pair-2; what ends one of them is tested last."""
    for user in emptied(Shell.make(session_folder, Account.ourselves(), appliances_folder)):
        user(
            "run", "ttylinux", "-n", "2", "--name", "pair", "--context", f"GREETING={GREETING}",
            "--wait", "--for", "reachable",
        )  # fmt: skip
        yield user


def test_two_machines_run_side_by_side_each_at_its_own_address(pair: Shell) -> None:
    names = [pair("connect", number, "--", "hostname").stdout.strip() for number in ("1", "2")]
    assert names == ["pair-1", "pair-2"]
    assert instance(pair, 1)["address"] != instance(pair, 2)["address"]


def test_hostile_context_values_reach_the_guest_as_they_are(pair: Shell) -> None:
    command = '. /mnt/stratuslab/context.sh; printf %s "$GREETING"'
    assert pair("connect", "1", "--", command).stdout == GREETING


def test_a_machine_outlives_the_daemon_and_answers_again_after_it_is_back(pair: Shell) -> None:
    running = hypervisors(pair)
    pair("cloud", "down")
    assert hypervisors(pair) == running
    assert "ttylinux" in pair("instances").stdout
    assert pair("connect", "1", "--", "cat", "/proc/uptime").returncode == 0


def test_a_reboot_comes_back_reachable_at_the_same_address(pair: Shell) -> None:
    before = instance(pair, 1)
    pair("connect", "1", "--", "touch /tmp/mark; sync")
    pair("reboot", "1", "--wait")
    assert pair("connect", "1", "--", "test -e /tmp/mark", expect=1).returncode == 1
    after = instance(pair, 1)
    assert (after["address"], after["host_key"]) == (before["address"], before["host_key"])


def test_a_killed_hypervisor_process_is_told_within_two_seconds(pair: Shell) -> None:
    [qemu] = [one for one in hypervisors(pair) if "-2,debug-threads" in one.command]
    client = Cloud.of_profile(Profile(name="test", home=pair.data), start=False)
    processes.kill([qemu])
    seen = Watch(client).instance(2, lambda one: one.state == "Unknown", patience_s=2.0)
    assert "unexpectedly" in seen.reason
    client.close()


def test_down_all_shuts_the_machines_down_first(pair: Shell) -> None:
    pair("cloud", "down", "--all", "--yes")
    assert hypervisors(pair) == []
    assert instance(pair, 1)["state"] == "Unknown"
