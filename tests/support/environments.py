"""Virtual environments made for a test, from the packages that the set-up has fetched; no network."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.shell import ROOT

UV = Path(sys.executable).with_name("uv")
NAME = "slshell"


def requirements(*extras: str) -> list[str]:
    """`name==version` of all that the distribution needs with these extras, as installed here."""
    chosen: dict[str, str] = {}
    waiting = [(NAME, frozenset(extras))]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        distribution = metadata.distribution(name)
        chosen[name] = f"{name}=={distribution.version}"
        for text in distribution.requires or []:
            needed = Requirement(text)
            if needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in ("", *wanted)
            ):
                waiting.append((canonicalize_name(needed.name), frozenset(needed.extras)))
    return sorted(line for name, line in chosen.items() if name != NAME)


def empty_environment(folder: Path) -> Path:
    """A new virtual environment with nothing in it; answers its Python."""
    uv("venv", "--quiet", "--python", str(_base_python()), str(folder))
    return folder / "bin" / "python"


def install(python: Path, *what: str) -> None:
    """Install exactly these things, without what they depend on."""
    uv("pip", "install", "--quiet", "--no-deps", "--python", str(python), *what)


def copied_environment(folder: Path) -> Path:
    """An environment like the one that runs the tests, with a copy of the code instead of the checkout."""
    python = empty_environment(folder)
    install(python, *requirements("cloud", "postgres"), str(built("wheel", folder)))
    return folder


def built(kind: str, folder: Path) -> Path:
    """Build the `wheel` or the `sdist` of the checkout below `folder`; answers the file."""
    target = folder / f"dist-{kind}"
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    (file,) = [path for path in target.iterdir() if path.name != ".gitignore"]
    return file


def uv(*arguments: str) -> str:
    """Run uv on what the set-up left in its cache; its error output is in the failure."""
    done = subprocess.run(
        [str(UV), "--offline", *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, f"uv {arguments}: {done.stderr}\nTry: make clean setup"
    return done.stdout


def _base_python() -> Path:
    return Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
