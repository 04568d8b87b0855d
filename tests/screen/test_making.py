"""create-image on the dashboard: its steps and what the machine writes are seen while they come.

The SSH server of these tests runs commands on this computer, so no script of theirs ends well: what comes
after one would clean the machine of its identity. That script is taken away as well.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from slshell.dashboard.screens.live import LiveScreen
from slshell.ssh import building
from slshell.ssh.keys import make_own_key
from tests.screen.driver import Driver, dashboard
from tests.screen.served import ScreenCloud
from tests.screen.test_doing import posted
from tests.screen.test_lines import send
from tests.unit.ssh.server import SshServer


@pytest.fixture
def machine(cloud: ScreenCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshServer]:
    """A machine that lets the dashboard's own key in."""
    monkeypatch.setattr(building, "CLEAN", "echo nothing is cleaned here >&2; exit 1")
    key = paramiko.Ed25519Key.from_private_key_file(str(make_own_key(os.environ)))
    with SshServer(key) as server:
        yield server


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    """What the script waits for: it tells each line of it, and fails at the end."""
    os.mkfifo(tmp_path / "heard")
    (tmp_path / "set-up.sh").write_text(
        '#!/bin/sh\necho begun\nwhile read -r line; do echo "told: $line"; done '
        f"<{tmp_path / 'heard'}\nexit 7\n"
    )
    return tmp_path / "heard"


async def begin(screen: Driver, cloud: ScreenCloud, machine: SshServer, heard: Path) -> None:
    """Make an image, as far as its script runs."""
    await screen.until(lambda: screen.app.picture.known)
    await send(screen, f"create-image ttylinux --name mine --script {heard.with_name('set-up.sh')}")
    await screen.shows("starting a machine of ttylinux")
    assert "at work, Ctrl-C stops it" in screen.frame
    cloud.put(machine.instance())
    await screen.shows("    begun")


async def test_steps_and_what_the_machine_writes_are_seen_as_they_come(
    cloud: ScreenCloud, machine: SshServer, heard: Path
) -> None:
    async with dashboard() as screen:
        await begin(screen, cloud, machine, heard)
        assert "running set-up.sh" in screen.frame
        with await asyncio.to_thread(heard.open, "w") as line:
            line.write("\x1b[31mred\x1b[0m \x1b]0;title\x07end\n")
            line.write("[b]one[/b]\n")
            line.flush()
            await screen.shows("told: red end")
            await screen.shows("told: [b]one[/b]")
            assert posted(cloud) == ["/v1/instances"]
        await screen.until(lambda: "/v1/instances/1/kill" in posted(cloud))
        cloud.drop_instance(1)
        await screen.shows("✗ the script set-up.sh failed with status 7: told: [b]one[/b]")
        assert "begun" in screen.frame
        assert "failed with status" not in screen.notices
        await screen.press("escape")
        await screen.until(lambda: screen.app.screen is screen.app.main)


async def test_ctrl_c_stops_it_and_its_machine_goes(
    cloud: ScreenCloud, machine: SshServer, heard: Path
) -> None:
    async with dashboard() as screen:
        await begin(screen, cloud, machine, heard)
        await screen.press("ctrl+c")
        await screen.until(lambda: posted(cloud) == ["/v1/instances", "/v1/instances/1/kill"], "the kill")
        cloud.drop_instance(1)
        await screen.shows("✗ stopped")
        assert not screen.app.at_work.running


async def test_a_sheet_that_is_closed_leaves_the_command_at_work(
    cloud: ScreenCloud, machine: SshServer, heard: Path
) -> None:
    async with dashboard() as screen:
        await begin(screen, cloud, machine, heard)
        await screen.press("escape")
        await screen.until(lambda: not isinstance(screen.app.screen, LiveScreen))
        await screen.shows("Ctrl-C stops it")
        with await asyncio.to_thread(heard.open, "w") as line:
            line.write("two\n")
        await screen.until(lambda: "/v1/instances/1/kill" in posted(cloud))
        cloud.drop_instance(1)
        await screen.shows("the script set-up.sh failed with status 7")
        assert not isinstance(screen.app.screen, LiveScreen)
