"""Files into a real machine and back, with SFTP and without, as a user copies them."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from tests.support.shell import Shell

pytestmark = pytest.mark.machine

SIZE = 100 * 1000 * 1000
PATIENCE_S = 900.0


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.timeout(900)
def test_100_mb_both_ways_with_sftp_and_without(shell: Shell, tmp_path: Path) -> None:
    shell(
        "run", "ttylinux", "--name", "one", "--type", "m1.xlarge", "--wait", "--for", "reachable", "--quiet"
    )
    large = shell.home / "large.bin"
    with large.open("wb") as file:
        for _ in range(100):
            file.write(os.urandom(SIZE // 100))
    wanted = digest(large)
    for back in ("sftp.bin", "plain.bin"):
        done = shell("copy", str(large), "one:", "-o", "json", "--force", timeout_s=PATIENCE_S)
        [told] = json.loads(done.stdout)
        assert (told["files"], told["bytes"], told["checked"]) == (1, SIZE, "sha256")
        there = shell("connect", "one", "--", "sha256sum large.bin").stdout
        assert there.split()[0] == wanted
        shell("copy", "one:large.bin", str(shell.home / back), timeout_s=PATIENCE_S)
        assert digest(shell.home / back) == wanted
        shell("connect", "one", "--", "rm -f large.bin /usr/lib/openssh/sftp-server")
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
