"""Lines of earlier sessions: for their owner only, one file a profile, and nothing secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slshell.repl import history


def kept(environ: dict[str, str], profile: str = "local") -> list[str]:
    """What a new session finds, newest first."""
    return list(history.of_profile(profile, environ).load_history_strings())


@pytest.fixture
def environ(own_settings: Path) -> dict[str, str]:
    return dict(os.environ)


def test_lines_are_found_again_in_the_same_profile_only(environ: dict[str, str]) -> None:
    first = history.of_profile("local", environ)
    for line in ("instances", "kill 5 |\n wait", "kill 5 |\n wait"):
        first.append_string(line)
    assert kept(environ) == ["kill 5 |\n wait", "instances"]
    assert kept(environ, "../lab") == []


def test_the_file_is_its_owners_alone(environ: dict[str, str], own_settings: Path) -> None:
    folder = own_settings / "c" / "history"
    folder.mkdir(parents=True)
    path = folder / "lab%2F..txt"
    path.touch(mode=0o644)
    history.of_profile("lab/.", environ).append_string("instances")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().endswith("+instances\n")


@pytest.mark.parametrize(
    ("line", "private"),
    [
        ("export LAB_PASSWORD=hunter2", True),
        ("run x --context db_passwd='a b'", True),
        ("config set profiles.lab.password hunter2", True),
        ("!curl --token abc https://x", True),
        ("run x --context API_SECRET_KEY=1", True),
        (" instances", True),
        ("kill token-server", False),
        ("instances --name 'secret*'", False),
        ("export PASSWORD", False),
        ("run ttylinux", False),
    ],
)
def test_secrets_are_not_recorded(environ: dict[str, str], line: str, private: bool) -> None:
    assert history.is_private(line) is private
    history.of_profile("local", environ).append_string(line)
    assert kept(environ) == ([] if private else [line])


def test_a_folder_that_cannot_be_written_means_a_history_in_memory(
    environ: dict[str, str], own_settings: Path
) -> None:
    (own_settings / "c").write_text("a file, no folder")
    made = history.of_profile("local", environ)
    made.append_string("instances")
    assert made.get_strings() == ["instances"]


def test_a_long_history_loses_its_older_half(environ: dict[str, str]) -> None:
    first = history.of_profile("local", environ)
    for number in range(2):
        first.append_string(f"echo {number} {'x' * (history.LARGEST // 2)}")
    first.append_string("echo newest")
    assert kept(environ)[0] == "echo newest"
    assert all(line.startswith("echo") for line in kept(environ))
    assert len(kept(environ)) < 3
