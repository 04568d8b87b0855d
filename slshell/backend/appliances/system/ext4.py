"""Making an ext4 file system of a tar archive, without root and without mounting; the same bytes each time.

`mke2fs -d` takes times and the order of names from the host, so the files are laid in by debugfs instead,
in the archive's order and with the archive's owners, modes and times.
"""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from slshell.backend.appliances import tools
from slshell.model.errors import EngineFailed

_SETTINGS = """\
[defaults]
    base_features = sparse_super,large_file,filetype,resize_inode,dir_index,ext_attr
    default_mntopts = acl,user_xattr
    enable_periodic_fsck = 0
    blocksize = 4096
    inode_size = 256
    inode_ratio = 16384
[fs_types]
    ext4 = {
        features = has_journal,extent,huge_file,flex_bg,metadata_csum,64bit,dir_nlink,extra_isize
    }
"""
"""The host's own settings would make another file system on another host."""
_NO_ROOM = "make the disk of the recipe larger, or free disk space"
_PATIENCE_S = 1800.0
"""Measured: 20 s for debian's files; a slow disk that others use as well may take its time."""


def make(archive: Path, target: Path, *, size_bytes: int, uuid: str, moment: int, work: Path) -> None:
    """Write the new file `target` with the archive's content; devices are left out, the kernel makes them.

    `moment` is the time (seconds since 1970) that the file system and what the archive does not date has;
    `work` is an empty folder, which needs as much room as the content.

    Raises:
        EngineFailed: a tool is missing or failed, or the content does not fit.
    """
    settings = work / "mke2fs.conf"
    settings.write_text(_SETTINGS)
    environment = {"MKE2FS_CONFIG": str(settings), "E2FSPROGS_FAKE_TIME": str(moment)}
    with target.open("wb") as file:
        file.truncate(size_bytes)
    extended = f"hash_seed={uuid},lazy_itable_init=0,lazy_journal_init=0,nodiscard,root_owner=0:0"
    tools.run(["mke2fs", "-q", "-F", "-t", "ext4", "-U", uuid, "-E", extended, str(target)], env=environment)
    script = work / "script"
    with (
        script.open("w", encoding="utf-8", errors="surrogateescape") as lines,
        tarfile.open(archive) as content,
    ):
        _Script(lines, content, work).write()
    _run(script, target, environment)
    tools.run(["e2fsck", "-fn", str(target)], env=environment, hint="this is a mistake in the builder")


class _Script:
    """The commands for debugfs that lay in what an archive holds."""

    def __init__(self, lines: TextIO, content: tarfile.TarFile, work: Path) -> None:
        self._lines = lines
        self._content = content
        self._work = work
        self._folder = ""

    def write(self) -> None:
        """All of them; attributes last, for laying in a name changes the times of its folder."""
        members = list(self._members())
        links = Counter(_path(member.linkname) for _, member in members if member.islnk())
        for number, (path, member) in enumerate(members):
            self._lay_in(number, path, member)
        for path, member in members:
            if not member.islnk():
                self._describe(path, member, links[path])

    def _members(self) -> Iterator[tuple[str, tarfile.TarInfo]]:
        for member in self._content:
            path = _path(member.name)
            if '"' in path or "\n" in path or '"' in member.linkname or "\n" in member.linkname:
                raise EngineFailed(f"a package holds a file whose name cannot be: {path!r}")
            if member.isfile() or member.isdir() or member.issym() or member.islnk():
                yield path, member

    def _lay_in(self, number: int, path: str, member: tarfile.TarInfo) -> None:
        folder, _, name = path.rpartition("/")
        if not name:
            return
        if folder != self._folder:
            self._say(f'cd "{folder or "/"}"')
            self._folder = folder
        if member.isdir():
            self._say(f'mkdir "{name}"')
        elif member.issym():
            self._say(f'symlink "{name}" "{member.linkname}"')
        elif member.islnk():
            self._say(f'ln "{_path(member.linkname)}" "{name}"')
        else:
            source = self._work / str(number)
            stream = self._content.extractfile(member)
            if stream is None:
                raise EngineFailed(f"the archive does not hold {path}")
            with stream, source.open("wb") as file:
                while block := stream.read(1 << 20):
                    file.write(block)
            self._say(f'write "{source}" "{name}"')

    def _describe(self, path: str, member: tarfile.TarInfo, links: int) -> None:
        shown = path or "/"
        kind = 0o040000 if member.isdir() else 0o120000 if member.issym() else 0o100000
        self._say(f'sif "{shown}" mode 0{kind | member.mode:o}')
        for field, value in (("uid", member.uid), ("gid", member.gid)):
            if value:
                self._say(f'sif "{shown}" {field} {value}')
        if links:
            self._say(f'sif "{shown}" links_count {links + 1}')
        self._say(f'sif "{shown}" mtime @{int(member.mtime)}')

    def _say(self, line: str) -> None:
        self._lines.write(line + "\n")


def _path(name: str) -> str:
    return "/" + name.removeprefix("./").strip("/") if name.strip("./") else ""


def _run(script: Path, target: Path, environment: dict[str, str]) -> None:
    """Run the commands; debugfs goes on after one that failed, and only its words tell."""
    _, words = tools.said(
        ["debugfs", "-w", "-f", str(script), str(target)], env=environment, hint=_NO_ROOM, timeout=_PATIENCE_S
    )
    said = [line for line in words.splitlines() if line.strip()]
    complaints = [line for line in said if not line.startswith("debugfs ")]
    if complaints:
        raise EngineFailed(
            f"the file system cannot be filled: {complaints[0]}",
            hint=_NO_ROOM,
            details={"output": complaints[-20:]},
        )
