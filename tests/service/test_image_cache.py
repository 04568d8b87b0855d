"""The image cache says what is held and who stands on it, and purges only what nobody does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from slshell.backend.images.cloud_images import known
from slshell.model.appliance import Appliance
from slshell.model.errors import Conflict, NotFound
from slshell.model.image_cache import CachedImage, Return
from tests.service.conftest import Running, serve
from tests.service.test_instances import ask
from tests.support.mirror import Mirror

DEBIAN = known().images["debian-13"]
CONTENT = b"\0" * 510 + b"\x55\xaa" + os.urandom(1 << 20) + bytes((1 << 20) - 512)


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    (tmp_path / "image").write_bytes(CONTENT)
    with Mirror.of_image(tmp_path / "image", DEBIAN.image, DEBIAN.sums) as running:
        yield running


@pytest.fixture
def cloud(mirror: Mirror, short_folder: Path, appliances_folder: Path) -> Iterator[Running]:
    yield from serve(short_folder, image_mirrors={"debian": mirror.url})


def held(cloud: Running, name: str) -> CachedImage | None:
    return next((one for one in cloud.client.image_cache() if one.name == name), None)


def brought(cloud: Running, folder: Path, name: str = "mine") -> Appliance:
    path = folder / f"{name}.img"
    path.write_bytes(b"\0" * 510 + b"\x55\xaa" + name.encode().ljust(512, b"\0"))
    cloud.client.upload_image(path)
    return cloud.watch.appliance(name, lambda one: one.state == "ready")


def files(cloud: Running) -> set[str]:
    return {path.name for path in cloud.cloud.catalogue.folder.iterdir() if path.suffix == ".img"}


def test_what_is_held_is_told_with_its_size_and_its_users(cloud: Running) -> None:
    [machine] = cloud.client.run_instance(ask(appliance="debian-13"))
    cloud.wait(machine.id, "Running")
    one = held(cloud, "debian-13")
    assert one is not None
    assert (one.size_bytes, one.disk_bytes, one.returns) == (len(CONTENT), 10 << 30, Return.FETCHED)
    assert 1 << 20 <= one.allocated_bytes < len(CONTENT), "zeros take no space"
    assert (one.instances, one.volumes) == ((machine.id,), ())
    assert one.used_at == machine.created_at
    bundled = held(cloud, "ttylinux")
    assert bundled is not None
    assert bundled.returns is Return.BUILT
    assert held(cloud, "debian-12") is None, "what is only listed takes nothing"


def test_an_image_that_a_machine_stands_on_stays_until_nothing_needs_it(cloud: Running) -> None:
    [machine] = cloud.client.run_instance(ask(appliance="debian-13"))
    cloud.wait(machine.id, "Running")
    with pytest.raises(Conflict, match=f"in use by machine {machine.id}"):
        cloud.client.purge_image("debian-13")
    cloud.client.kill(machine.id)
    cloud.wait(machine.id, "Done")
    [root] = [one for one in cloud.client.volumes(all=True) if one.origin]
    with pytest.raises(Conflict, match=f"root disk {root.id[:8]} in quarantine"):
        cloud.client.purge_image("debian-13")
    cloud.client.purge_volume(root.id)
    cloud.watch.no_volume(root.id)
    before = files(cloud)
    gone = cloud.client.purge_image("debian-13")
    assert before - files(cloud) == {f"{gone.id}.img"}


def test_a_published_image_is_listed_again_and_fetched_again(cloud: Running, mirror: Mirror) -> None:
    for _ in range(2):
        [machine] = cloud.client.run_instance(ask(appliance="debian-13"))
        cloud.wait(machine.id, "Running")
        cloud.client.kill(machine.id)
        cloud.wait(machine.id, "Done")
        for root in cloud.client.volumes(all=True):
            cloud.client.purge_volume(root.id)
            cloud.watch.no_volume(root.id)
        cloud.client.purge_image("debian-13")
        again = cloud.client.appliance("debian-13")
        assert (again.state, again.reason) == ("available", "")
        # Whoever follows the changes sees it too, and not that it went.
        changes = cloud.client.changes(0, 0)
        assert [one.id for one in changes.appliances if one.name == "debian-13"] == [again.id]
    assert mirror.times(DEBIAN.image) == 2


def test_an_image_of_ones_own_goes_for_good(cloud: Running, tmp_path: Path) -> None:
    mine = brought(cloud, tmp_path)
    one = held(cloud, "mine")
    assert one is not None
    assert (one.returns, one.origin, one.used_at) == (Return.NEVER, "mine.img", None)
    gone = cloud.client.purge_image(mine.id)
    assert gone.id == mine.id
    assert f"{mine.id}.img" not in files(cloud)
    with pytest.raises(NotFound):
        cloud.client.appliance("mine")
    brought(cloud, tmp_path)


def test_a_static_disk_that_a_machine_reads_stays(cloud: Running) -> None:
    [machine] = cloud.client.run_instance(ask(statics=("flora-and-fauna",)))
    cloud.wait(machine.id, "Running")
    one = held(cloud, "flora-and-fauna")
    assert one is not None
    assert one.instances == (machine.id,)


def test_what_comes_with_slshell_and_what_is_only_listed_cannot_be_removed(cloud: Running) -> None:
    with pytest.raises(Conflict, match="comes with slshell"):
        cloud.client.purge_image("ttylinux")
    with pytest.raises(Conflict, match="only listed") as refused:
        cloud.client.purge_image("rocky-9")
    assert "cloud_images" in refused.value.hint
    with pytest.raises(NotFound):
        cloud.client.purge_image("nothing-such")


def test_an_image_that_comes_in_is_not_removed(cloud: Running, mirror: Mirror) -> None:
    mirror.go_on.clear()
    [machine] = cloud.client.run_instance(ask(appliance="debian-13"))
    cloud.watch.appliance("debian-13", lambda one: one.progress.startswith("fetched"))
    with pytest.raises(Conflict, match="coming in"):
        cloud.client.purge_image("debian-13")
    mirror.go_on.set()
    cloud.wait(machine.id, "Running")


def test_a_part_of_an_image_is_told_and_can_be_purged(cloud: Running, mirror: Mirror) -> None:
    mirror.cut[DEBIAN.image] = 1 << 20
    [machine] = cloud.client.run_instance(ask(appliance="debian-13"))
    cloud.wait(machine.id, "Failed")
    one = held(cloud, "debian-13")
    assert one is not None
    assert (one.partial, one.size_bytes) == (True, 1 << 20)
    with pytest.raises(Conflict, match="in use"):
        cloud.client.purge_image("debian-13")
    cloud.client.kill(machine.id)
    cloud.wait(machine.id, "Done")
    cloud.client.purge_image("debian-13")
    assert held(cloud, "debian-13") is None
    assert cloud.client.appliance("debian-13").state == "available"


def test_an_import_that_failed_can_be_cleared_away(cloud: Running, tmp_path: Path) -> None:
    (tmp_path / "bad.img").write_bytes(b"<html>")
    cloud.client.upload_image(tmp_path / "bad.img")
    cloud.watch.appliance("bad", lambda one: one.state == "failed")
    with pytest.raises(Conflict, match="bad is not usable"):
        cloud.client.run_instance(ask(appliance="bad"))
    cloud.client.remove_appliance("bad")
    assert "bad" not in {one.name for one in cloud.client.appliances()}
