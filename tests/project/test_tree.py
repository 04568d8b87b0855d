"""What a stranger finds in the tree: documents that agree with the code, and nothing of one machine."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.shell import ROOT

REGISTRIES = ("pypi" + ".org", "python" + "hosted", "test" + ".pypi", "dev" + "pi", "artifact" + "ory")
MACHINE_PATHS = ("/work" + "/",)


def tracked() -> list[Path]:
    """The files of the project: those that git knows, or all of them in an unpacked sdist."""
    listed = subprocess.run(
        [
            "git",
            "-c",
            f"safe.directory={ROOT}",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listed.stdout.split("\0") if listed.returncode == 0 else []
    files = [ROOT / name for name in names if name] or list(ROOT.rglob("*"))
    return [path for path in files if path.is_file() and ".venv" not in path.parts]


def lines_with(words: tuple[str, ...]) -> list[str]:
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            if any(word in line for word in words):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    return found


def declared() -> set[str]:
    """The names of every Python package that the project asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    texts = list(project["project"]["dependencies"])
    for group in (
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ):
        texts += group
    build = (ROOT / "scripts" / "requirements-build.in").read_text().splitlines()
    texts += project["build-system"]["requires"] + [line for line in build if not line.startswith("#")]
    return {Requirement(text).name for text in texts}


def test_no_file_names_a_package_registry() -> None:
    assert lines_with(REGISTRIES) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert lines_with(MACHINE_PATHS) == []


def test_no_file_is_large() -> None:
    large = {
        str(path.relative_to(ROOT)): path.stat().st_size
        for path in tracked()
        if path.stat().st_size > 512 << 10
    }
    assert large == {}


@pytest.mark.parametrize("command", ["make run", "make test"])
def test_the_readme_shows_the_two_commands_on_its_first_screen(command: str) -> None:
    assert command in "\n".join((ROOT / "README.md").read_text().splitlines()[:40])


def test_every_dependency_says_what_it_is_for() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text()
    described = set(re.findall(r"^\| `([A-Za-z0-9._-]+)` \| \S", text, re.MULTILINE))
    assert declared() - described == set()
    assert described - declared() == set()


def test_links_between_documents_lead_to_files() -> None:
    broken = []
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            if not (document.parent / target).exists():
                broken.append(f"{document.name}: {target}")
    assert broken == []


def test_make_says_what_can_be_made() -> None:
    told = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"setup", "run", "test", "lint", "lock"} <= set(told.stdout.split())
