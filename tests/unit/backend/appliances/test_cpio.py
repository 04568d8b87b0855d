"""The archive that Linux takes as its first file system."""

from __future__ import annotations

import stat

from slshell.backend.appliances import cpio


def members(data: bytes) -> dict[str, tuple[int, bytes]]:
    """Path → (mode, content), read as the kernel's documentation describes the format."""
    found: dict[str, tuple[int, bytes]] = {}
    offset = 0
    while True:
        assert data[offset : offset + 6] == b"070701"
        fields = [int(data[offset + 6 + 8 * n : offset + 14 + 8 * n], 16) for n in range(13)]
        mode, owner, group, time, size, name_size = (fields[n] for n in (1, 2, 3, 5, 6, 11))
        assert (owner, group, time) == (0, 0, 0)
        start = offset + 110
        name = data[start : start + name_size - 1].decode()
        content = (start + name_size + 3) // 4 * 4
        if name == "TRAILER!!!":
            return found
        found[name] = (mode, data[content : content + size])
        offset = (content + size + 3) // 4 * 4


def test_files_folders_and_links_keep_mode_and_content() -> None:
    read = members(
        cpio.archive(
            {"init": cpio.link("/bin/busybox"), "etc/x": cpio.file(b"abc", 0o755), "root": cpio.folder(0o700)}
        )
    )
    assert read["init"] == (stat.S_IFLNK | 0o777, b"/bin/busybox")
    assert read["etc/x"] == (stat.S_IFREG | 0o755, b"abc")
    assert read["root"] == (stat.S_IFDIR | 0o700, b"")


def test_folders_come_before_what_is_in_them_and_keep_their_own_mode() -> None:
    entries = {"a/b/c": cpio.file(b""), "a-z": cpio.file(b""), "a": cpio.folder(0o700)}
    read = members(cpio.archive(entries))
    assert list(read).index("a") < list(read).index("a/b") < list(read).index("a/b/c")
    assert read["a"][0] == stat.S_IFDIR | 0o700
    assert read["a/b"][0] == stat.S_IFDIR | 0o755


def test_the_order_of_naming_does_not_matter() -> None:
    entries = {"b": cpio.file(b"2"), "a": cpio.file(b"1")}
    assert cpio.archive(entries) == cpio.archive(dict(reversed(entries.items())))
