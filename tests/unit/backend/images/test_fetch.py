"""Images come whole over HTTP though the network breaks, or there is a reason in words."""

from __future__ import annotations

import gzip
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from slshell.backend.images.fetch import ATTEMPTS, download
from slshell.model.errors import CloudUnreachable, NoCapacity, NotFound, TooLarge, UsageError
from tests.unit.backend.images.http_server import ImageServer

MIB = 1 << 20
CONTENT = os.urandom(3 * MIB + 17)
LIMIT = 16 * MIB


@pytest.fixture
def server() -> Iterator[ImageServer]:
    with ImageServer(CONTENT) as running:
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "image"


def only(target: Path) -> bool:
    return [path.name for path in target.parent.iterdir()] == [target.name]


def test_an_image_arrives_whole(server: ImageServer, target: Path) -> None:
    said: list[str] = []
    download(server.url, target, max_bytes=LIMIT, progress=said.append)
    assert target.read_bytes() == CONTENT
    assert only(target)
    assert all(line.startswith("fetched ") and line.endswith(" %") for line in said)
    assert said


def test_a_transfer_that_breaks_goes_on_where_it_stopped(server: ImageServer, target: Path) -> None:
    server.behaviour.drop_after = [MIB, MIB]
    download(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == CONTENT
    assert server.asked == ["", f"bytes={MIB}-", f"bytes={2 * MIB}-"]


def test_a_later_call_goes_on_where_an_earlier_one_stopped(server: ImageServer, target: Path) -> None:
    server.behaviour.drop_after = [MIB] + [0] * ATTEMPTS
    with pytest.raises(CloudUnreachable, match=r"fetched from 127\.0\.0\.1") as broken:
        download(server.url, target, max_bytes=LIMIT)
    assert "import it again" in broken.value.hint
    assert not target.exists()
    server.behaviour.drop_after = []
    download(server.url, target, max_bytes=LIMIT)
    assert server.asked[-1] == f"bytes={MIB}-"
    assert target.read_bytes() == CONTENT
    assert only(target)


def test_an_image_that_changed_meanwhile_is_fetched_anew(server: ImageServer, target: Path) -> None:
    server.behaviour.drop_after = [MIB] + [0] * ATTEMPTS
    with pytest.raises(CloudUnreachable):
        download(server.url, target, max_bytes=LIMIT)
    server.behaviour.content, server.behaviour.tag = b"new" * MIB, '"two"'
    server.behaviour.drop_after = []
    download(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == b"new" * MIB


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_a_server_that_does_not_mark_its_versions_is_asked_from_the_start(
    server: ImageServer, target: Path, tag: str
) -> None:
    server.behaviour.tag = tag
    server.behaviour.drop_after = [MIB]
    download(server.url, target, max_bytes=LIMIT)
    assert server.asked == ["", ""]
    assert target.read_bytes() == CONTENT


def test_a_server_that_cannot_send_parts_is_asked_from_the_start(server: ImageServer, target: Path) -> None:
    server.behaviour.ranges = False
    server.behaviour.drop_after = [MIB]
    download(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == CONTENT


def test_a_part_that_is_not_the_one_asked_for_is_not_used(server: ImageServer, target: Path) -> None:
    server.behaviour.wrong_part = True
    server.behaviour.drop_after = [MIB]
    with pytest.raises(CloudUnreachable):
        download(server.url, target, max_bytes=LIMIT)
    assert not target.exists()


@pytest.mark.parametrize("told", [-1, len(CONTENT) - 5])
def test_more_than_the_limit_is_never_stored(server: ImageServer, target: Path, told: int) -> None:
    server.behaviour.told_length = told
    with pytest.raises(TooLarge, match="limit of 1 MiB"):
        download(server.url, target, max_bytes=MIB)
    assert list(target.parent.iterdir()) == []


def test_a_server_that_promises_more_than_it_sends_is_not_believed(server: ImageServer, target: Path) -> None:
    server.behaviour.told_length = len(CONTENT) + 1
    server.behaviour.ranges = False
    with pytest.raises(CloudUnreachable):
        download(server.url, target, max_bytes=LIMIT)
    assert not target.exists()


def test_an_image_without_a_told_length_arrives(server: ImageServer, target: Path) -> None:
    server.behaviour.told_length = -1
    download(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == CONTENT


def test_a_packed_image_stays_as_the_publisher_packed_it(server: ImageServer, target: Path) -> None:
    packed = server.behaviour.content = gzip.compress(CONTENT)
    server.behaviour.encoding = "gzip"
    download(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == packed


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, NotFound), (410, NotFound), (403, UsageError), (500, CloudUnreachable), (503, CloudUnreachable)],
)
def test_a_refusal_is_told_with_its_number(
    server: ImageServer, target: Path, status: int, error: type[Exception]
) -> None:
    server.behaviour.status = status
    with pytest.raises(error, match=f"HTTP {status}"):
        download(server.url, target, max_bytes=LIMIT)
    assert list(target.parent.iterdir()) == []


def test_a_redirect_is_followed_but_not_in_a_circle(server: ImageServer, target: Path) -> None:
    with ImageServer(b"") as first:
        first.behaviour.status, first.behaviour.location = 302, server.url
        download(first.url, target, max_bytes=LIMIT)
        assert target.read_bytes() == CONTENT
        first.behaviour.location = first.url
        with pytest.raises(CloudUnreachable, match="circle"):
            download(first.url, target, max_bytes=LIMIT)


def test_a_redirect_to_a_file_of_this_host_is_not_followed(target: Path) -> None:
    with ImageServer(b"") as server:
        server.behaviour.status, server.behaviour.location = 302, "file:///etc/passwd"
        with pytest.raises(CloudUnreachable):
            download(server.url, target, max_bytes=LIMIT)
    assert not target.exists()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "image.img",
        "/etc/passwd",
        "file:///etc/passwd",
        "ftp://host/x",
        "http://",
        "http://[::1",
        "http://a:b/",
    ],
)
def test_what_is_no_web_address_is_refused(target: Path, url: str) -> None:
    with pytest.raises(UsageError, match="not an http"):
        download(url, target, max_bytes=LIMIT)


def test_a_server_that_is_not_there_is_told(target: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(CloudUnreachable, match="cannot be made"):
            download(f"http://127.0.0.1:{held.getsockname()[1]}/x", target, max_bytes=LIMIT)


def test_a_password_in_the_address_is_not_repeated(server: ImageServer, target: Path) -> None:
    server.behaviour.status = 403
    with pytest.raises(UsageError) as refused:
        download(server.url.replace("//", "//me:secret@"), target, max_bytes=LIMIT)
    assert "secret" not in str(refused.value.as_data())


def test_a_full_disk_is_told(server: ImageServer, target: Path) -> None:
    target.with_name("image.part").symlink_to("/dev/full")
    with pytest.raises(NoCapacity, match="full"):
        download(server.url, target, max_bytes=LIMIT)
