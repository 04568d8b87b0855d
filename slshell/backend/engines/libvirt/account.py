"""The unprivileged account that the private daemon and its machines run under."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slshell.model.errors import EngineFailed


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account by number; `other` is true when it is not the one we run under ourselves."""

    name: str
    uid: int
    gid: int
    other: bool

    def owns(self, path: Path) -> None:
        """Give `path` to the account."""
        if self.other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def share(self, path: Path, mode: int) -> None:
        """Let the account's group use `path` with `mode`; it stays ours, so the account cannot swap it."""
        if self.other:
            os.chown(path, -1, self.gid, follow_symlinks=False)
        path.chmod(mode)

    def write(self, path: Path, text: str) -> None:
        """Make a file anew as the account itself, in a folder that it may change: root could be led astray.

        Raises:
            EngineFailed: the account cannot do it.
        """
        command = ["sh", "-c", 'mkdir -p "${1%/*}" && rm -f "$1" && cat >"$1"', "sh", str(path)]
        under: dict[str, Any] = (
            {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}
        )
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, check=False, cwd="/", umask=0o077, **under
        )
        if done.returncode != 0:
            raise EngineFailed(
                f"the account “{self.name}” cannot write {path}: {done.stderr.strip()}",
                hint="look at the folder's owner and the free disk space",
            )

    def can(self, test: str, path: Path) -> bool:
        """Whether the account can read (`-r`), write (`-w`) or enter (`-x`) `path`, as the kernel sees it."""
        command = ["test", test, str(path)]
        if self.other:
            done = subprocess.run(
                command, check=False, user=self.uid, group=self.gid, extra_groups=[], cwd="/"
            )
        else:
            done = subprocess.run(command, check=False)
        return done.returncode == 0


def account_for(name: str | None) -> Account:
    """The account to run machines under: `name` when we are root, else (or without a name) our own.

    Raises:
        EngineFailed: we are root and there is no such account, or it is root itself.
    """
    uid = os.geteuid()
    if uid != 0 or name is None:
        return Account(name=_name_of(uid), uid=uid, gid=os.getegid(), other=False)
    try:
        entry = pwd.getpwnam(name)
    except KeyError as error:
        raise EngineFailed(
            f"there is no account “{name}” to run machines under",
            hint="set the engine's account to an unprivileged one of this host",
        ) from error
    if entry.pw_uid == 0:
        raise EngineFailed(
            "machines are not run as root", hint="set the engine's account to an unprivileged one"
        )
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, other=True)


def groups_for_kvm(account: Account) -> list[int]:
    """The further group that lets the account open /dev/kvm; empty when that takes none, or cannot help."""
    device = Path("/dev/kvm")
    if not account.other or not device.exists():
        return []
    status = device.stat()
    return [status.st_gid] if status.st_gid != 0 and status.st_mode & 0o060 == 0o060 else []


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
