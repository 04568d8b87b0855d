"""Runs the real `slshell` the way a user does: another process, its own home, its own data folder."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import processes
from tests.support.folders import SessionFolder

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).with_name("slshell")
FOREIGN = ("SLSHELL_", "STRATUSLAB_", "XDG_", "LIBVIRT_", "VIRSH_")


@dataclass(frozen=True)
class Account:
    """Who runs the program."""

    uid: int
    gid: int

    @classmethod
    def ourselves(cls) -> Account:
        """The account that runs the tests."""
        return cls(os.geteuid(), os.getegid())

    @classmethod
    def ordinary(cls) -> Account:
        """An account without rights: `nobody` when the tests run as root, else the one that runs them."""
        if os.geteuid() != 0:
            return cls.ourselves()
        entry = pwd.getpwnam("nobody")
        return cls(entry.pw_uid, entry.pw_gid)

    def process_arguments(self) -> dict[str, Any]:
        """What `subprocess` needs to start a process as this account."""
        if self == Account.ourselves():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def environment(home: Path, data: Path, appliances: Path) -> dict[str, str]:
    """Our environment without anything that could lead to the settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return kept | {
        "HOME": str(home),
        "SLSHELL_HOME": str(data),
        "SLSHELL_CONFIG": str(home / "config"),
        "SLSHELL_APPLIANCES": str(appliances),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_COLOR": "1",
        "COLUMNS": "120",
    }


@dataclass(frozen=True)
class Shell:
    """One user's view: `shell("instances", "-o", "json")` runs `slshell instances -o json`."""

    account: Account
    home: Path
    data: Path
    appliances: Path
    program: Path = PROGRAM

    @classmethod
    def make(
        cls, folder: SessionFolder, account: Account, appliances: Path, program: Path = PROGRAM
    ) -> Shell:
        """A user with a new home and a new data folder; `appliances` is the folder of built ones."""
        own = folder.new(account.uid)
        home, data = own / "h", own / "d"
        for made in (home, data):
            made.mkdir()
            made.chmod(0o711)
            os.chown(made, account.uid, account.gid)
        return cls(account, home, data, appliances, program)

    @property
    def environment(self) -> dict[str, str]:
        """The environment that the program gets."""
        return environment(self.home, self.data, self.appliances)

    def __call__(
        self,
        *arguments: str,
        stdin: str = "",
        timeout_s: float = 120,
        expect: int | None = 0,
        extra: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end.

        `expect` is the exit status that is right, None for any; another one fails the test with all output.
        """
        done = subprocess.run(
            [str(self.program), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            cwd="/",
            env=self.environment | dict(extra or {}),
            check=False,
            **self.account.process_arguments(),
        )
        if expect is not None:
            assert done.returncode == expect, (
                f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        return done

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start one command and let it run; the test ends it."""
        return subprocess.Popen(
            [str(self.program), *arguments],
            text=True,
            cwd="/",
            env=self.environment,
            **{**self.account.process_arguments(), **options},
        )


def emptied(user: Shell) -> Iterator[Shell]:
    """The user, for a fixture: when the generator ends, nothing of theirs may run any more."""
    yield user
    if (user.data / "daemon.json").exists():
        user("cloud", "down", "--all", "--yes", expect=None)
    left = processes.wait_until_gone([user.data], processes.END_S)
    processes.kill(left)
    assert not left, f"`cloud down --all` left processes behind: {left}"
