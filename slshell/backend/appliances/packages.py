"""Fetching distribution packages and what they depend on, without root and without installing them."""

from __future__ import annotations

import fnmatch
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from slshell.backend.appliances import tools
from slshell.backend.appliances.recipe import Packages
from slshell.model.errors import EngineFailed

_REFRESH = "refresh the package lists: sudo apt-get update"
_INSTALL_LINE = re.compile(r"^Inst (\S+) \((\S+) ")


def first_available(candidates: Iterable[str]) -> str:
    """The first of these packages that the host's package lists offer.

    Raises:
        EngineFailed: none is offered, or there are no lists.
    """
    wanted = list(candidates)
    for line_name, version in _candidates(wanted):
        if version != "(none)":
            return line_name
    raise EngineFailed(f"none of the packages {', '.join(wanted)} is known to this host", hint=_REFRESH)


def _candidates(wanted: list[str]) -> list[tuple[str, str]]:
    versions: dict[str, str] = {}
    name = ""
    for line in tools.run(["apt-cache", "policy", *wanted], hint=_REFRESH).splitlines():
        if line and not line.startswith(" "):
            name = line.rstrip(":")
        elif line.strip().startswith("Candidate:"):
            versions[name] = line.split(":", 1)[1].strip()
    return [(item, versions[item]) for item in wanted if item in versions]


def resolve(packages: Packages, architecture: str) -> list[tuple[str, str]]:
    """`(name, version)` of every package to fetch, dependencies too, as an empty system would need them.

    Raises:
        EngineFailed: a package is unknown or its dependencies cannot be met.
    """
    wanted = [first_available(packages.kernel), *packages.others]
    with tempfile.TemporaryDirectory(prefix="sls-apt-") as scratch:
        nothing_installed = Path(scratch, "status")
        nothing_installed.touch()
        listing = tools.run(
            [
                "apt-get", "-q", "--simulate", "--no-install-recommends",
                "-o", f"APT::Architecture={architecture}",
                "-o", f"Dir::State::status={nothing_installed}",
                "-o", f"Dir::State::extended_states={scratch}/extended_states",
                "-o", f"Dir::Cache={scratch}",
                "-o", "Debug::NoLocking=1",
                "install", *wanted,
            ],
            hint=_REFRESH,
        )  # fmt: skip
    found = [match.groups() for line in listing.splitlines() if (match := _INSTALL_LINE.match(line))]
    patterns = [*packages.others, *packages.kept]
    return [
        (name, version)
        for name, version in found
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    ]


def fetch(chosen: list[tuple[str, str]], cache: Path, say: Callable[[str], None]) -> list[Path]:
    """Have the packages' files in `cache`, checked by apt against the signed lists; other files there go.

    Raises:
        EngineFailed: the archive cannot be reached or no longer has this version.
    """
    cache.mkdir(parents=True, exist_ok=True)
    say(f"fetching {len(chosen)} packages of the distribution")
    tools.run(
        [
            "apt-get",
            "-q",
            "-o",
            "APT::Sandbox::User=",
            "download",
            *(f"{name}={version}" for name, version in chosen),
        ],
        cwd=cache,
        hint=f"check the network, then {_REFRESH}",
        timeout=900,
    )
    files = []
    for name, version in chosen:
        matches = sorted(cache.glob(f"{name}_{version.replace(':', '%3a')}_*.deb"))
        if not matches:
            raise EngineFailed(f"apt did not fetch {name} {version}", hint=_REFRESH)
        files.append(matches[0])
    for stale in set(cache.glob("*.deb")) - set(files):
        stale.unlink(missing_ok=True)
    return files


def unpack(files: Iterable[Path], target: Path) -> None:
    """Lay the content of the packages into `target`; their scripts are not run."""
    target.mkdir(parents=True, exist_ok=True)
    for file in files:
        tools.run(["dpkg-deb", "-x", str(file), str(target)])
