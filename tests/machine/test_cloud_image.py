"""A real cloud-init follows the seed: an image of strangers takes the account, the keys and the name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from slshell.backend.images.contextualization import cloud_init_seed
from slshell.backend.images.intake import take_in
from tests.support.cloud_image import RAM_MIB, USER, cloud_image
from tests.support.folders import SessionFolder
from tests.support.plain_machine import PlainMachine, make_keys, started

pytestmark = pytest.mark.machine


@pytest.fixture(scope="module")
def machine(session_folder: SessionFolder) -> Iterator[PlainMachine]:
    folder = session_folder.new()
    keys, host_key = make_keys(folder / "user"), make_keys(folder / "host")
    seed = cloud_init_seed(
        keys=[keys.public_text],
        user=USER,
        hostname="box-1",
        host_key=host_key.private_text,
        host_public_key=host_key.public_text,
        instance_uuid="0c5a1d0e-0000-4000-8000-000000000001",
    )
    taken = take_in(cloud_image(), folder / "cache", max_bytes=4 << 30)
    with started(
        folder,
        disk=taken.path,
        disk_format=taken.format,
        disc=seed,
        user=USER,
        keys=keys,
        host_key=host_key,
        ram_mib=RAM_MIB,
    ) as running:
        running.wait_for_ssh()
        print(f"{running.processor_seconds():.1f} s of processor until SSH answers")
        yield running


def test_the_named_account_is_let_in_by_key_with_the_host_key_known_beforehand(machine: PlainMachine) -> None:
    assert machine.answer_to("id -un").strip() == USER


def test_the_account_may_become_root(machine: PlainMachine) -> None:
    assert machine.answer_to("sudo -n id -u").strip() == "0"


def test_the_machine_has_its_name(machine: PlainMachine) -> None:
    assert machine.answer_to("hostname").strip() == "box-1"


def test_cloud_init_has_nothing_to_remark(machine: PlainMachine) -> None:
    told = machine.answer_to("sudo -n grep -aE 'WARN|ERROR|Traceback' /var/log/cloud-init.log || true")
    assert told == ""


def test_root_and_passwords_are_not_let_in(machine: PlainMachine) -> None:
    right, machine.user = machine.user, "root"
    try:
        refused = machine.ssh("id -u")
    finally:
        machine.user = right
    assert "0\n" not in refused.stdout.splitlines(keepends=True)
    assert "passwordauthentication no" in machine.answer_to("sudo -n sshd -T")


def test_the_power_button_shuts_the_machine_down(machine: PlainMachine) -> None:
    machine.qmp("system_powerdown")
    machine.wait_until_off()
    assert machine.process.returncode == 0
