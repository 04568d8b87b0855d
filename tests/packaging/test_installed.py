"""The wheel in an empty environment: a client alone, and one with the bundled cloud."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from slshell import __version__


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an installed program away from the checkout."""
    return subprocess.run([str(program), *arguments], cwd="/", capture_output=True, text=True, check=False)


def test_a_client_without_the_cloud_tells_its_version(client_only: Path) -> None:
    told = run(client_only / "slshell", "--version")
    assert told.returncode == 0, told.stderr
    assert __version__ in told.stdout


def test_a_client_without_the_cloud_has_no_libvirt(client_only: Path) -> None:
    told = run(client_only / "python", "-c", "import libvirt")
    assert "ModuleNotFoundError" in told.stderr


def test_a_client_without_the_cloud_shows_its_commands(client_only: Path) -> None:
    told = run(client_only / "slshell", "--help")
    assert told.returncode == 0, told.stderr
    assert {"run", "instances", "connect", "kill"} <= set(told.stdout.split())


def test_doctor_works_without_the_cloud_and_says_that_it_is_not_installed(client_only: Path) -> None:
    told = run(client_only / "slshell", "doctor", "-o", "json")
    report = json.loads(told.stdout)
    assert "libvirt" in json.dumps(report)
    assert "slshell[cloud]" in json.dumps(report)


def test_a_command_without_the_cloud_says_how_to_get_it(client_only: Path) -> None:
    told = run(client_only / "slshell", "instances")
    assert told.returncode == 2
    assert "slshell[cloud]" in told.stderr
    assert "Traceback" not in told.stderr


def test_the_back_end_starts_where_the_cloud_is_installed(with_cloud: Path) -> None:
    told = run(with_cloud / "python", "-m", "slshell.backend", "--help")
    assert told.returncode == 0, told.stderr
    assert "--home" in told.stdout


def test_the_installed_code_is_the_wheel_and_not_the_checkout(client_only: Path) -> None:
    told = run(client_only / "python", "-c", "import slshell; print(slshell.__file__)")
    assert told.stdout.startswith(str(client_only.parent))
