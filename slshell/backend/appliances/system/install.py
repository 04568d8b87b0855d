"""Installing a distribution's packages into an archive, without root, with mmdebstrap."""

from __future__ import annotations

import io
import os
import shlex
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from slshell.backend.appliances import packages, recipe, tools
from slshell.backend.appliances.recipe import Packages, SystemRecipe
from slshell.model.errors import EngineFailed

_RELEASE = Path("/etc/os-release")
_DATE = slice(24, 36)
"""Where a package's file says when it was made: the date of the first member of the archive that it is."""
_PATIENCE_S = 3600.0
"""Measured: 95 s on two processors that others use as well; a slow mirror may take its time."""


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A system as an archive, and what was found out on the way."""

    archive: Path
    moment: int
    """When the newest of its packages was made, seconds since 1970; what the build makes has this time."""
    boot_record: bytes
    boot_loader: bytes
    packages: str
    """Name and version of each, a line each."""


def install(plan: SystemRecipe, work: Path, cache: Path, say: Callable[[str], None]) -> Installed:
    """Install what the recipe wants, below the empty folder `work`; packages are kept in `cache`.

    The same packages give the same archive: mmdebstrap clamps times, and what chance makes is removed.

    Raises:
        EngineFailed: this host is of another distribution, or a tool or a package is missing.
    """
    sources = _sources(plan)
    wanted = Packages(kernel=["base-files"], others=plan.system.packages, kept=["*"])
    files = packages.fetch(packages.resolve(wanted, plan.architecture), cache, say)
    moment = max(_made_at(file) for file in files)
    _write_own_files(plan, work / "own.tar", moment)
    (work / "sources").write_text(sources)
    for name, units in (("enabled", plan.system.enabled), ("disabled", plan.system.disabled)):
        (work / name).write_text("".join(unit + "\n" for unit in units))
    scratch = work / "tmp"
    scratch.mkdir()
    say(f"installing {plan.title}: {len(files)} packages")
    with resources.as_file(resources.files(__package__) / "customize") as customize:
        tools.run(
            _command(plan, work, cache, customize),
            env=_proxies()
            | {"SOURCE_DATE_EPOCH": str(moment), "PYTHONHASHSEED": "0", "TMPDIR": str(scratch)},
            timeout=_PATIENCE_S,
            hint="check the network, then refresh the package lists: sudo apt-get update",
        )
    return Installed(
        archive=work / "system.tar",
        moment=moment,
        boot_record=(work / "boot.img").read_bytes(),
        boot_loader=(work / "core.img").read_bytes(),
        packages=(work / "packages").read_text(),
    )


def _command(plan: SystemRecipe, work: Path, cache: Path, customize: Path) -> list[str]:
    here, kept = shlex.quote(str(work)), shlex.quote(str(cache))
    return [
        "mmdebstrap", "--quiet", "--mode=fakechroot", "--variant=minbase", "--format=tar",
        f"--architectures={plan.architecture}", f"--include={','.join(plan.system.packages)}",
        '--aptopt=APT::Install-Recommends "false"',
        '--setup-hook=mkdir -p "$1/var/cache/apt/archives"',
        f"--setup-hook=sync-in {kept} /var/cache/apt/archives",
        f"--essential-hook=tar-in {here}/own.tar /",
        '--customize-hook=rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap"',
        f'--customize-hook=sh {shlex.quote(str(customize))} "$1" {here}',
        "", str(work / "system.tar"), str(work / "sources"),
    ]  # fmt: skip


def _sources(plan: SystemRecipe) -> str:
    """The host's own package sources, those of the distribution only."""
    release = dict(line.split("=", 1) for line in _RELEASE.read_text().splitlines() if "=" in line)
    found = release.get("ID", "").strip("\"'")
    if found != plan.system.distribution:
        raise EngineFailed(
            f"the appliance {plan.name} is made of {plan.system.distribution}'s packages, "
            f"and this host has those of {found or 'an unknown distribution'}",
            hint="import the distribution's own image instead: slshell import-image --help",
        )
    form = "$(REPO_URI)|$(CODENAME)|$(COMPONENT)|$(ORIGIN)"
    listed = tools.run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"])
    lines = []
    for line in dict.fromkeys(listed.splitlines()):
        address, suite, component, origin = line.split("|")
        if origin.lower() == plan.system.distribution:
            lines.append(f"deb {address} {suite} {component}\n")
    if not lines:
        raise EngineFailed(
            "this host has no lists of the distribution's packages", hint="sudo apt-get update"
        )
    return "".join(lines)


def _made_at(file: Path) -> int:
    with file.open("rb") as stream:
        head = stream.read(_DATE.stop)
    return int(head[_DATE].strip() or b"0")


def _write_own_files(plan: SystemRecipe, target: Path, moment: int) -> None:
    """The recipe's files as an archive, with its values in place of their names."""
    values = {"@UUID@": plan.system.uuid, "@COMMAND_LINE@": plan.command_line}
    with tarfile.open(target, "w") as archive:
        for path, content in sorted(recipe.own_files(plan.name).items()):
            text = content.decode()
            for name, value in values.items():
                text = text.replace(name, value)
            entry = tarfile.TarInfo(path)
            entry.size, entry.mtime = len(text.encode()), moment
            entry.mode = 0o755 if text.startswith("#!") else 0o644
            archive.addfile(entry, io.BytesIO(text.encode()))


def _proxies() -> dict[str, str]:
    """The proxies that apt uses here, for mmdebstrap does not read the host's settings."""
    found = {}
    for kind in ("http", "https"):
        if f"{kind}_proxy" not in os.environ:
            proxy = tools.run(["apt-config", "shell", "X", f"Acquire::{kind}::Proxy"]).strip()
            value = proxy.removeprefix("X=").strip("'")
            if value:
                found[f"{kind}_proxy"] = value
    return found
