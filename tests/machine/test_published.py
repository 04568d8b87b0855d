"""`run debian-13` from a mirror: fetched, verified and booted; the bundled disk stands in for Debian's."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from slshell.backend.appliances import builder
from slshell.backend.images.cloud_images import known
from slshell.client.cloud import Cloud
from slshell.client.profiles import Profile
from tests.support.mirror import Mirror
from tests.support.shell import Shell

pytestmark = pytest.mark.machine
DEBIAN = known().images["debian-13"]
BOOT_S = 200.0


def test_a_published_image_is_fetched_verified_and_booted_by_one_command(
    shell: Shell, appliances_folder: Path, tmp_path: Path
) -> None:
    disk = tmp_path / DEBIAN.file_name
    # One sector more, for the very same image is in the catalogue as ttylinux already.
    disk.write_bytes(builder.build("ttylinux", appliances_folder, print).disk.read_bytes() + bytes(512))
    with Mirror.of_image(disk, DEBIAN.image, DEBIAN.sums) as mirror:
        settings = shell.home / "config" / "config.toml"
        settings.parent.mkdir()
        settings.write_text(f'[cloud.image_mirrors]\ndebian = "{mirror.url}"\n')
        shell("run", "debian-13", "--name", "guest", "--for", "running", timeout_s=240)
        [entry] = json.loads(shell("appliances", "debian-13", "-o", "json").stdout)
        assert (entry["state"], entry["origin"]) == ("ready", f"{mirror.url}/{DEBIAN.image}")
        assert mirror.times(DEBIAN.image) == 1
    cloud = Cloud.of_profile(Profile(name="test", home=shell.data), start=False)
    deadline = time.monotonic() + BOOT_S
    while b"login:" not in (told := cloud.console(1)):
        assert time.monotonic() < deadline, told
        time.sleep(0.2)
    cloud.close()
    [held] = [
        one for one in json.loads(shell("image-cache", "list", "-o", "json").stdout) if one["instances"]
    ]
    assert (held["name"], held["instances"], held["returns"]) == ("debian-13", [1], "fetched")
    refused = shell("image-cache", "purge", "debian-13", "--yes", expect=6)
    assert "in use by machine 1" in refused.stderr
