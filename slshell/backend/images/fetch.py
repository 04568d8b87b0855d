"""Fetching an image over HTTP: within limits, and going on where an earlier attempt stopped."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import requests
import urllib3

from slshell.backend.images import stopping
from slshell.backend.images.progress import Progress, Say
from slshell.model.errors import CloudUnreachable, EngineFailed, NoCapacity, NotFound, TooLarge, UsageError

CONNECT_S = 10.0
READ_S = 60.0
"""How long a server may be silent, and over what time it must keep up `SLOWEST_BYTES_S`."""
SLOWEST_BYTES_S = 1 << 10
"""Below 1 KiB/s an image of 300 MiB takes more than three days."""
ATTEMPTS = 5
"""How often a broken transfer is taken up again before giving up; each attempt that gets on counts anew."""

PAUSES_S = (0.5, 1.0, 2.0, 4.0)
"""Before each attempt that follows one which brought nothing."""
RESERVE_BYTES = 256 << 20
"""Disk space that stays free beside a download, for the cloud's database and logs lie there as well."""

_BLOCK = 1 << 18
_MAX_REDIRECTS = 10


def download(url: str, target: Path, *, max_bytes: int, progress: Say | None = None) -> None:
    """Fetch `url` (http or https) to `target`.

    What arrived of a broken transfer stays at `target` + `.part` with the server's mark of the version, and
    the next call goes on from there if the server still has that version.

    Raises:
        UsageError: not such a URL, or the server refuses it. NotFound: nothing there. TooLarge: over
            `max_bytes`. NoCapacity: the disk is full. CloudUnreachable: no answer, or broken off.
            Stopped: it was told to end.
    """
    parts = _checked(url)
    partial = _Partial(target)
    failures = 0
    stopper = stopping.current()
    with _session() as session:
        while True:
            stopper.check()
            had = partial.size
            try:
                _attempt(session, url, partial, max_bytes, progress)
                break
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                stopper.check()
                failures = 1 if partial.size > had else failures + 1
                if failures >= ATTEMPTS or partial.size == 0:
                    raise _unreachable(parts.hostname or "", error) from error
                if partial.size <= had:
                    time.sleep(PAUSES_S[min(failures, len(PAUSES_S)) - 1])
            except OSError as error:
                if error.errno == errno.ENOSPC:
                    raise NoCapacity(f"the disk is full ({target.parent})", hint="free some space") from error
                raise EngineFailed(f"the image cannot be stored: {error.strerror}") from error
    partial.finish()


def read_text(url: str, max_bytes: int) -> str:
    """The text at `url` (http or https), which is small.

    Raises:
        UsageError: not such a URL, refused, or larger than `max_bytes`. NotFound: nothing there.
        CloudUnreachable: no answer, or broken off.
    """
    parts = _checked(url)
    content = b""
    try:
        with (
            _session() as session,
            session.get(
                url, headers={"Accept-Encoding": "identity"}, stream=True, timeout=(CONNECT_S, READ_S)
            ) as answer,
        ):
            _check_status(answer)
            pace = _Pace()
            while block := answer.raw.read1(_BLOCK, decode_content=False):
                content += block
                pace.at(len(content))
                if len(content) > max_bytes:
                    raise UsageError(f"what {parts.hostname} sends is larger than {max_bytes >> 20} MiB")
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _unreachable(parts.hostname or "", error) from error
    return content.decode("utf-8", "replace")


def public(url: str) -> str:
    """An address without the account, password and query that it may have."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()


def parts_of(target: Path) -> list[Path]:
    """The files of a download that is not finished."""
    return [path for path in (_Partial(target).path,) if path.is_file()]


def forget(target: Path) -> None:
    """Remove a download, finished or not."""
    _Partial(target).forget()
    target.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Partial:
    """The part that is there already, and the mark of the version that it is of."""

    target: Path

    @property
    def path(self) -> Path:
        return self.target.with_name(self.target.name + ".part")

    @property
    def _mark_path(self) -> Path:
        return self.target.with_name(self.target.name + ".mark")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def mark(self) -> str:
        return self._mark_path.read_text() if self.size and self._mark_path.is_file() else ""

    def start_over(self, mark: str) -> None:
        self.path.write_bytes(b"")
        self._mark_path.write_text(mark)

    def finish(self) -> None:
        self.path.replace(self.target)
        self._mark_path.unlink(missing_ok=True)

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self._mark_path.unlink(missing_ok=True)


def _attempt(
    session: requests.Session, url: str, partial: _Partial, max_bytes: int, progress: Say | None
) -> None:
    offset, mark = partial.size, partial.mark
    # Bytes must be the file's own, for a packed transfer could not be taken up in the middle.
    headers = {"Accept-Encoding": "identity"}
    if offset and mark:
        headers |= {"Range": f"bytes={offset}-", "If-Range": mark}
    with session.get(url, headers=headers, stream=True, timeout=(CONNECT_S, READ_S)) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            partial.forget()
            raise requests.ConnectionError("the server no longer has the part that is missing")
        _check_status(answer)
        if answer.status_code == requests.codes.partial_content and _mark_of(answer) not in ("", mark):
            partial.forget()
            raise requests.ConnectionError("the server sent a part of another version")
        if answer.status_code != requests.codes.partial_content or not _goes_on(answer, offset):
            if answer.status_code == requests.codes.partial_content:
                partial.forget()
                raise requests.ConnectionError("the server sent another part than the one asked for")
            offset = 0
            partial.start_over(_mark_of(answer))
        length = _length_of(answer)
        total = None if length is None else offset + length
        if total is not None and total > max_bytes:
            partial.forget()
            raise _too_large(max_bytes)
        _check_space(partial.path.parent, length or 0)
        told = Progress("fetched", total, progress, begun=offset, speed=True)
        _receive(answer, partial, offset, max_bytes, told)


def _receive(
    answer: requests.Response, partial: _Partial, offset: int, max_bytes: int, told: Progress
) -> None:
    pace = _Pace(offset)
    with stopping.current().breakable(answer.raw.shutdown), partial.path.open("ab") as stream:
        while block := answer.raw.read1(_BLOCK, decode_content=False):
            offset += len(block)
            if offset > max_bytes:
                partial.forget()
                raise _too_large(max_bytes)
            stream.write(block)
            told.at(offset)
            pace.at(offset)
        stream.flush()
        os.fsync(stream.fileno())


class _Pace:
    """Breaks off when a server only drips."""

    def __init__(self, begun: int = 0) -> None:
        self._since, self._from = time.monotonic(), begun

    def at(self, done: int) -> None:
        """`done` bytes have come."""
        spent = time.monotonic() - self._since
        if spent < READ_S:
            return
        if done - self._from < SLOWEST_BYTES_S * spent:
            raise requests.Timeout("the server sends next to nothing")
        self._since, self._from = time.monotonic(), done


def _check_space(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < wanted + RESERVE_BYTES:
        raise NoCapacity(
            f"not enough disk space in {folder}: the image has {wanted >> 20} MiB, {free >> 20} MiB are "
            f"free, {RESERVE_BYTES >> 20} MiB of them kept back",
            hint="free some space there; slshell image-cache list shows what images take",
        )


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError("that is not an http or https address", hint="for a file, give its path instead")
    return parts


def _check_status(answer: requests.Response) -> None:
    status, host = answer.status_code, urlsplit(answer.url).hostname or ""
    if any(urlsplit(step.url).scheme == "https" for step in answer.history) and answer.url.startswith(
        "http:"
    ):
        raise UsageError(f"the server leads from https to plain http ({host})", hint="use a direct address")
    if status in (requests.codes.not_found, requests.codes.gone):
        raise NotFound(f"{host} has no such image (HTTP {status})", hint="check the address")
    if status in (requests.codes.too_many_requests, *range(500, 600)):
        raise CloudUnreachable(f"{host} cannot serve the image now (HTTP {status})", hint="try again later")
    if status not in (requests.codes.ok, requests.codes.partial_content):
        raise UsageError(f"{host} refuses the image (HTTP {status})", hint="open the address in a browser")


def _goes_on(answer: requests.Response, offset: int) -> bool:
    return answer.headers.get("Content-Range", "").startswith(f"bytes {offset}-")


def _mark_of(answer: requests.Response) -> str:
    """What If-Range takes: an ETag unless it is weak, else the date."""
    tag = answer.headers.get("ETag", "")
    return tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")


def _length_of(answer: requests.Response) -> int | None:
    text = answer.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(
        f"the image is larger than the limit of {max_bytes >> 20} MiB",
        hint="raise [cloud] max_image_gib in config.toml if you trust it",
    )


def _unreachable(host: str, error: Exception) -> CloudUnreachable:
    if isinstance(error, requests.exceptions.SSLError):
        why = "its certificate is not trusted"
    elif isinstance(error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError):
        why = "it does not answer"
    elif isinstance(error, requests.exceptions.TooManyRedirects):
        why = "it redirects in a circle"
    elif isinstance(error, requests.exceptions.ConnectionError):
        why = "the connection cannot be made or broke"
    else:
        why = "the transfer broke off"
    return CloudUnreachable(
        f"the image cannot be fetched from {host}: {why}",
        hint="check the address and the network, then import it again",
        details={"reason": type(error).__name__},
    )


@contextlib.contextmanager
def _session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.max_redirects = _MAX_REDIRECTS
        yield session
