"""The two ends of a copy: what each must be able to do, and this computer as one of them."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from slshell.model.errors import CloudUnreachable, Conflict, NoCapacity, NotFound, SlshellError, UsageError

BLOCK = 1 << 18
MOST_NAMES = 1_000_000
"""A folder that holds more is one that a machine makes up, or work for an archive."""
PERMISSIONS = 0o777
"""Bits of a mode that are copied; what lets a program run with another's rights is not."""


class What(StrEnum):
    """What a name stands for."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "device, socket or pipe"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A name as its side describes it; of another computer's nothing is to be believed."""

    what: What
    size: int = 0
    mode: int = 0o644
    mtime: int = 0
    """Seconds since 1970."""

    @classmethod
    def of_mode(cls, mode: int, size: int, mtime: int) -> Entry:
        """From the mode of a stat call."""
        what = {stat.S_IFREG: What.FILE, stat.S_IFDIR: What.FOLDER, stat.S_IFLNK: What.LINK}
        return cls(
            what=what.get(stat.S_IFMT(mode), What.OTHER),
            size=max(0, size),
            mode=mode & PERMISSIONS,
            mtime=max(0, mtime),
        )


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A finished part, and what is to become of it; None keeps what the side gave it."""

    part: str
    path: str
    mode: int | None
    mtime: int | None


class Side(ABC):
    """One end. Paths are texts of that side; failures are SlshellErrors that name the path."""

    name: str
    """For people: empty for this computer."""

    @abstractmethod
    def look(self, path: str, *, follow: bool = True) -> Entry | None:
        """What is there; None when nothing is."""

    @abstractmethod
    def entries(self, folder: str) -> Iterator[tuple[str, Entry]]:
        """The names in a folder, links as such; neither checked nor in any order."""

    @abstractmethod
    def link_text(self, path: str) -> str:
        """Where a link leads, as it says."""

    @abstractmethod
    def read(self, path: str, offset: int) -> Iterator[bytes]:
        """The bytes of a file from `offset` on."""

    @abstractmethod
    def write(self, path: str, offset: int, blocks: Iterable[bytes]) -> None:
        """Write a file that has `offset` bytes, or is not there at 0, on from there."""

    @abstractmethod
    def make_folder(self, path: str) -> None:
        """Make a folder that only its owner may enter yet; one that is there is fine, a link is not."""

    @abstractmethod
    def make_link(self, text: str, path: str) -> None:
        """Make a link that says `text`."""

    @abstractmethod
    def settle(self, parts: Sequence[Settled]) -> None:
        """Give each part mode and time, and put it in its place in one step."""

    @abstractmethod
    def finish_folder(self, path: str, mode: int | None, mtime: int | None) -> None:
        """Give a folder its mode and time."""

    @abstractmethod
    def remove(self, path: str) -> None:
        """Remove a file or link; nothing when there is none."""

    @abstractmethod
    def sums(self) -> tuple[str, ...]:
        """The checksums that this side can make, the best first."""

    @abstractmethod
    def digests(self, kind: str, paths: Sequence[str]) -> list[str]:
        """The checksum of each file, in hex."""

    @abstractmethod
    def refuse_full(self, folder: str, size: int) -> None:
        """Return unless it is known that so many bytes do not fit.

        Raises:
            NoCapacity: they do not.
        """

    def join(self, folder: str, name: str) -> str:
        """The path of a name in a folder."""
        return folder + name if folder.endswith("/") else f"{folder}/{name}" if folder else name

    def said(self, path: str) -> str:
        """A path with its side, for people."""
        return f"{self.name}:{path}" if self.name else path


SUMS = ("sha256", "sha1", "md5")


class Here(Side):
    """This computer."""

    name = ""

    def look(self, path: str, *, follow: bool = True) -> Entry | None:
        """See `Side`."""
        with _told(path):
            try:
                found = Path(path).stat(follow_symlinks=follow)
            except (FileNotFoundError, NotADirectoryError):
                return None
            return Entry.of_mode(found.st_mode, found.st_size, int(found.st_mtime))

    def entries(self, folder: str) -> Iterator[tuple[str, Entry]]:
        """See `Side`."""
        with _told(folder), os.scandir(folder or ".") as found:
            for one in found:
                about = one.stat(follow_symlinks=False)
                yield one.name, Entry.of_mode(about.st_mode, about.st_size, int(about.st_mtime))

    def link_text(self, path: str) -> str:
        """See `Side`."""
        with _told(path):
            return os.readlink(path)  # noqa: PTH115 - the text as it is, not a path made of it

    def read(self, path: str, offset: int) -> Iterator[bytes]:
        """See `Side`."""
        with _told(path), open(path, "rb") as file:  # noqa: PTH123 - paths of sides are texts
            file.seek(offset)
            while block := file.read(BLOCK):
                yield block

    def write(self, path: str, offset: int, blocks: Iterable[bytes]) -> None:
        """See `Side`; a link in the file's place is not followed."""
        flags = os.O_WRONLY | os.O_NOFOLLOW | (0 if offset else os.O_CREAT | os.O_EXCL)
        with _told(path):
            if not offset:
                self.remove(path)
            descriptor = os.open(path, flags, 0o600)
        try:
            with _told(path):
                os.ftruncate(descriptor, offset)
                os.lseek(descriptor, offset, os.SEEK_SET)
            for block in blocks:
                view = memoryview(block)
                while view:
                    with _told(path):
                        view = view[os.write(descriptor, view) :]
            with _told(path):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make_folder(self, path: str) -> None:
        """See `Side`."""
        with _told(path):
            try:
                os.mkdir(path, 0o700)  # noqa: PTH102
            except FileExistsError:
                found = self.look(path, follow=False)
                if found is None or found.what is not What.FOLDER:
                    raise Conflict(
                        f"{path} is there and is no folder", hint="move it away, or choose another place"
                    ) from None

    def make_link(self, text: str, path: str) -> None:
        """See `Side`."""
        with _told(path):
            os.symlink(text, path)  # noqa: PTH211

    def settle(self, parts: Sequence[Settled]) -> None:
        """See `Side`."""
        for one in parts:
            with _told(one.path):
                self.finish_folder(one.part, one.mode, one.mtime)
                os.replace(one.part, one.path)  # noqa: PTH105

    def finish_folder(self, path: str, mode: int | None, mtime: int | None) -> None:
        """See `Side`."""
        with _told(path):
            if mtime is not None:
                os.utime(path, (mtime, mtime))
            mask = os.umask(0)
            os.umask(mask)
            is_folder = os.path.isdir(path)  # noqa: PTH112
            os.chmod(path, mode if mode is not None else (0o777 if is_folder else 0o666) & ~mask)  # noqa: PTH101

    def remove(self, path: str) -> None:
        """See `Side`."""
        with _told(path):
            try:
                os.unlink(path)  # noqa: PTH108
            except FileNotFoundError:
                return

    def sums(self) -> tuple[str, ...]:
        """See `Side`."""
        return SUMS

    def digests(self, kind: str, paths: Sequence[str]) -> list[str]:
        """See `Side`."""
        found = []
        for path in paths:
            digest = hashlib.new(kind, usedforsecurity=False)
            for block in self.read(path, 0):
                digest.update(block)
            found.append(digest.hexdigest())
        return found

    def refuse_full(self, folder: str, size: int) -> None:
        """See `Side`."""
        with _told(folder):
            about = os.statvfs(folder or ".")
        free = about.f_bavail * about.f_frsize
        if size > free:
            raise NoCapacity(
                f"{size} bytes are to come, and {folder or '.'} has room for {free}",
                hint="make room there, or choose another place",
            )


@contextmanager
def _told(path: str) -> Iterator[None]:
    """Failures of this computer's files as errors that name the path."""
    try:
        yield
    except OSError as error:
        raise file_error(path, error) from error
    except ValueError as error:
        raise UsageError(f"“{path}” cannot be the name of a file: {error}") from error


def file_error(path: str, error: OSError) -> SlshellError:
    """The error for a file of either side."""
    words = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoCapacity(f"{path}: the disk is full", hint="make room; the same command goes on from there")
    if isinstance(error, FileNotFoundError):
        return NotFound(f"there is no {path}")
    return UsageError(f"{path}: {words}", hint="check the path and its permissions")


def broken(error: BaseException) -> CloudUnreachable:
    """The error for a connection that ended in the middle."""
    return CloudUnreachable(
        f"the connection to the machine broke: {error or 'it was closed'}",
        hint="the same command goes on where this one ended",
    )
