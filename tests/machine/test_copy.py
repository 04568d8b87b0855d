"""Files into a real machine and back, with SFTP and without, as a user copies them."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from tests.support.shell import Shell

pytestmark = pytest.mark.machine

LARGE = 100 * 1000 * 1000
SMALLER = LARGE // 10
"""Each byte costs the same on both ways: nearly all is the emulated guest's cryptography."""
PATIENCE_S = 900.0


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.timeout(900)
def test_100_mb_both_ways_with_sftp_and_without(shell: Shell, tmp_path: Path) -> None:
    shell(
        "run", "ttylinux", "--name", "one", "--type", "m1.xlarge", "--wait", "--for", "reachable", "--quiet"
    )
    for way, size in (("sftp", LARGE), ("plain", SMALLER)):
        sent, back = shell.home / f"{way}.bin", shell.home / f"{way}.back"
        with sent.open("wb") as file:
            for _ in range(100):
                file.write(os.urandom(size // 100))
        wanted = digest(sent)
        done = shell("copy", str(sent), "one:", "-o", "json", timeout_s=PATIENCE_S)
        [told] = json.loads(done.stdout)
        assert (told["files"], told["bytes"], told["checked"]) == (1, size, "sha256")
        if size == SMALLER:
            there = shell("connect", "one", "--", f"sha256sum {sent.name}").stdout
            assert there.split()[0] == wanted
        shell("copy", f"one:{sent.name}", str(back), timeout_s=PATIENCE_S)
        assert digest(back) == wanted
        shell("connect", "one", "--", f"rm -f {sent.name} /usr/lib/openssh/sftp-server")
    assert shell("connect", "one", "--", "ls -A").stdout.split() == [".ssh"]

    folder = shell.home / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "script").write_text("#!/bin/sh\necho copied\n")
    (folder / "sub" / "script").chmod(0o755)
    (folder / "link").symlink_to("sub/script")
    shell("copy", str(folder), "one:")
    assert shell("connect", "one", "--", "folder/link").stdout == "copied\n"
    shell("copy", "one:folder", str(shell.home / "again"))
    about = (shell.home / "again" / "sub" / "script").stat()
    assert (about.st_mode & 0o777, int(about.st_mtime)) == (
        0o755,
        int((folder / "sub" / "script").stat().st_mtime),
    )
    assert (shell.home / "again" / "link").readlink() == Path("sub/script")
    shell("kill", "one", "--yes", "--wait")
