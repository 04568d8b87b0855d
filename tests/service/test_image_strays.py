"""Files of images that no appliance has go when the daemon starts; what may still be needed stays."""

from __future__ import annotations

from pathlib import Path

from tests.service.conftest import Running, serve
from tests.service.test_instances import ask

STRAY = "B" * 27
NAMES = (f"{STRAY}.img", f"{STRAY}.vmlinuz", f"{STRAY}.initrd.part")


def images(running: Running) -> Path:
    """Where the images of a cloud lie."""
    return running.cloud.engine.image_folder


def leave(folder: Path) -> list[Path]:
    """Files as a daemon leaves them that died before it wrote an appliance's row."""
    left = [folder / name for name in NAMES]
    for path in left:
        path.write_bytes(b"left")
    return left


def told(running: Running) -> list[str]:
    return [event.text for event in running.client.events() if "no appliance has" in event.text]


def test_what_no_appliance_has_goes_and_all_else_stays(short_folder: Path, appliances_folder: Path) -> None:
    for running in serve(short_folder):
        folder = images(running)
        assert told(running) == []
    before = sorted(folder.iterdir())
    left = leave(folder)
    foreign = folder / "notes.img"
    foreign.write_bytes(b"somebody's own")
    for running in serve(short_folder):
        assert sorted(folder.iterdir()) == sorted([*before, foreign])
        assert told(running) == ["3 files of images that no appliance has were removed"]
        [made] = running.client.run_instance(ask())
        running.wait(made.id, "Running")
    assert not any(path.exists() for path in left)


def test_what_a_disk_without_an_owner_may_stand_on_stays(short_folder: Path, appliances_folder: Path) -> None:
    for running in serve(short_folder):
        folder = images(running)
    (short_folder / "e" / "m" / "99-00000000-0000-4000-8000-000000000000").mkdir()
    left = leave(folder)
    for running in serve(short_folder):
        assert told(running) == []
    assert all(path.exists() for path in left)
