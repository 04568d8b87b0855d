"""What is coming in can be stopped: nothing of it stays, and whoever waits for it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from slshell.backend.appliances import builder, tools
from slshell.backend.appliances.system import install
from slshell.client.cloud import new_request_id
from slshell.model.appliance import ImportRequest
from slshell.model.errors import Conflict, NotFound
from tests.service.conftest import Running, serve
from tests.service.test_instances import ask
from tests.service.test_published import CONTENT, DEBIAN, SUMS
from tests.support import processes
from tests.support.mirror import Mirror
from tests.unit.backend.appliances.test_stopping import StandIn

BIG = CONTENT + bytes(64 << 20)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror({DEBIAN.image: BIG, DEBIAN.sums: SUMS}) as running:
        yield running


@pytest.fixture
def cloud(mirror: Mirror, short_folder: Path, appliances_folder: Path) -> Iterator[Running]:
    yield from serve(short_folder, image_mirrors={"debian": f"{mirror.url}/"}, workers=2)


def test_an_import_that_is_stopped_leaves_no_entry_and_no_file(cloud: Running, mirror: Mirror) -> None:
    mirror.go_on.clear()
    request = ImportRequest(request_id=new_request_id(), url=f"{mirror.url}/{DEBIAN.image}", name="mine")
    cloud.client.import_image(request)
    cloud.watch.appliance("mine", lambda one: "fetched" in one.progress)
    cloud.client.remove_appliance("mine")
    with pytest.raises(NotFound):
        cloud.client.appliance("mine")
    assert list((cloud.home / "uploads").iterdir()) == []
    cloud.watch.event(lambda one: one.text == "the import of an image was stopped")
    mirror.go_on.set()
    cloud.client.import_image(ImportRequest(request_id=new_request_id(), url=request.url, name="mine"))
    cloud.watch.appliance("mine", lambda one: one.state == "ready")


def test_a_published_image_that_is_stopped_is_listed_again_and_its_machine_is_told(
    cloud: Running, mirror: Mirror
) -> None:
    mirror.go_on.clear()
    [waiting] = cloud.client.run_instance(ask(appliance="debian-13"))
    cloud.watch.appliance("debian-13", lambda one: "fetched" in one.progress)
    cloud.client.remove_appliance("debian-13")
    assert cloud.client.appliance("debian-13").state == "available"
    assert "stopped" in cloud.wait(waiting.id, "Failed").reason
    assert list((cloud.home / "uploads").iterdir()) == []


def test_what_comes_with_slshell_is_not_stopped(short_folder: Path, appliances_folder: Path) -> None:
    for running in serve(short_folder):
        with pytest.raises(Conflict, match="comes with slshell"):
            running.client.remove_appliance("ttylinux")


@pytest.fixture
def stand_in(tmp_path: Path, appliances_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A host of debian whose package manager never ends; `ttylinux` is built before."""
    one = StandIn(tmp_path)
    built, search = builder.build("ttylinux", appliances_folder, print), tools._search_path
    release = tmp_path / "os-release"
    release.write_text("ID=debian\n")
    monkeypatch.setattr(install, "_RELEASE", release)
    monkeypatch.setattr(builder, "require", lambda _plan: None)
    monkeypatch.setattr(tools, "_search_path", lambda: f"{one.folder}:{search()}")
    monkeypatch.setenv("SLSHELL_APPLIANCES", str(tmp_path / "built"))
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "ttylinux").symlink_to(built.folder)
    yield one
    assert one.gone()


def half_done(stand_in: StandIn) -> list[str]:
    built = stand_in.folder.parent / "built"
    return [path.name for path in built.iterdir() if path.is_dir() and path.name.startswith(".debian.")]


def test_a_build_that_is_stopped_leaves_no_program_no_folder_and_no_entry(
    short_folder: Path, stand_in: StandIn
) -> None:
    for running in serve(short_folder):
        running.client.build_appliance("debian")
        stand_in.wait_until_started()
        running.client.remove_appliance("debian")
        assert processes.naming([stand_in.folder]) == []
        assert half_done(stand_in) == []
        with pytest.raises(NotFound):
            running.client.appliance("debian")


def test_a_build_is_ended_with_the_daemon_and_taken_up_by_the_next(
    short_folder: Path, stand_in: StandIn
) -> None:
    for running in serve(short_folder):
        running.client.build_appliance("debian")
        stand_in.wait_until_started()
    assert processes.naming([stand_in.folder]) == []
    assert half_done(stand_in) == []
    for running in serve(short_folder):
        assert running.client.appliance("debian").state == "importing"
        stand_in.wait_until_started()
        running.client.remove_appliance("debian")
