"""Images that users bring: a cloud image that knows cloud-init, started by the product."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.support.cloud_image import RAM_MIB, USER, cloud_image
from tests.support.shell import Shell

pytestmark = pytest.mark.machine


def test_a_cloud_image_boots_with_the_users_key_in_the_named_account(shell: Shell) -> None:
    image = cloud_image()
    sha256 = hashlib.sha256(Path(image).read_bytes()).hexdigest()
    shell("import-image", str(image), "--name", "mine", "--user", USER, "--sha256", sha256)
    [entry] = [one for one in json.loads(shell("appliances", "-o", "json").stdout) if one["name"] == "mine"]
    assert (entry["state"], entry["user"], entry["format"], len(entry["id"])) == ("ready", USER, "qcow2", 27)
    shell("run", "mine", "--name", "guest", "--ram", str(RAM_MIB), "--wait", timeout_s=240)
    # The strict check of the host key is part of every connect.
    assert shell("connect", "1", "--", "id -un; hostname").stdout.split() == [USER, "guest"]


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(shell: Shell) -> None:
    image = cloud_image()
    refused = shell("import-image", str(image), "--name", "mine", "--sha256", "0" * 64, expect=None)
    assert refused.returncode != 0
    assert "SHA-256" in refused.stderr or "checksum" in refused.stderr
    assert not any((shell.data / "uploads").iterdir())
    shell("run", "mine", expect=5)
