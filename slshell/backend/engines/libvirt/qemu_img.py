"""Running qemu-img as the machines' account: it ends with us, tells how far it is, and fails in words."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slshell.backend.engines.libvirt.account import Account
from slshell.backend.engines.libvirt.errors import typed_text
from slshell.backend.engines.volumes import Say
from slshell.model.errors import EngineFailed

SHORT_S = 60.0
"""Making an overlay takes 20 ms; a minute means that the disk hangs."""
_PERCENT = re.compile(rb"\((\d+)\.\d+/100%\)")
_CHUNK = 4096


@dataclass(frozen=True, kw_only=True)
class QemuImg:
    """qemu-img under an account; files that it makes belong to that account."""

    account: Account

    def run(self, doing: str, *arguments: str, limit_s: float | None = SHORT_S) -> str:
        """One call, which is short unless `limit_s` is None; answers what it wrote.

        Raises:
            NoCapacity, Conflict, EngineFailed: with qemu-img's words.
        """
        try:
            done = subprocess.run(
                _command(arguments),
                check=False, capture_output=True, text=True, errors="replace", timeout=limit_s,
                cwd="/", umask=0o077, **self._under(),
            )  # fmt: skip
        except FileNotFoundError as error:
            raise _missing(doing) from error
        except subprocess.TimeoutExpired as error:
            raise EngineFailed(f"cannot {doing}: qemu-img hangs", hint="is the disk well?") from error
        if done.returncode != 0:
            raise typed_text(done.stderr or f"qemu-img ended with {done.returncode}", doing)
        return str(done.stdout)

    def convert(self, doing: str, word: str, say: Say, *arguments: str, inputs: Sequence[int] = ()) -> None:
        """`qemu-img convert` with these arguments, however long it takes; `say` is told `word N %`.

        `inputs` are descriptors that it may open as `/dev/fd/N`.

        Raises:
            NoCapacity, Conflict, EngineFailed: with qemu-img's words.
        """
        with tempfile.TemporaryFile() as complaints:
            try:
                process = subprocess.Popen(
                    _command(["convert", "-p", *arguments]),
                    stdout=subprocess.PIPE, stderr=complaints, stdin=subprocess.DEVNULL,
                    cwd="/", umask=0o077, pass_fds=tuple(inputs), **self._under(),
                )  # fmt: skip
            except FileNotFoundError as error:
                raise _missing(doing) from error
            with process:
                try:
                    _tell(process, word, say)
                except BaseException:
                    # Who is told may break it off.
                    process.kill()
                    raise
            if process.returncode != 0:
                complaints.seek(0)
                words = complaints.read().decode(errors="replace")
                raise typed_text(words or f"qemu-img ended with {process.returncode}", doing)

    def _under(self) -> dict[str, Any]:
        if not self.account.other:
            return {}
        return {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}


def _command(arguments: Sequence[str]) -> list[str]:
    # Without this a long copy would go on after the daemon was killed, beside the one that begins anew.
    return ["setpriv", "--pdeathsig", "KILL", "qemu-img", *arguments]


def _tell(process: subprocess.Popen[bytes], word: str, say: Say) -> None:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    told = b""
    while chunk := process.stdout.read1(_CHUNK):  # type: ignore[attr-defined]
        found = _PERCENT.findall(chunk)
        if found and found[-1] != told:
            told = found[-1]
            say(f"{word} {told.decode()} %")


def _missing(doing: str) -> EngineFailed:
    return EngineFailed(f"cannot {doing}: qemu-img or setpriv is missing", hint="apt install qemu-utils")


def size_on_disk(path: Path) -> int:
    """Bytes that a file takes, holes left out; symlinks are not followed."""
    return path.lstat().st_blocks * 512
