"""The set-up: exact, repeatable, and silent when there is nothing to do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.shell import ROOT, Account

LIST_LINE = re.compile(r"^[a-z0-9][a-z0-9.+-]+\??: \S.*$")


def script(
    folder: Path, name: str, *arguments: str, account: Account | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a set-up script of a checkout, without a terminal."""
    return subprocess.run(
        ["bash", str(folder / "scripts" / name), *arguments],
        env=os.environ | environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **(account.process_arguments() if account else {}),
    )


@pytest.fixture
def checkout(short_folder: Path) -> Path:
    """The parts of a checkout that the set-up reads, elsewhere."""
    for name in ("requirements.lock", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, short_folder)
    shutil.copytree(ROOT / "scripts", short_folder / "scripts")
    return short_folder


@pytest.mark.parametrize("name", ["packages.txt", "packages-test.txt"])
def test_every_system_package_has_a_reason(name: str) -> None:
    lines = [line for line in (ROOT / "scripts" / name).read_text().splitlines() if not line.startswith("#")]
    assert lines
    assert [line for line in lines if not LIST_LINE.match(line)] == []


def test_the_programs_that_build_appliances_are_among_the_packages() -> None:
    from slshell.backend.appliances import tools

    listed = {line.partition(":")[0] for line in (ROOT / "scripts" / "packages.txt").read_text().splitlines()}
    assert set(tools.TOOLS.values()) - listed - {"apt", "dpkg"} == set()


def test_a_missing_package_is_named_with_its_reason_and_the_command_to_run(checkout: Path) -> None:
    (checkout / "scripts" / "packages.txt").write_text("slshell-no-such-package: to be missed\n")
    sudo = checkout / "bin" / "sudo"
    sudo.parent.mkdir()
    sudo.write_text("#!/bin/sh\nexit 1\n")
    sudo.chmod(0o755)
    path = f"{sudo.parent}:{os.environ['PATH']}"
    told = script(
        checkout, "system-packages.sh", "scripts/packages.txt", account=Account.ordinary(), PATH=path
    )
    assert told.returncode == 1
    assert "slshell-no-such-package: to be missed" in told.stderr
    assert "apt-get install -y --no-install-recommends slshell-no-such-package" in told.stderr


def test_a_package_that_the_distribution_lacks_is_passed_over_where_that_is_said(checkout: Path) -> None:
    (checkout / "scripts" / "packages.txt").write_text(
        "bash: is there\nslshell-no-such-package?: to be missed\n"
    )
    told = script(checkout, "system-packages.sh", "scripts/packages.txt")
    assert (told.returncode, told.stderr) == (0, "")


def test_a_system_without_apt_is_told_what_to_install_and_how_to_go_on(checkout: Path) -> None:
    tools = checkout / "bin"
    tools.mkdir()
    for name in ("bash", "sed", "awk", "cut"):
        (tools / name).symlink_to(str(shutil.which(name)))
    told = script(checkout, "system-packages.sh", "scripts/packages.txt", PATH=str(tools))
    assert told.returncode == 1
    assert "qemu-system-x86: runs the machines" in told.stderr
    assert "SLSHELL_SKIP_SYSTEM_PACKAGES=1" in told.stderr
    skipped = script(
        checkout,
        "system-packages.sh",
        "scripts/packages.txt",
        PATH=str(tools),
        SLSHELL_SKIP_SYSTEM_PACKAGES="1",
    )
    assert skipped.returncode == 0


def test_a_set_up_makes_the_program_and_a_second_one_is_silent(checkout: Path) -> None:
    shutil.copytree(ROOT / "slshell", checkout / "slshell")
    first = script(checkout, "setup.sh", UV_OFFLINE="1")
    assert first.returncode == 0, first.stderr
    assert (checkout / ".venv" / "bin" / "slshell").exists()
    second = script(checkout, "setup.sh", UV_OFFLINE="1")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_a_checkout_of_another_account_is_refused_with_the_remedy(checkout: Path) -> None:
    if os.geteuid() != 0:
        checkout.chmod(0o555)
    told = script(checkout, "python-env.sh", account=Account.ordinary())
    checkout.chmod(0o755)
    assert told.returncode == 1
    assert "belongs to another account" in told.stderr
    assert "chown" in told.stderr


def test_the_lock_names_no_index_and_has_a_hash_for_every_package() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", text.strip())[1:]
    assert len(entries) > 50
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_holds_every_dependency_of_the_project() -> None:
    from tests.support.environments import requirements

    locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    needed = {line.partition("==")[0] for line in requirements("cloud", "postgres")}
    assert needed - locked == set()
