"""Writing a `newc` cpio archive, the form in which Linux takes its first file system; needs no root."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass

_TRAILER = "TRAILER!!!"


@dataclass(frozen=True)
class Entry:
    """One file, folder or symbolic link; `content` is a file's bytes or a link's target."""

    mode: int
    content: bytes = b""


def file(content: bytes, mode: int = 0o644) -> Entry:
    """A regular file."""
    return Entry(stat.S_IFREG | mode, content)


def folder(mode: int = 0o755) -> Entry:
    """A directory."""
    return Entry(stat.S_IFDIR | mode)


def link(target: str) -> Entry:
    """A symbolic link."""
    return Entry(stat.S_IFLNK | 0o777, target.encode())


def archive(entries: Mapping[str, Entry]) -> bytes:
    """The archive of these paths (relative, no leading slash), owned by root, dated 1970, in a fixed order.

    Folders that are not named are added, each before what is in it.
    """
    complete: dict[str, Entry] = {}
    for path in sorted(entries):
        parts = path.split("/")
        for depth in range(1, len(parts)):
            parent = "/".join(parts[:depth])
            complete.setdefault(parent, entries.get(parent, folder()))
        complete[path] = entries[path]
    members = [_member(number, path, entry) for number, (path, entry) in enumerate(complete.items(), start=1)]
    return b"".join([*members, _member(0, _TRAILER, Entry(0))])


def _member(number: int, path: str, entry: Entry) -> bytes:
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (number, entry.mode, 0, 0, links, 0, len(entry.content), 0, 0, 0, 0, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % value for value in fields)
    return _padded(header + name) + _padded(entry.content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
