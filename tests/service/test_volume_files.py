"""Volumes from files and to files over HTTP: whole, resumed, refused, and nothing left behind."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import os
import socket
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slshell.client.cloud import new_request_id
from slshell.model.errors import CloudUnreachable, Conflict, NotFound, SlshellError, TooLarge, UsageError
from slshell.model.volume import ExportFormat, ExportRequest, SnapshotRequest, UploadEnd, UploadRequest
from tests.service.conftest import Running, serve
from tests.service.sending import MIB, begun, content, decided, exported, fetched, incoming, pool, sent
from tests.service.test_attachments import attached, detach, machine
from tests.service.test_volumes import made, settled, snapshot
from tests.support.folders import SessionFolder

CONTENT = os.urandom(MIB) + bytes(2 * MIB) + os.urandom(MIB)


@pytest.fixture(scope="module")
def cloud(session_folder: SessionFolder, appliances_folder: Path) -> Iterator[Running]:
    """One cloud for all tests that end none."""
    yield from serve(session_folder.new())


def raw(path: Path) -> Path:
    path.write_bytes(CONTENT)
    return path


def qcow2(path: Path, *options: str) -> Path:
    return converted(path, "qcow2", *options)


def converted(path: Path, kind: str, *options: str) -> Path:
    source = raw(path.with_suffix(".source"))
    argv = ["qemu-img", "convert", *options, "-f", "raw", "-O", kind, str(source), str(path)]
    subprocess.run(argv, check=True)
    source.unlink()
    return path


def packed(path: Path, pack: Callable[[bytes], bytes]) -> Path:
    path.write_bytes(pack(CONTENT))
    return path


def put(running: Running, volume_id: str, offset: int, data: bytes) -> None:
    """Send one part."""
    running.client._put_part(volume_id, offset, data)


def end(running: Running, volume_id: str, data: bytes) -> None:
    """Say that all was sent."""
    body = UploadEnd(sha256=hashlib.sha256(data).hexdigest())
    running.client._ask("POST", f"/v1/volumes/{volume_id}/content/end", body, dict)


FORMS: dict[str, Callable[[Path], Path]] = {
    "raw": raw,
    "qcow2": qcow2,
    "compressed qcow2": lambda at: qcow2(at, "-c"),
    "another hypervisor's": lambda at: converted(at, "vmdk"),
    "gzip": lambda at: packed(at, gzip.compress),
    "xz": lambda at: packed(at, lambda data: lzma.compress(data, preset=1)),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_a_file_holds_is_what_the_volume_holds(cloud: Running, tmp_path: Path, form: str) -> None:
    path = FORMS[form](tmp_path / "disk")
    before, was = path.stat(), path.read_bytes()
    one = sent(cloud, path)
    assert (one.state, one.size_bytes, one.origin) == ("available", len(CONTENT), "the file disk")
    assert content(cloud, one.id) == CONTENT
    after = path.stat()
    assert (after.st_mtime_ns, after.st_mode, path.read_bytes()) == (before.st_mtime_ns, before.st_mode, was)
    assert incoming(cloud) == []
    assert one.allocated_bytes < 3 * MIB, "the hole was written out"


def test_how_much_has_arrived_is_told_and_another_offset_is_told_where_to_go_on(cloud: Running) -> None:
    one = begun(cloud, len(CONTENT))
    assert (one.state, one.received_bytes) == ("receiving", 0)
    put(cloud, one.id, 0, CONTENT[:MIB])
    there = cloud.client.volume(one.id)
    assert (there.received_bytes, there.progress) == (MIB, "received 25 %")
    for wrong in (0, MIB - 1, MIB + 1, len(CONTENT)):
        with pytest.raises(Conflict, match=f"{MIB} bytes have arrived") as refused:
            put(cloud, one.id, wrong, b"x")
        assert refused.value.details == {"received": MIB}
    put(cloud, one.id, MIB, CONTENT[MIB:])
    end(cloud, one.id, CONTENT)
    assert content(cloud, decided(cloud, one.id).id) == CONTENT


def test_a_part_that_breaks_off_in_the_middle_stays_and_the_rest_is_sent(
    cloud: Running, tmp_path: Path
) -> None:
    one = begun(cloud, len(CONTENT))
    head = (
        f"PUT /v1/volumes/{one.id}/content?offset=0 HTTP/1.1\r\nHost: cloud\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {len(CONTENT)}\r\n\r\n"
    )
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(cloud.home / "api.sock"))
        line.sendall(head.encode() + CONTENT[: MIB + 7])
    there = cloud.watch.volume(one.id, lambda now: now.received_bytes > 0)
    assert 0 < there.received_bytes <= MIB + 7
    cloud.client.send_file(one.id, raw(tmp_path / "disk"))
    assert content(cloud, decided(cloud, one.id).id) == CONTENT


def test_a_wrong_sum_is_refused_and_nothing_stays(cloud: Running) -> None:
    before = pool(cloud)
    one = begun(cloud, len(CONTENT))
    put(cloud, one.id, 0, CONTENT)
    end(cloud, one.id, b"something else")
    refused = decided(cloud, one.id)
    assert (refused.state, "its SHA-256 differs" in refused.reason) == ("failed", True)
    assert (incoming(cloud), pool(cloud)) == ([], before)


def test_more_than_was_announced_is_refused(cloud: Running) -> None:
    one = begun(cloud, MIB)
    with pytest.raises((TooLarge, CloudUnreachable)):
        put(cloud, one.id, 0, bytes(MIB + 1))
    assert (cloud.home / "incoming" / one.id).stat().st_size <= MIB
    cloud.client.delete_volume(one.id)


def test_the_end_before_all_parts_came_is_refused_and_the_rest_may_still_come(cloud: Running) -> None:
    one = begun(cloud, len(CONTENT))
    with pytest.raises(Conflict, match=f"0 of {len(CONTENT)} bytes"):
        end(cloud, one.id, CONTENT)
    put(cloud, one.id, 0, CONTENT[:MIB])
    with pytest.raises(Conflict, match=f"{MIB} of {len(CONTENT)} bytes") as refused:
        end(cloud, one.id, CONTENT)
    assert refused.value.details == {"received": MIB}
    put(cloud, one.id, MIB, CONTENT[MIB:])
    end(cloud, one.id, CONTENT)
    assert decided(cloud, one.id).state == "available"


def test_nothing_is_sent_to_a_volume_that_waits_for_nothing(cloud: Running) -> None:
    one = made(cloud)
    with pytest.raises(Conflict, match="must be receiving"):
        put(cloud, one.id, 0, b"x")
    with pytest.raises(Conflict, match="must be receiving"):
        end(cloud, one.id, b"x")
    assert not (cloud.home / "incoming" / one.id).exists()


@pytest.mark.parametrize(("size", "error"), [(0, UsageError), (-1, UsageError), (1 << 50, TooLarge)])
def test_a_file_of_an_impossible_size_is_not_accepted(
    cloud: Running, size: int, error: type[SlshellError]
) -> None:
    known = {one.id for one in cloud.client.volumes(all=True)}
    with pytest.raises(error):
        begun(cloud, size)
    assert {one.id for one in cloud.client.volumes(all=True)} == known


def test_a_repeated_beginning_makes_no_second_volume(cloud: Running) -> None:
    request = UploadRequest(request_id=new_request_id(), filename="f", size_bytes=MIB)
    first, second = cloud.client.begin_upload(request), cloud.client.begin_upload(request)
    assert first.id == second.id
    cloud.client.delete_volume(first.id)


def test_an_upload_that_is_given_up_leaves_nothing(cloud: Running) -> None:
    one = begun(cloud, len(CONTENT))
    put(cloud, one.id, 0, CONTENT[:MIB])
    cloud.client.delete_volume(one.id)
    cloud.watch.no_volume(one.id)
    assert one.id not in incoming(cloud)


def test_an_upload_goes_on_after_the_cloud_was_restarted_and_strays_are_removed(
    short_folder: Path, appliances_folder: Path, tmp_path: Path
) -> None:
    for running in serve(short_folder):
        one = begun(running, len(CONTENT))
        put(running, one.id, 0, CONTENT[:MIB])
        kept = exported(running, made(running).id, format=ExportFormat.QCOW2)
        store = running.cloud.engine.volumes
        stray = store.file(f"{uuid.uuid4()}.raw")
        stray.write_bytes(b"nobody knows it")
        (short_folder / "incoming" / str(uuid.uuid4())).write_bytes(b"neither this")
        (short_folder / "incoming" / f"{uuid.uuid4()}.taken").mkdir()
    half_made = short_folder / "uploads" / "static-disc"
    half_made.mkdir()
    (half_made / "dog.txt").write_text("woof")
    for running in serve(short_folder):
        assert not half_made.exists()
        assert incoming(running) == [one.id]
        assert running.cloud.engine.volumes.files() == [f"{kept.id}.qcow2"]
        running.client.send_file(one.id, raw(tmp_path / "disk"))
        assert content(running, decided(running, one.id).id) == CONTENT


def test_a_written_file_is_fetched_from_anywhere_and_dropped(cloud: Running, tmp_path: Path) -> None:
    one = sent(cloud, raw(tmp_path / "disk"))
    export = exported(cloud, one.id)
    assert (export.size_bytes, export.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert cloud.client.fetch_part(export.id, MIB + 5) == CONTENT[MIB + 5 :]
    assert cloud.client.fetch_part(export.id, len(CONTENT)) == b""
    with pytest.raises(UsageError, match="bytes"):
        cloud.client.fetch_part(export.id, len(CONTENT) + 1)
    cloud.client.drop_export(export.id)
    with pytest.raises(NotFound):
        cloud.client.export(export.id)
    assert f"{export.id}.raw" not in cloud.cloud.engine.volumes.files()


@pytest.mark.parametrize("compress", [False, True])
def test_a_qcow2_file_is_whole_and_may_be_packed(cloud: Running, tmp_path: Path, compress: bool) -> None:
    one = snapshot(cloud, sent(cloud, raw(tmp_path / "disk")), "below")
    export = exported(cloud, one.id, format=ExportFormat.QCOW2, compress=compress)
    file = tmp_path / "out.qcow2"
    file.write_bytes(fetched(cloud, export))
    assert hashlib.sha256(file.read_bytes()).hexdigest() == export.sha256
    info = subprocess.run(["qemu-img", "info", str(file)], check=True, capture_output=True, text=True).stdout
    assert "backing file" not in info
    again = sent(cloud, file)
    assert content(cloud, again.id) == CONTENT


def test_a_raw_file_is_not_packed(cloud: Running) -> None:
    with pytest.raises(UsageError, match="raw file cannot be compressed"):
        exported(cloud, made(cloud).id, compress=True)


def test_a_repeated_request_for_a_file_writes_no_second_one(cloud: Running) -> None:
    one, request = made(cloud), ExportRequest(request_id=new_request_id())
    first, second = cloud.client.begin_export(one.id, request), cloud.client.begin_export(one.id, request)
    assert first.id == second.id


def test_an_attached_volume_is_refused_with_the_way_out_and_its_snapshot_is_written(
    cloud: Running, tmp_path: Path
) -> None:
    one, instance = sent(cloud, raw(tmp_path / "disk")), machine(cloud)
    attached(cloud, one, instance)
    with pytest.raises(Conflict, match=f"held by instance {instance.id}") as refused:
        exported(cloud, one.id)
    assert "--snapshot NAME" in refused.value.hint
    cloud.client.snapshot_volume(one.id, SnapshotRequest(request_id=new_request_id(), name="live"))
    cloud.watch.volume(one.id, lambda now: [each.name for each in now.snapshots] == ["live"])
    assert content(cloud, one.id, snapshot="live") == CONTENT
    detach(cloud, one, instance, force=True)
    settled(cloud, one.id)


def test_an_unknown_snapshot_is_not_written(cloud: Running) -> None:
    with pytest.raises(NotFound, match="no snapshot “none”"):
        exported(cloud, made(cloud).id, snapshot="none")


def test_a_file_that_cannot_be_written_says_why_and_the_volume_is_as_it_was(cloud: Running) -> None:
    one = made(cloud)
    folder = Path(cloud.client.storage().pool.removeprefix("dir "))
    aside = (folder / f"{one.id}.qcow2").rename(folder / "aside")
    failed = exported(cloud, one.id, format=ExportFormat.QCOW2)
    assert (failed.state, "is missing" in failed.reason) == ("failed", True)
    assert cloud.client.volume(one.id).state == "available"
    with pytest.raises(Conflict, match="failed"):
        cloud.client.fetch_part(failed.id, 0)
    aside.rename(folder / f"{one.id}.qcow2")
    assert exported(cloud, one.id, format=ExportFormat.QCOW2).state == "ready"


@pytest.mark.parametrize("wrong", ["nonsense", "..%2f..%2fetc", "0" * 36])
def test_what_is_no_export_is_not_found(cloud: Running, wrong: str) -> None:
    with pytest.raises(NotFound):
        cloud.client.export(wrong)
    with pytest.raises(NotFound):
        cloud.client.drop_export(wrong)


def test_others_neither_send_parts_nor_fetch_files(cloud: Running) -> None:
    one, private = begun(cloud, MIB), made(cloud)
    export = exported(cloud, private.id, format=ExportFormat.QCOW2)
    files = cloud.cloud.files
    for act in (
        lambda: files.receiving(one.id, 0, "somebody"),
        lambda: files.end_upload(one.id, UploadEnd(sha256="0" * 64), "somebody"),
        lambda: files.begin_export(private.id, ExportRequest(request_id=new_request_id()), "somebody"),
        lambda: files.export(export.id, "somebody"),
        lambda: files.drop_export(export.id, "somebody"),
    ):
        with pytest.raises(NotFound):
            act()
    assert cloud.client.export(export.id).state == "ready"
