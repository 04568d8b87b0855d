"""Images come whole over HTTP though the network breaks, or there is a reason in words."""

from __future__ import annotations

import gzip
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from slshell.backend.images import fetch
from slshell.backend.images.fetch import ATTEMPTS, download, public, read_text
from slshell.backend.images.progress import Progress
from slshell.model.errors import CloudUnreachable, NoCapacity, NotFound, TooLarge, UsageError
from tests.unit.backend.images.http_server import ImageServer

MIB = 1 << 20
CONTENT = os.urandom(3 * MIB + 17)
LIMIT = 16 * MIB


@pytest.fixture
def server() -> Iterator[ImageServer]:
    with ImageServer(CONTENT) as running:
        yield running


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "PAUSES_S", (0.0,))


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
    assert re.fullmatch(r"fetched \d+ % of 3 MiB", said[0])


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


def test_a_server_that_falls_silent_is_given_up(
    server: ImageServer, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "READ_S", 0.3)
    server.behaviour.stall = True
    with pytest.raises(CloudUnreachable):
        download(server.url, target, max_bytes=LIMIT)
    assert not target.exists()
    server.behaviour.stall = False
    download(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == CONTENT


def test_a_server_that_only_drips_is_given_up(
    server: ImageServer, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "READ_S", 0.3)
    monkeypatch.setattr(fetch, "ATTEMPTS", 1)
    server.behaviour.drip_s = 0.05
    with pytest.raises(CloudUnreachable, match="does not answer"):
        download(server.url, target, max_bytes=LIMIT)
    with pytest.raises(CloudUnreachable, match="does not answer"):
        read_text(server.url, LIMIT)


def test_a_body_without_end_is_cut_at_the_limit(server: ImageServer, target: Path) -> None:
    server.behaviour.endless, server.behaviour.told_length = True, -1
    with pytest.raises(TooLarge, match="limit of 2 MiB"):
        download(server.url, target, max_bytes=2 * MIB)
    assert list(target.parent.iterdir()) == []
    with pytest.raises(UsageError, match="larger than 1 MiB"):
        read_text(server.url, MIB)


def test_parts_of_two_versions_are_never_joined(server: ImageServer, target: Path) -> None:
    """A server that answers a range of the new file although it was told which version is wanted."""
    server.behaviour.drop_after = [MIB]
    server.behaviour.part_tag = '"two"'
    with pytest.raises(CloudUnreachable):
        download(server.url, target, max_bytes=LIMIT)
    assert not target.exists()
    download(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == CONTENT


def test_a_length_that_is_told_too_small_is_not_believed_for_more(server: ImageServer, target: Path) -> None:
    server.behaviour.told_length = len(CONTENT) - 5
    download(server.url, target, max_bytes=LIMIT)
    assert target.read_bytes() == CONTENT[:-5], "the checksum finds that"


def test_space_is_checked_before_anything_is_fetched(
    server: ImageServer, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "RESERVE_BYTES", 1 << 60)
    with pytest.raises(NoCapacity, match=r"the image has 3 MiB, \d+ MiB are free") as refused:
        download(server.url, target, max_bytes=LIMIT)
    assert "image-cache list" in refused.value.hint
    assert not target.exists()


def test_a_text_is_read_whole_and_its_errors_are_told(server: ImageServer) -> None:
    server.behaviour.content = "Prüfsumme\n".encode()
    assert read_text(server.url, MIB) == "Prüfsumme\n"
    server.behaviour.status = 404
    with pytest.raises(NotFound, match="HTTP 404"):
        read_text(server.url, MIB)


def test_the_speed_and_the_time_that_is_left_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    said: list[str] = []
    monkeypatch.setattr("slshell.backend.images.progress.time.monotonic", lambda: now)
    told = Progress("fetched", 300 * MIB, said.append, begun=100 * MIB, speed=True)
    for second in range(1, 4):
        now = 100.0 + second
        told.at((100 + 10 * second) * MIB)
    assert said[-1] == "fetched 43 % of 300 MiB, 10.0 MiB/s, 17 s left"


def test_an_address_is_shown_without_its_secrets() -> None:
    assert public("https://me:secret@host.example:8/a/b.img?token=x#y") == "https://host.example:8/a/b.img"
