"""The commands that send volumes, fetch them, and make discs of folders."""

from __future__ import annotations

import hashlib
import os
import resource
from pathlib import Path

import msgspec
import pytest

from slshell.client import volumes as client
from slshell.model.appliance import ApplianceState
from slshell.model.errors import CloudUnreachable, Conflict, ExitCode
from slshell.model.volume import ExportRequest, ExportState, UploadRequest, VolumeState
from tests.unit.client.served import ServedCloud
from tests.unit.client.served_volumes import volume
from tests.unit.commands.conftest import Run
from tests.unit.commands.test_actions import finish_import, sent

ONE = volume(1).id
CONTENT = os.urandom(3000)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file goes over in parts of a kibibyte, and nobody waits between two tries."""
    monkeypatch.setattr(client, "PART", 1024)
    monkeypatch.setattr(client, "LONGEST_PAUSE_S", 0.001)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A file to send."""
    path = tmp_path / "data.raw"
    path.write_bytes(CONTENT)
    return path


def offsets(served: ServedCloud, method: str, path: str) -> list[int]:
    """Where the parts began that were sent or fetched."""
    targets = [target for verb, target, _ in served.requests if verb == method and path in target]
    return [int(target.partition("offset=")[2].partition("&")[0]) for target in targets]


def test_a_file_is_sent_in_parts_and_becomes_a_disk(run: Run, served: ServedCloud, image: Path) -> None:
    before = image.stat()
    result = run(f"upload-volume {image} --public")
    assert (result.exit_code, result.output) == (0, f"DISK {ONE}\n")
    assert served.volumes.received[ONE] == CONTENT
    assert offsets(served, "PUT", "/content") == [0, 1024, 2048]
    request = msgspec.json.decode(sent(served, "POST", "/v1/volumes/uploads")[0], type=UploadRequest)
    assert (request.filename, request.size_bytes, request.tag) == ("data.raw", 3000, "data.raw")
    assert request.visibility == "public"
    assert (image.stat().st_mtime_ns, image.read_bytes()) == (before.st_mtime_ns, CONTENT)


def test_an_upload_that_broke_off_names_the_way_to_go_on(run: Run, served: ServedCloud, image: Path) -> None:
    served.failures[f"/v1/volumes/{ONE}/content"] = CloudUnreachable("the cloud went away")
    result = run(f"upload-volume {image}")
    assert result.exit_code == ExitCode.UNREACHABLE
    assert "the upload broke off: the cloud went away" in result.notices
    assert f"slshell upload-volume {image} --resume {ONE}" in result.notices


def test_going_on_sends_only_what_has_not_arrived(run: Run, served: ServedCloud, image: Path) -> None:
    served.put(volume(1, state=VolumeState.RECEIVING, received_bytes=1500))
    served.volumes.received[ONE] = bytearray(CONTENT[:1500])
    result = run(f"upload-volume {image} --resume disk-1")
    assert result.output == f"DISK {ONE}\n"
    assert served.volumes.received[ONE] == CONTENT
    assert [len(body) for body in sent(served, "PUT", f"/v1/volumes/{ONE}/content")][-1] == 3000 - 2048
    assert len(sent(served, "POST", "/v1/volumes/uploads")) == 0


def test_a_file_that_is_refused_says_why(run: Run, served: ServedCloud, image: Path) -> None:
    served.volumes.ends["upload"] = {"state": VolumeState.FAILED, "reason": "the image has a backing file"}
    result = run(f"upload-volume {image}")
    assert (result.exit_code, result.output) == (ExitCode.CONFLICT, "")
    assert "taking data.raw in did not work: the image has a backing file" in result.notices


def test_another_file_than_the_one_that_broke_off_is_not_mixed_in(
    run: Run, served: ServedCloud, image: Path
) -> None:
    served.put(volume(1, state=VolumeState.RECEIVING))
    served.volumes.received[ONE] = bytearray(b"of another file".ljust(1024))
    result = run(f"upload-volume {image} --resume disk-1")
    assert (result.exit_code, "the sum differs" in result.notices) == (ExitCode.CONFLICT, True)


@pytest.mark.parametrize("line", ["upload-volume /none.raw", "upload-volume /tmp", "upload-volume"])
def test_what_is_no_file_is_not_sent(run: Run, served: ServedCloud, line: str) -> None:
    assert run(line).exit_code == ExitCode.USAGE
    assert not served.requests


def test_a_volume_is_written_to_a_file_and_nothing_else_stays(
    run: Run, served: ServedCloud, tmp_path: Path
) -> None:
    served.put(volume(1))
    served.volumes.content = CONTENT
    file = tmp_path / "out.qcow2"
    result = run(f"download-volume disk-1 {file} --compress --snapshot before")
    assert result.output == f"WRITTEN {ONE} to {file} (2.9K)\n"
    assert file.read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["out.qcow2"]
    assert served.volumes.exports == {}
    request = msgspec.json.decode(sent(served, "POST", f"/v1/volumes/{ONE}/exports")[0], type=ExportRequest)
    assert (request.format, request.compress, request.snapshot) == ("qcow2", True, "before")


def test_a_file_that_is_there_is_not_written_over_unless_forced(
    run: Run, served: ServedCloud, tmp_path: Path
) -> None:
    served.put(volume(1))
    served.volumes.content = CONTENT
    file = tmp_path / "out.raw"
    file.write_bytes(b"precious")
    refused = run(f"download-volume disk-1 {file} --format raw")
    assert (refused.exit_code, file.read_bytes()) == (ExitCode.USAGE, b"precious")
    assert run(f"download-volume disk-1 {file} --format raw --force").exit_code == 0
    assert file.read_bytes() == CONTENT


def test_a_download_that_broke_off_goes_on_where_it_was(
    run: Run, served: ServedCloud, tmp_path: Path
) -> None:
    served.put(volume(1))
    served.volumes.content = CONTENT
    file, part = tmp_path / "out.qcow2", tmp_path / "out.qcow2.part"
    line = f"download-volume disk-1 {file}"
    served.volumes.fail_after = 1
    broken = run(line)
    assert (broken.exit_code, part.read_bytes()) == (ExitCode.UNREACHABLE, CONTENT[:1024])
    served.volumes.fail_after = None
    served.requests.clear()
    assert run(line).exit_code == 0
    assert offsets(served, "GET", "/content") == [1024, 2048]
    assert file.read_bytes() == CONTENT


def test_a_half_fetched_file_of_something_else_is_begun_anew(
    run: Run, served: ServedCloud, tmp_path: Path
) -> None:
    served.put(volume(1))
    served.volumes.content = CONTENT
    file, part = tmp_path / "out.qcow2", tmp_path / "out.qcow2.part"
    served.volumes.fail_after = 1
    run(f"download-volume disk-1 {file}")
    served.volumes.fail_after = None
    assert part.exists()
    assert run(f"download-volume disk-1 {file} --compress").exit_code == 0
    assert file.read_bytes() == CONTENT


def test_what_came_over_wrong_is_thrown_away(run: Run, served: ServedCloud, tmp_path: Path) -> None:
    served.put(volume(1))
    served.volumes.content = CONTENT
    served.volumes.ends["export"] = {"sha256": hashlib.sha256(b"other").hexdigest()}
    result = run(f"download-volume disk-1 {tmp_path / 'out'}")
    assert (result.exit_code, list(tmp_path.iterdir())) == (ExitCode.FAILED, [])
    assert "its SHA-256 differs" in result.notices


def test_a_volume_that_cannot_be_written_out_says_why(run: Run, served: ServedCloud, tmp_path: Path) -> None:
    served.put(volume(1))
    served.volumes.ends["export"] = {"state": ExportState.FAILED, "reason": "no space left"}
    result = run(f"download-volume disk-1 {tmp_path / 'out'}")
    assert (result.exit_code, list(tmp_path.iterdir())) == (ExitCode.CONFLICT, [])
    assert "cannot be written to a file: no space left" in result.notices


def test_a_volume_in_use_is_refused_with_the_way_out(run: Run, served: ServedCloud, tmp_path: Path) -> None:
    served.put(volume(1, state=VolumeState.ATTACHED, instance_id=1))
    served.failures[f"/v1/volumes/{ONE}/exports"] = Conflict("held", hint="take a snapshot: --snapshot NAME")
    result = run(f"download-volume disk-1 {tmp_path / 'out'}")
    assert (result.exit_code, "--snapshot NAME" in result.notices) == (ExitCode.CONFLICT, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", ["download-volume disk-1 {}/no/folder/out", "download-volume disk-1 {}"])
def test_a_place_that_cannot_be_written_to_is_told_before_the_cloud_works(
    run: Run, served: ServedCloud, tmp_path: Path, line: str
) -> None:
    served.put(volume(1))
    result = run(line.format(tmp_path))
    assert result.exit_code == ExitCode.USAGE
    assert sent(served, "POST", f"/v1/volumes/{ONE}/exports") == []


def test_a_disk_that_fills_up_on_the_way_is_told_and_what_came_stays(
    run: Run, served: ServedCloud, tmp_path: Path
) -> None:
    served.put(volume(1))
    served.volumes.content = CONTENT
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        result = run(f"download-volume disk-1 {tmp_path / 'out'}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert result.exit_code == ExitCode.FAILED
    assert "out.part cannot be written: File too large" in result.notices
    assert run(f"download-volume disk-1 {tmp_path / 'out'}").exit_code == 0
    assert (tmp_path / "out").read_bytes() == CONTENT


def test_a_folder_becomes_a_static_disk_under_its_name(run: Run, served: ServedCloud, tmp_path: Path) -> None:
    folder = tmp_path / "fauna"
    folder.mkdir()
    (folder / "dog.txt").write_text("woof\n")
    finish_import(served, "fauna", ApplianceState.READY)
    result = run(f"create-static-disk {folder} --label ANIMALS")
    assert result.exit_code == 0, result.notices
    [body] = sent(served, "POST", "/v1/uploads")
    assert body[32769:32774] == b"CD001"
    assert b"ANIMALS" in body[32768:34816]
    [target] = [target for verb, target, _ in served.requests if "/uploads" in target]
    assert "kind=disk" in target


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("empty", "is empty"),
        ("nosuch", "there is no folder"),
        ("full --label x/y", "cannot label a disc"),
        ("full --name '<b>'", "name of a static disk"),
    ],
)
def test_a_disc_that_cannot_be_made_is_not_sent(
    run: Run, served: ServedCloud, tmp_path: Path, rest: str, told: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("x")
    result = run(f"create-static-disk {tmp_path}/{rest}")
    assert (result.exit_code, told in result.notices) == (ExitCode.USAGE, True), result.notices
    assert sent(served, "POST", "/v1/uploads") == []
