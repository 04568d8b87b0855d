"""Images made of a base: the whole way with real machines, and nothing left when it goes wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.shell import Shell

pytestmark = pytest.mark.machine
WAIT_S = 280.0


def script(folder: Path, text: str) -> str:
    path = folder / "set-up.sh"
    path.write_text(text)
    folder.chmod(0o755)
    path.chmod(0o644)
    return str(path)


def listed(shell: Shell, *line: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shell(*line, "-o", "json").stdout)
    return found


def test_an_image_is_made_by_a_script_proved_and_told_step_by_step(
    shared_shell: Shell, short_folder: Path
) -> None:
    told = script(short_folder, '#!/bin/sh\necho "as $(id -u): $1"\ntest -s /root/.ssh/authorized_keys\n')
    done = shared_shell(
        "create-image", "ttylinux", "--name", "mine", "--script", f"{told} 'two words'", "--author", "Ada",
        "--title", "My own", timeout_s=WAIT_S,
    )  # fmt: skip
    for line in ("starting a machine of ttylinux", "    as 0: two words",
                 "cleaning the machine's identity",
                 "    cleaned", "booting mine once", "mine boots and answers"):  # fmt: skip
        assert line in done.stderr.splitlines()
    [made] = [one for one in listed(shared_shell, "appliances") if one["name"] == "mine"]
    assert (made["state"], made["title"], len(made["id"])) == ("ready", "My own", 27)
    assert made["origin"].endswith("cleaned of its identity by Ada")
    assert listed(shared_shell, "instances") == []
    # The small machine writes nothing to its disk, so the same comes of it once more, and is no second one.
    again = shared_shell("create-image", "ttylinux", "--name", "other", expect=6, timeout_s=WAIT_S)
    assert f"already in the catalogue as mine ({made['id']})" in again.stderr
    assert [one["name"] for one in listed(shared_shell, "appliances") if one["name"] == "other"] == []
    assert listed(shared_shell, "instances") == listed(shared_shell, "quarantine") == []


def test_a_failing_script_leaves_neither_machine_nor_image_unless_it_is_to_be_kept(
    shared_shell: Shell, short_folder: Path
) -> None:
    broken = script(short_folder, "#!/bin/sh\necho something is wrong >&2\nexit 7\n")
    line = ("create-image", "ttylinux", "--name", "never", "--script", broken)
    failed = shared_shell(*line, expect=6, timeout_s=WAIT_S)
    assert "the script set-up.sh failed with status 7: something is wrong" in failed.stderr
    assert listed(shared_shell, "instances") == []
    kept = shared_shell(*line, "--keep", expect=6, timeout_s=WAIT_S)
    [machine] = listed(shared_shell, "instances")
    assert machine["state"] == "Running"
    assert f"machine {machine['id']} is left" in kept.stderr
    assert [one["name"] for one in listed(shared_shell, "appliances") if one["name"] == "never"] == []
    shared_shell("kill", str(machine["id"]), "--yes", "--wait")


def test_packages_that_no_manager_can_install_are_told(shared_shell: Shell) -> None:
    failed = shared_shell("create-image", "ttylinux", "--package", "git", expect=6, timeout_s=WAIT_S)
    assert "none of apt, dnf, yum, zypper, apk and pacman" in failed.stderr
    assert listed(shared_shell, "instances") == []
