"""What is coming in can be stopped: nothing of it stays, and whoever waits for it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from slshell.backend.appliances import builder, tools
from slshell.backend.appliances.system import install
from slshell.client.cloud import Cloud as Client
from slshell.client.cloud import new_request_id
from slshell.model.appliance import ImportRequest
from slshell.model.cloud import Changes
from slshell.model.errors import Conflict, NotFound
from tests.service.conftest import Running, serve
from tests.service.test_catalogue_lines import Shell
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


@contextmanager
def ctrl_c(monkeypatch: pytest.MonkeyPatch, when: Callable[[Changes], bool]) -> Iterator[None]:
    """The user presses it as soon as a command that waits has heard of this."""
    real = Client.changes

    def changes(self: Client, since: int, wait: float = 20.0) -> Changes:
        found = real(self, since, wait)
        if when(found):
            raise KeyboardInterrupt
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Client, "changes", changes)
        yield


def test_ctrl_c_stops_what_the_command_has_coming_in(
    cloud: Running, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.go_on.clear()
    with ctrl_c(monkeypatch, lambda heard: any("fetched" in one.progress for one in heard.appliances)):
        _, told = Shell(cloud)(f"import-image {mirror.url}/{DEBIAN.image} --name mine", 130)
    assert "mine was stopped, and nothing of it stays" in told
    with pytest.raises(NotFound):
        cloud.client.appliance("mine")
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


def test_ctrl_c_stops_the_commands_own_build_and_not_that_of_another(
    short_folder: Path, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for running in serve(short_folder):
        shell = Shell(running)
        with ctrl_c(monkeypatch, lambda _heard: True):
            _, told = shell("build-appliance debian", 130)
        assert "debian was stopped, and nothing of it stays" in told
        running.client.build_appliance("debian")
        stand_in.wait_until_started()
        with ctrl_c(monkeypatch, lambda _heard: True):
            shell("build-appliance debian", 130)
        assert running.client.appliance("debian").state == "importing"
        running.client.remove_appliance("debian")


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
