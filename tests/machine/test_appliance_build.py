"""Building an appliance: the same bytes each time, once for all who ask, whole or not at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from slshell.backend import appliances
from slshell.backend.appliances import builder, recipe
from tests.support.folders import SessionFolder

pytestmark = pytest.mark.machine


@dataclass(frozen=True)
class Built:
    """A folder into which two have built at once, and what each had to say."""

    folder: Path
    codes: list[int]
    answers: list[tuple[str, str]]


@pytest.fixture(scope="module")
def built(session_folder: SessionFolder) -> Built:
    """Built by two at once, in a folder with packages, so that none is fetched and a killed build's rest."""
    builder.build("ttylinux", appliances.folder(), print)
    into = session_folder.new()
    shutil.copytree(appliances.folder() / ".packages", into / ".packages")
    (into / ".ttylinux.killed" / "tree").mkdir(parents=True, mode=0o500)
    argv = [sys.executable, "-m", "slshell.backend.appliances", "build", "ttylinux", "--into", str(into)]
    both = [
        subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    answers = [process.communicate(timeout=120) for process in both]
    return Built(into, [process.returncode for process in both], answers)


def test_two_builders_at_once_make_one_and_answer_the_same(built: Built) -> None:
    assert built.codes == [0, 0], built.answers
    assert {out for out, _ in built.answers} == {f"{built.folder}/ttylinux\n"}
    assert sum("making the disk image" in err for _, err in built.answers) == 1


def test_the_same_packages_give_the_same_identifier(built: Built) -> None:
    once, again = (builder.find("ttylinux", folder) for folder in (appliances.folder(), built.folder))
    assert once is not None
    assert again is not None
    assert once.folder != again.folder
    assert once.id == again.id


def test_what_a_killed_build_left_is_removed_and_everybody_may_read_the_result(built: Built) -> None:
    assert sorted(path.name for path in built.folder.iterdir()) == [".packages", ".ttylinux.lock", "ttylinux"]
    made = builder.find("ttylinux", built.folder)
    assert made is not None
    for path in (made.disk, made.kernel, made.initrd):
        assert path.stat().st_mode & 0o444 == 0o444
    assert Path(made.folder).stat().st_mode & 0o555 == 0o555


def test_a_change_of_the_recipe_builds_anew_and_nothing_else_does(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    builder.build("ttylinux", built.folder, said.append)
    assert said == []
    monkeypatch.setattr(recipe, "source_of", lambda name: b"another recipe")
    builder.build("ttylinux", built.folder, said.append)
    assert any("making the disk image" in line for line in said)
