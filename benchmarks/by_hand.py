"""The machine that libvirt started, started again by hand with the same QEMU options."""

from __future__ import annotations

import json
import os
import pwd
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CONTROL = {"-mon", "-add-fd"}
"""Options by which libvirt holds the process, each with one value; they are no part of the machine."""


@dataclass(frozen=True)
class Recipe:
    """How to start the machine: QEMU's command with `folder` where the machine's own files were."""

    command: tuple[str, ...]
    account: str
    files: Path
    """The files a machine has before its first start."""


def recipe_of(log: Path, machine: Path, account: str, files: Path) -> Recipe:
    """The recipe of a machine that libvirt has started, from its log; `machine` is its folder.

    `files` gets copies of what is not an overlay: the swap disk and the context disc.
    """
    words = _command_in(log.read_text())
    for name in ("context.iso", "swap.raw"):
        subprocess.run(["cp", "--sparse=always", machine / name, files / name], check=True)
    return Recipe(tuple(_adapted(words, str(machine))), account, files)


@dataclass(frozen=True)
class Started:
    """A running QEMU and when it was started, on the monotonic clock."""

    process: subprocess.Popen[bytes]
    at: float


@contextmanager
def started(recipe: Recipe, folder: Path, port: int) -> Iterator[Started]:
    """QEMU with fresh disks in `folder`, SSH forwarded from `127.0.0.1:port`; killed at the end."""
    user = pwd.getpwnam(recipe.account) if os.geteuid() == 0 else None
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["cp", "-r", "--sparse=always", str(recipe.files), str(folder)], check=True)
    _make_overlay(folder / "root.qcow2", _backing_of(recipe.command))
    if user is not None:
        for path in (folder, *folder.iterdir()):
            os.chown(path, user.pw_uid, user.pw_gid)
    command = [word.replace("@FOLDER@", str(folder)).replace("@PORT@", str(port)) for word in recipe.command]
    options: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    with (folder / "qemu.log").open("wb") as log:
        at = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **options
        )
    try:
        yield Started(process, at)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def _command_in(log: str) -> list[str]:
    """The last command in libvirt's log of a machine, without the variables before it."""
    start = log.rindex("starting up")
    lines = log[start:].splitlines()[1:]
    text = []
    for line in lines:
        text.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            break
    words = shlex.split(" ".join(text))
    first = next(place for place, word in enumerate(words) if "qemu" in word and "=" not in word)
    return words[first:]


def _adapted(words: list[str], machine: str) -> Iterator[str]:
    """The command without libvirt's control channels, with a forward to SSH and the console in a file."""
    yield words[0]
    rest = iter(words[1:])
    for option in rest:
        # libvirt starts the machine paused and lets it go by its monitor.
        if option == "-S":
            continue
        value = next(rest) if _takes_value(option) else None
        if option in _CONTROL or "masterKey" in (value or "") or "id=charmonitor" in (value or ""):
            continue
        yield option
        if option == "-netdev":
            yield "user,id=hostnet0,hostfwd=tcp:127.0.0.1:@PORT@-:22"
        elif option == "-chardev":
            yield "file,id=charserial0,path=@FOLDER@/console.log"
        elif value is not None:
            yield value.replace(machine, "@FOLDER@")


def _takes_value(option: str) -> bool:
    return option not in {"-no-user-config", "-nodefaults", "-no-shutdown"}


def _backing_of(command: tuple[str, ...]) -> str:
    """The image below the overlay: the only block device that is a file outside the machine's folder."""
    for word in command:
        if word.startswith('{"driver":"file"'):
            file = str(json.loads(word)["filename"])
            if "@FOLDER@" not in file:
                return file
    raise RuntimeError("the command line names no image below the overlay")


def _make_overlay(path: Path, image: str) -> None:
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image, str(path)]
    subprocess.run(command, check=True)
