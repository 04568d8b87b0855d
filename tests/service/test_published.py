"""Published cloud images are listed before they are here, and fetched, verified, once for all who wait."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from slshell.backend.images import fetch
from slshell.backend.images.cloud_images import known
from slshell.client.cloud import Cloud as Client
from slshell.client.cloud import new_request_id
from slshell.model.appliance import Appliance, ApplianceState
from slshell.model.errors import Conflict, UsageError
from slshell.model.instance import Instance
from tests.service.conftest import Running, serve
from tests.service.test_instances import ask
from tests.support.mirror import Mirror

DEBIAN = known().images["debian-13"]
CONTENT = b"\0" * 510 + b"\x55\xaa" + os.urandom(1 << 20) + bytes(512)
SUMS = f"{hashlib.sha512(CONTENT).hexdigest()}  {DEBIAN.file_name}\n".encode()


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror({DEBIAN.image: CONTENT, DEBIAN.sums: SUMS}) as running:
        yield running


@pytest.fixture
def cloud(mirror: Mirror, short_folder: Path, appliances_folder: Path) -> Iterator[Running]:
    yield from serve(short_folder, image_mirrors={"debian": f"{mirror.url}/"}, workers=2)


def debian(client: Client) -> Appliance:
    return client.appliance("debian-13")


def run(running: Running, **wanted: object) -> Instance:
    return running.client.run_instance(ask(appliance="debian-13", **wanted))[0]


def test_what_is_not_here_yet_is_listed_with_its_size_and_where_it_comes_from(
    cloud: Running, mirror: Mirror
) -> None:
    listed = {one.name: one for one in cloud.client.appliances()}
    assert set(known().images) < set(listed)
    one = listed["debian-13"]
    assert (one.state, one.progress) == ("available", "not fetched yet, about 326 MiB")
    assert (one.os, one.os_version, one.user, one.context) == ("debian", "13", "debian", "cloud-init")
    assert one.origin == f"{mirror.url}/{DEBIAN.image}"
    assert mirror.asked == []


def test_a_machine_of_it_has_it_fetched_verified_and_starts(cloud: Running, mirror: Mirror) -> None:
    machine = run(cloud)
    cloud.wait(machine.id, "Running")
    here = debian(cloud.client)
    assert (here.state, here.format, here.user, here.disk_bytes) == ("ready", "raw", "debian", 10 << 30)
    assert here.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert cloud.client.instance(machine.id).appliance_id == here.id
    assert cloud.client.instance(machine.id).progress == ""
    assert [path for path, _ in mirror.asked] == [DEBIAN.sums, DEBIAN.image]


def test_a_type_with_enough_memory_is_chosen_where_none_is_named(cloud: Running) -> None:
    machine = run(cloud)
    assert (machine.type, machine.ram_mib) == ("m1.large", 512)
    cloud.wait(machine.id, "Running")
    with pytest.raises(UsageError, match="needs 512 MiB"):
        run(cloud, type="m1.small")


def test_many_that_wait_for_it_have_it_fetched_once(cloud: Running, mirror: Mirror) -> None:
    mirror.go_on.clear()
    first = run(cloud)
    cloud.watch.appliance("debian-13", lambda one: one.progress.startswith("fetched"))
    second = run(cloud)
    cloud.watch.instance(first.id, lambda one: one.progress.startswith("image: fetched"))
    mirror.go_on.set()
    for machine in (first, second):
        cloud.wait(machine.id, "Running")
    assert mirror.times(DEBIAN.image) == 1


def test_machines_that_wait_for_an_image_keep_no_other_from_starting(cloud: Running, mirror: Mirror) -> None:
    mirror.go_on.clear()
    waiting = [run(cloud).id for _ in range(cloud.cloud.settings.cloud.workers + 1)]
    for number in waiting:
        cloud.watch.instance(number, lambda one: one.progress.startswith("image: "))
    [other] = cloud.client.run_instance(ask())
    cloud.wait(other.id, "Running")
    cloud.client.kill(waiting[0])
    cloud.wait(waiting[0], "Done")
    assert debian(cloud.client).state == "importing"
    mirror.go_on.set()
    for number in waiting[1:]:
        cloud.wait(number, "Running")
    assert cloud.client.instance(waiting[0]).state == "Done"


def test_a_machine_waits_for_its_image_no_longer_than_is_set(
    mirror: Mirror, short_folder: Path, appliances_folder: Path
) -> None:
    mirror.go_on.clear()
    for cloud in serve(
        short_folder, image_mirrors={"debian": f"{mirror.url}/"}, image_timeout_s=0.5, workers=1
    ):
        assert "the appliance is still not ready" in cloud.wait(run(cloud).id, "Failed").reason
        mirror.go_on.set()
        cloud.watch.appliance("debian-13", lambda one: one.state is ApplianceState.READY)
        cloud.wait(run(cloud).id, "Running")


def test_one_that_is_only_listed_cannot_be_removed_and_stays_listed(cloud: Running) -> None:
    with pytest.raises(Conflict, match="debian-13 is not here; it is only listed"):
        cloud.client.remove_appliance("debian-13")
    assert debian(cloud.client).state == "available"


def test_another_image_than_the_publisher_says_is_refused_and_listed_again(
    cloud: Running, mirror: Mirror
) -> None:
    mirror.files[DEBIAN.image] = CONTENT[:-1024] + bytes(1024)
    failed = cloud.wait(run(cloud).id, "Failed")
    assert "SHA-512 differs" in failed.reason
    again = debian(cloud.client)
    assert again.state == "available"
    assert "SHA-512 differs" in again.reason
    assert os.listdir(cloud.home / "uploads") == []  # noqa: PTH208 - names are what is compared
    mirror.files[DEBIAN.image] = CONTENT
    cloud.wait(run(cloud).id, "Running")


@pytest.mark.parametrize(("path", "needed"), [(DEBIAN.sums, "SHA512SUMS"), (DEBIAN.image, DEBIAN.file_name)])
def test_what_was_needed_is_said_with_how_else_to_have_it(
    cloud: Running, mirror: Mirror, path: str, needed: str
) -> None:
    del mirror.files[path]
    failed = cloud.wait(run(cloud).id, "Failed")
    assert f"{mirror.url}/{path}" in failed.reason
    assert needed in failed.reason
    assert f"slshell import-image {DEBIAN.file_name} --name debian-13" in failed.reason
    assert "[cloud.image_mirrors]" in failed.reason


def test_offline_the_reason_says_what_to_do(short_folder: Path, appliances_folder: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        nobody = f"http://me:secret@127.0.0.1:{held.getsockname()[1]}"
        for cloud in serve(short_folder, image_mirrors={"debian": nobody}):
            failed = cloud.wait(run(cloud).id, "Failed")
            assert "debian-13 is not here yet, and cannot be fetched" in failed.reason
            assert "slshell import-image" in failed.reason
            assert "secret" not in failed.reason + debian(cloud.client).origin


def test_a_broken_fetch_goes_on_at_the_next_start_of_a_machine(
    cloud: Running, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "PAUSES_S", (0.0,))
    mirror.cut[DEBIAN.image] = 1 << 19
    failed = cloud.wait(run(cloud).id, "Failed")
    assert "cannot be fetched" in failed.reason
    del mirror.cut[DEBIAN.image]
    cloud.wait(run(cloud).id, "Running")
    assert mirror.asked[-1] == (DEBIAN.image, f"bytes={1 << 19}-")


def test_an_image_of_ones_own_may_take_its_name_and_knows_what_it_is(cloud: Running, tmp_path: Path) -> None:
    (tmp_path / "mine.img").write_bytes(CONTENT)
    cloud.client.upload_image(tmp_path / "mine.img", name="debian-13")
    mine = cloud.watch.appliance("debian-13", lambda one: one.state is ApplianceState.READY)
    assert (mine.origin, mine.user, mine.min_ram_mib) == ("mine.img", "debian", 512)
    assert [one.name for one in cloud.client.appliances()].count("debian-13") == 1


def test_the_list_can_be_left_out(short_folder: Path, appliances_folder: Path) -> None:
    for cloud in serve(short_folder, cloud_images=False):
        assert {one.name for one in cloud.client.appliances()} == {"ttylinux", "flora-and-fauna"}


def test_the_same_request_again_starts_and_fetches_nothing_more(cloud: Running, mirror: Mirror) -> None:
    request = ask(appliance="debian-13", request_id=new_request_id())
    [first] = cloud.client.run_instance(request)
    assert [one.id for one in cloud.client.run_instance(request)] == [first.id]
    cloud.wait(first.id, "Running")
    assert mirror.times(DEBIAN.image) == 1
