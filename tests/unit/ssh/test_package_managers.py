"""How packages are installed in a machine that an image is made of, with each package manager's own words.

The stand-ins write down what they are called with. What the real ones make of it was tried by hand, with a
repository in a folder: known and unknown names, what is installed already, a repository that is away.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from slshell.ssh.building import INSTALL

NAMES = ["nginx", "libfoo++-dev"]


def install(
    folder: Path, *programs: str, status: int = 0, cloud_init: bool = False
) -> tuple[int, list[str], str]:
    """Exit status, the commands that were run, and what was complained of, with these programs alone."""
    told = folder / "told"
    for program in (*programs, *(["cloud-init"] if cloud_init else [])):
        path = folder / program
        path.write_text(f'#!/bin/sh\necho "{program} $*" >>"{told}"\nexit {status}\n')
        path.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-c", INSTALL, "sh", *NAMES],
        env={"PATH": str(folder)}, check=False, timeout=20, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, told.read_text().splitlines() if told.exists() else [], done.stderr


@pytest.mark.parametrize(
    ("program", "called"),
    [
        # dnf 5 took “--” for an unknown argument before 5.4.3, so nothing stands before the names.
        ("dnf", ["dnf -y install nginx libfoo++-dev"]),
        # Without the setting yum ends well when it found one of two packages.
        ("yum", ["yum -y --setopt=skip_missing_names_on_install=False install nginx libfoo++-dev"]),
        # Some packages have a licence that must be agreed to, and nobody is there to do it.
        (
            "zypper",
            ["zypper --non-interactive install --auto-agree-with-licenses -- nginx libfoo++-dev"],
        ),
        # An image of Alpine brings no index, and apk fetches none by itself.
        ("apk", ["apk add --update-cache -- nginx libfoo++-dev"]),
        # A rolling distribution is brought up to date as a whole.
        ("pacman", ["pacman -Syu --noconfirm --needed -- nginx libfoo++-dev"]),
        # The lists of packages in an image are old; a lock of the machine's own timers is waited for.
        (
            "apt-get",
            [
                "apt-get -q -o DPkg::Lock::Timeout=300 update",
                "apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends -- "
                "nginx libfoo++-dev",
            ],
        ),
    ],
)
def test_each_package_manager_is_called_in_its_own_way(
    tmp_path: Path, program: str, called: list[str]
) -> None:
    assert install(tmp_path, program) == (0, called, "")


def test_where_yum_is_another_name_of_dnf_it_is_called_as_dnf(tmp_path: Path) -> None:
    _, called, _ = install(tmp_path, "yum", "dnf")
    assert called == ["dnf -y install nginx libfoo++-dev"]


@pytest.mark.parametrize("program", ["apt-get", "dnf", "yum", "zypper", "apk", "pacman"])
def test_what_a_package_manager_cannot_do_is_not_hidden(tmp_path: Path, program: str) -> None:
    assert install(tmp_path, program, status=1)[0] == 1


@pytest.mark.parametrize(("status", "ends"), [(102, 0), (103, 0), (106, 0), (104, 104), (107, 107), (4, 4)])
def test_what_zypper_says_of_what_it_has_installed_is_no_failure(
    tmp_path: Path, status: int, ends: int
) -> None:
    """102: reboot, 103: zypper is new, 106: a repository is away; 104: not found, 107: a script broke."""
    assert install(tmp_path, "zypper", status=status)[0] == ends


def test_the_machines_first_start_is_waited_for(tmp_path: Path) -> None:
    _, called, _ = install(tmp_path, "dnf", cloud_init=True)
    assert called == ["cloud-init status --wait", "dnf -y install nginx libfoo++-dev"]


def test_a_machine_without_any_says_which_were_looked_for(tmp_path: Path) -> None:
    status, called, complaint = install(tmp_path)
    assert (status, called) == (69, [])
    assert complaint == "this machine has none of apt, dnf, yum, zypper, apk and pacman\n"
