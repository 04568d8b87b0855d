"""The file system of a whole system: the same archive gives the same bytes, whoever makes it and where."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from slshell.backend.appliances import tools
from tests.support.folders import SessionFolder
from tests.support.shell import Account

MOMENT = 1_700_000_000
MAKE = f"""
import os, sys
from pathlib import Path
from slshell.backend.appliances.system import ext4
os.umask(int(sys.argv[1], 8))
here = Path(sys.argv[2])
(here / "work").mkdir()
ext4.make(here.parent / "system.tar", here / "made", size_bytes=16 << 20,
          uuid="6f1c2f0e-58f2-4f0e-9a2d-0f5b7d1c3e11", moment={MOMENT}, work=here / "work")
"""


@pytest.fixture
def shared(session_folder: SessionFolder) -> Path:
    """A folder that everybody may read, with an archive of each kind of entry."""
    for name in ("mke2fs", "debugfs", "e2fsck"):
        if tools.find(name) is None:
            pytest.skip(f"{name} is not installed")
    folder = session_folder.new()
    folder.chmod(0o755)
    with tarfile.open(folder / "system.tar", "w") as archive:
        for name, kind, owner, mode in (
            (".", tarfile.DIRTYPE, 0, 0o755),
            ("./home", tarfile.DIRTYPE, 1000, 0o700),
            ("./home/file", tarfile.REGTYPE, 1000, 0o4640),
            ("./home/also", tarfile.LNKTYPE, 1000, 0o4640),
            ("./link", tarfile.SYMTYPE, 0, 0o777),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.uid, entry.gid, entry.mode, entry.mtime = kind, owner, owner, mode, MOMENT - 60
            if kind == tarfile.LNKTYPE:
                entry.linkname = "./home/file"
            elif kind == tarfile.SYMTYPE:
                entry.linkname = "home/file"
            content = b"x" * 70_000 if kind == tarfile.REGTYPE else b""
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    (folder / "system.tar").chmod(0o644)
    return folder


def made(program: Path, shared: Path, name: str, account: Account, umask: str) -> bytes:
    """The file system as this account makes it, in a folder of its own of another depth and time."""
    folder = shared / name
    folder.mkdir()
    arguments = account.process_arguments()
    if arguments:
        folder.chmod(0o777)
    python = str(program.with_name("python"))
    subprocess.run([python, "-c", MAKE, umask, str(folder)], check=True, cwd="/", **arguments)
    return (folder / "made").read_bytes()


def test_the_same_archive_gives_the_same_bytes_to_every_account_and_in_every_folder(
    shared: Path, reachable_program: Path
) -> None:
    first = made(reachable_program, shared, "a", Account.ourselves(), "022")
    assert made(reachable_program, shared, "a-longer-name", Account.ordinary(), "077") == first
    assert first.count(MOMENT.to_bytes(4, "little")) > 0
