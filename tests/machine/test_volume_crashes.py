"""The daemon killed at every step of every job on volumes: then each volume is whole, and none is lost."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from slshell.client.cloud import new_request_id
from slshell.model.errors import SlshellError
from slshell.model.instance import Instance, RunRequest, State
from slshell.model.volume import (
    GIB,
    DetachRequest,
    ExportFormat,
    ExportRequest,
    ExportState,
    SnapshotRequest,
    UploadRequest,
    Volume,
    VolumeRequest,
)
from tests.machine.crash_bench import Home, daemon_starter, home, moments, shared_home

__all__ = ["daemon_starter", "home", "shared_home"]

pytestmark = pytest.mark.machine

CONTENT = b"what must not be lost ".ljust(1 << 20, b"\0")


class Story:
    """One volume with known content, and how a kind of job is asked for and judged."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.client = home.client
        self.volume_id = ""
        self.machine: Instance | None = None
        self.export_id = ""

    @property
    def volume(self) -> Volume:
        """The volume as it now is."""
        return self.client.volume(self.volume_id)

    def settled(self, state: str, holds: Callable[[Volume], bool] = lambda _one: True) -> Volume:
        """The volume in that state, nobody working on it, with something else true of it."""
        return self.home.watch.volume(
            self.volume_id, lambda one: one.state == state and not one.progress and holds(one)
        )

    def send(self, path: Path) -> Volume:
        """Begin a volume with known content."""
        source = path / "content.raw"
        source.write_bytes(CONTENT)
        begun = self.client.begin_upload(
            UploadRequest(request_id=new_request_id(), filename=source.name, size_bytes=len(CONTENT))
        )
        self.volume_id = begun.id
        return self.client.send_file(begun.id, source)

    def with_content(self) -> None:
        """A ready volume."""
        self.send(self.home.path)
        self.settled("available")

    def kept(self, name: str) -> None:
        """A snapshot that was taken."""
        self.client.snapshot_volume(self.volume_id, SnapshotRequest(request_id=new_request_id(), name=name))
        self.settled("available", lambda one: name in [each.name for each in one.snapshots])

    def started(self, *, reachable: bool) -> Instance:
        """A machine; only one whose guest answers lets go of a disk at once."""
        request = RunRequest(request_id=new_request_id(), appliance="ttylinux", keys=())
        number = self.client.run_instance(request)[0].id
        self.machine = self.home.watch.instance(
            number, lambda one: one.reachable if reachable else one.state is State.RUNNING
        )
        return self.machine

    def content_of(self, volume_id: str) -> bytes:
        """The first bytes of a volume at rest, read through the cloud."""
        export = self.client.begin_export(
            volume_id, ExportRequest(request_id=new_request_id(), format=ExportFormat.RAW)
        )
        self.ready_export(export.id)
        content = self.client.fetch_part(export.id, 0)
        self.client.drop_export(export.id)
        return content[: len(CONTENT)]

    def ready_export(self, export_id: str) -> None:
        """Wait until it is written."""
        self.home.watch.volume(
            self.volume_id, lambda _one: self.client.export(export_id).state is ExportState.READY
        )


def prepare(story: Story, kind: str) -> None:
    """Bring a volume to where a job of this kind can be asked for."""
    story.home.served()
    story.home.watch.appliance("ttylinux", lambda one: one.state == "ready")
    if kind not in {"volume-create", "volume-import"}:
        story.with_content()
    if kind in {"revert", "melt", "forget"}:
        story.kept("first")
    if kind == "forget":
        story.client.revert_volume(story.volume_id, "first")
        story.settled("available", _kept(2))
    if kind in {"attach", "detach", "undelete"}:
        machine = story.started(reachable=kind == "detach")
        if kind == "detach":
            story.client.attach_volume(story.volume_id, machine.id)
            story.settled("attached")
        if kind == "undelete":
            story.client.kill(machine.id)
            story.home.settled(machine.id, State.DONE)
            (root,) = [
                one
                for one in story.client.volumes(state="deleted")
                if f"instance {machine.id} " in one.origin
            ]
            story.volume_id, story.machine = root.id, None
    if kind == "purge":
        story.client.delete_volume(story.volume_id)


def ask(story: Story, kind: str) -> None:
    """Ask for what leads to a job of this kind."""
    client, volume_id = story.client, story.volume_id
    machine = story.machine.id if story.machine else 0
    match kind:
        case "volume-create":
            request = VolumeRequest(request_id=new_request_id(), size_gib=1)
            story.volume_id = client.create_volume(request).id
        case "volume-import":
            story.send(story.home.path)
        case "volume-resize":
            client.resize_volume(volume_id, 1)
        case "volume-clone":
            client.create_volume(VolumeRequest(request_id=new_request_id(), source=volume_id, tag="clone"))
        case "volume-export":
            story.export_id = client.begin_export(volume_id, ExportRequest(request_id=new_request_id())).id
        case "snapshot":
            client.snapshot_volume(volume_id, SnapshotRequest(request_id=new_request_id(), name="first"))
        case "revert":
            client.revert_volume(volume_id, "first")
        case "melt":
            client.delete_snapshot(volume_id, "first")
        case "forget":
            (before,) = [one.name for one in story.volume.snapshots if one.name != "first"]
            client.delete_snapshot(volume_id, before)
        case "purge":
            client.purge_volume(volume_id)
        case "undelete":
            client.undelete_volume(volume_id)
        case "attach":
            client.attach_volume(volume_id, machine)
        case "detach":
            client.detach_volume(volume_id, DetachRequest(instance_id=machine, guest_does_not_use_it=True))


def judge(story: Story, kind: str) -> None:
    """The job has been done, once, by the daemon that came after."""
    match kind:
        case "volume-create":
            assert story.settled("available").size_bytes == GIB
        case "volume-import":
            story.settled("available")
            story.home.watch.volume(
                story.volume_id, lambda _one: not any((story.home.path / "incoming").iterdir())
            )
        case "volume-resize":
            story.settled("available", lambda one: one.size_bytes == GIB)
        case "volume-clone":
            (clone,) = story.client.volumes(tag="clone")
            story.home.watch.volume(clone.id, lambda one: one.state == "available")
            assert story.content_of(clone.id) == CONTENT
            story.client.delete_volume(clone.id)
            story.client.purge_volume(clone.id)
        case "volume-export":
            story.ready_export(story.export_id)
            found = story.client.export(story.export_id)
            content = story.client.fetch_part(found.id, 0)
            assert hashlib.sha256(content).hexdigest() == found.sha256
            story.client.drop_export(found.id)
        case "snapshot":
            assert [one.name for one in story.settled("available", _kept(1)).snapshots] == ["first"]
        case "revert":
            story.settled("available", _kept(2))
        case "melt":
            story.settled("available", lambda one: not one.snapshots)
            story.home.watch.volume(story.volume_id, lambda _one: layers(story.home) == 1)
        case "forget":
            assert [one.name for one in story.settled("available", _kept(1)).snapshots] == ["first"]
            story.home.watch.volume(story.volume_id, lambda _one: layers(story.home) == 2)
        case "purge":
            story.home.watch.no_volume(story.volume_id)
            assert layers(story.home) == 0
        case "undelete":
            story.settled("available")
            story.home.watch.volume(story.volume_id, lambda _one: retired(story.home) == 0)
        case "attach":
            there = story.settled("attached")
            assert there.instance_id == (story.machine and story.machine.id)
        case "detach":
            assert story.settled("available").instance_id is None


def _kept(count: int) -> Callable[[Volume], bool]:
    return lambda one: len(one.snapshots) == count


def layers(home: Home) -> int:
    """How many files the volumes consist of."""
    return len(list((home.path / "e" / "volumes").iterdir()))


def retired(home: Home) -> int:
    """How many root disks lie aside."""
    return len(list((home.path / "e" / "retired").iterdir()))


VOLUME_KINDS = (
    "volume-create", "volume-import", "volume-resize", "volume-clone", "volume-export", "snapshot", "revert",
    "melt", "forget", "purge", "undelete", "attach", "detach",
)  # fmt: skip


@moments(*VOLUME_KINDS)
def test_after_a_crash_the_work_on_a_volume_is_done_once_and_its_content_is_there(
    home: Home, moment: tuple[str, str, str]
) -> None:
    kind, story = moment[0], Story(home)
    prepare(story, kind)
    doomed = home.doomed(moment)
    with contextlib.suppress(SlshellError):
        # The daemon may die before its answer is out; the request was accepted all the same.
        ask(story, kind)
    home.bury(doomed)
    home.served()
    story.volume_id = story.volume_id or story.client.volumes()[0].id
    judge(story, kind)
    if story.machine is not None:
        story.client.kill(story.machine.id)
        home.settled(story.machine.id, State.DONE)
    if kind not in {"volume-create", "purge", "undelete"}:
        story.settled("available")
        assert story.content_of(story.volume_id) == CONTENT
    for one in story.client.volumes(all=True):
        if one.state != "deleted":
            story.client.delete_volume(one.id)
        story.client.purge_volume(one.id)
        home.watch.no_volume(one.id)
    assert layers(home) == 0
