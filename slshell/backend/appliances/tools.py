"""The host's programs that building an appliance needs, and how they are run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from slshell.backend.appliances import keeper
from slshell.backend.images import stopping
from slshell.model.errors import EngineFailed

_KEEPER = Path(keeper.__file__)

TOOLS: dict[str, str] = {
    "apt-get": "apt",
    "apt-cache": "apt",
    "dpkg-deb": "dpkg",
    "mcopy": "mtools",
    "mkfs.fat": "dosfstools",
    "syslinux": "syslinux",
    "lz4": "lz4",
}
"""Program → the distribution package that has it; small appliances need all of these, none as root."""

_PACKAGES = TOOLS | {
    "mke2fs": "e2fsprogs",
    "debugfs": "e2fsprogs",
    "e2fsck": "e2fsprogs",
    "qemu-img": "qemu-utils",
}

MASTER_BOOT_RECORDS = (
    Path("/usr/lib/syslinux/mbr/mbr.bin"),
    Path("/usr/lib/SYSLINUX/mbr.bin"),
    Path("/usr/share/syslinux/mbr.bin"),
)
"""Where the boot code of the first sector may be; package `syslinux-common`."""

SYSTEM_FOLDERS = ("/usr/sbin", "/sbin")
"""Looked into as well, for an ordinary user's PATH lacks them."""


def find(tool: str) -> str | None:
    """Full path of a program, None when it is not installed."""
    return shutil.which(tool, path=_search_path())


def missing_packages(tools: Iterable[str] = tuple(TOOLS)) -> list[str]:
    """Distribution packages to install before an appliance can be built; empty when all is there."""
    wanted = set(tools)
    packages = {_PACKAGES.get(tool, tool) for tool in wanted if find(tool) is None}
    if "syslinux" in wanted and not any(path.is_file() for path in MASTER_BOOT_RECORDS):
        packages.add("syslinux-common")
    return sorted(packages)


def require_all(tools: Iterable[str] = tuple(TOOLS)) -> None:
    """Check that every program is there.

    Raises:
        EngineFailed: names the packages and the line that installs them.
    """
    packages = missing_packages(tools)
    if packages:
        raise EngineFailed(
            f"building an appliance needs programs that are not installed ({', '.join(packages)})",
            hint=f"sudo apt-get install {' '.join(packages)}",
            details={"packages": packages},
        )


def run(
    argv: list[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    hint: str = "",
    timeout: float = 300,
) -> str:
    """Run a program in the C locale and answer its standard output.

    Raises:
        EngineFailed: it is missing, failed or hung, with the last line it wrote. Stopped: the build was.
    """
    return said(argv, cwd=cwd, env=env, hint=hint, timeout=timeout)[0]


def said(
    argv: list[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    hint: str = "",
    timeout: float = 300,
) -> tuple[str, str]:
    """As `run`; answers standard output and standard error."""
    program = find(argv[0])
    if program is None:
        package = _PACKAGES.get(argv[0], argv[0])
        raise EngineFailed(f"{argv[0]} is not installed", hint=f"sudo apt-get install {package}")
    code, output, complaint = _kept([program, *argv[1:]], cwd, env, timeout)
    stopping.current().check()
    if code is None:
        raise EngineFailed(f"{argv[0]} did not finish within {timeout:.0f} s", hint=hint)
    if code != 0:
        lines = [line for line in (complaint or output).splitlines() if line.strip()]
        last = lines[-1].strip() if lines else f"exit status {code}"
        raise EngineFailed(f"{argv[0]} failed: {last}", hint=hint, details={"output": lines[-20:]})
    return output, complaint


def _kept(
    command: list[str], cwd: Path | None, env: Mapping[str, str] | None, timeout: float
) -> tuple[int | None, str, str]:
    """Exit status, output and complaints of a program; the status is None when its time was up.

    However this call ends, the program and all that it started have ended before.
    """
    theirs, ours = os.pipe()
    with os.fdopen(ours, "wb") as held:
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_KEEPER), *command],
                cwd=cwd,
                env={**os.environ, "LC_ALL": "C.UTF-8", "PATH": _search_path(), **(env or {})},
                stdin=theirs,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        finally:
            os.close(theirs)
        with process:
            try:
                with stopping.current().breakable(held.close):
                    output, complaint = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                return None, "", ""
            finally:
                # The keeper waits for this, and its end for the keeper.
                held.close()
    return process.returncode, output, complaint


def _search_path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS])
