"""Images that users bring: a cloud image that knows cloud-init, started by the product."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from pathlib import Path

import pytest

from slshell.client.cloud import Cloud
from slshell.client.profiles import Profile
from tests.support.cloud_image import RAM_MIB, USER, cloud_image
from tests.support.discs import GREETING, disc
from tests.support.shell import Shell
from tests.support.waiting import Watch

pytestmark = pytest.mark.machine


def test_a_cloud_image_boots_with_the_users_key_in_the_named_account(shared_shell: Shell) -> None:
    image = cloud_image()
    sha256 = hashlib.sha256(Path(image).read_bytes()).hexdigest()
    shared_shell("import-image", str(image), "--name", "mine", "--user", USER, "--sha256", sha256)
    [entry] = [
        one for one in json.loads(shared_shell("appliances", "-o", "json").stdout) if one["name"] == "mine"
    ]
    assert (entry["state"], entry["user"], entry["format"], len(entry["id"])) == ("ready", USER, "qcow2", 27)
    shared_shell("run", "mine", "--name", "guest", "--ram", str(RAM_MIB), "--wait", timeout_s=240)
    # The strict check of the host key is part of every connect.
    assert shared_shell("connect", "guest", "--", "id -un; hostname").stdout.split() == [USER, "guest"]
    shared_shell("kill", "guest", "--yes", "--wait")


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(shared_shell: Shell) -> None:
    image = cloud_image()
    refused = shared_shell("import-image", str(image), "--name", "wrong", "--sha256", "0" * 64, expect=None)
    assert refused.returncode != 0
    assert "SHA-256" in refused.stderr or "checksum" in refused.stderr
    assert not any((shared_shell.data / "uploads").iterdir())
    assert "its SHA-256 differs" in shared_shell("run", "wrong", expect=6).stderr


def test_an_installation_disc_starts_a_machine_that_has_an_empty_disk(
    shared_shell: Shell, tmp_path: Path
) -> None:
    image = disc(tmp_path / "install.iso")
    made = shared_shell("import-image", str(image), "--disk-size", "3", "-o", "json")
    about = json.loads(made.stdout)
    assert (about["name"], about["format"], about["disk_bytes"]) == ("install", "iso", 3 << 30)
    shared_shell("run", "install", "--name", "empty", "--for", "running", timeout_s=120)
    [machine] = json.loads(shared_shell("instances", "empty", "-o", "json").stdout)
    cloud = Cloud.of_profile(Profile(name="test", home=shared_shell.data), start=False)
    deadline = time.monotonic() + 60
    while GREETING.strip() not in (told := cloud.console(machine["id"])):
        assert time.monotonic() < deadline, told
        time.sleep(0.2)
    cloud.close()
    # What runs from the disc does not hear the power button.
    shared_shell("kill", "empty", "--yes", "--wait")


def test_an_image_of_another_hypervisor_starts(shared_shell: Shell, tmp_path: Path) -> None:
    """The bundled disk, as a VMDK in the way that VMware exports one."""
    shared_shell("appliances")
    cloud = Cloud.of_profile(Profile(name="test", home=shared_shell.data), start=False)
    ttylinux = Watch(cloud).appliance("ttylinux", lambda one: one.state == "ready")
    cloud.close()
    [disk] = shared_shell.data.rglob(f"{ttylinux.id}.img")
    image = tmp_path / "exported.vmdk"
    options = ["-O", "vmdk", "-o", "subformat=streamOptimized"]
    subprocess.run(["qemu-img", "convert", "-f", ttylinux.format, *options, disk, image], check=True)
    shared_shell("import-image", str(image))
    shared_shell("run", "exported", "--name", "moved", "--wait", timeout_s=240)
    assert shared_shell("connect", "moved", "--", "hostname").stdout.strip() == "moved"
    shared_shell("kill", "moved", "--yes", "--wait")
