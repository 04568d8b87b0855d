"""Both distributions carry every file of the package, and nothing that belongs to one machine."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support.shell import ROOT


def package_files() -> set[str]:
    """Every file of the package in the checkout, by its path from the root."""
    files = (path for path in (ROOT / "slshell").rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}


def names_in_wheel(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def names_in_sdist(sdist: Path) -> set[str]:
    with tarfile.open(sdist) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    assert package_files() - names_in_wheel(wheel) == set()


def test_the_sdist_holds_every_file_of_the_package(sdist: Path) -> None:
    assert package_files() - names_in_sdist(sdist) == set()


def test_the_files_that_code_reads_at_run_time_are_counted() -> None:
    kinds = {Path(name).suffix for name in package_files()}
    assert {".py", ".typed", ".toml", ".tcss"} <= kinds
    assert any("/migrations/versions/" in name for name in package_files())


def test_the_wheel_holds_only_the_package(wheel: Path) -> None:
    folders = {name.partition("/")[0] for name in names_in_wheel(wheel)}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == {"slshell"}


def test_what_makes_and_tests_the_program_travels_in_the_sdist(sdist: Path) -> None:
    wanted = {
        "Makefile",
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "requirements.lock",
        "pyproject.toml",
    }
    wanted |= {"scripts/setup.sh", "scripts/packages.txt", "tests/conftest.py", "docs/api.md"}
    assert wanted - names_in_sdist(sdist) == set()


@pytest.mark.parametrize("program", ["scripts/setup.sh", "scripts/find-uv.sh", ".ci/run"])
def test_programs_of_the_checkout_can_be_executed(program: str) -> None:
    listed = subprocess.run(["test", "-x", str(ROOT / program)], check=False)
    assert listed.returncode == 0


def test_an_executable_of_the_appliance_stays_executable_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        lost = [
            info.filename
            for info in archive.infolist()
            if (ROOT / info.filename).is_file()
            and (ROOT / info.filename).stat().st_mode & 0o100
            and not (info.external_attr >> 16) & 0o100
        ]
    assert lost == []
