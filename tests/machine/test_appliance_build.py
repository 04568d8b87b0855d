"""Building an appliance: the same bytes each time, once for all who ask, whole or not at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from slshell.backend import appliances
from slshell.backend.appliances import builder, recipe
from tests.support.folders import SessionFolder

pytestmark = pytest.mark.machine


@pytest.fixture
def into(session_folder: SessionFolder) -> Path:
    """A fresh folder that has the packages already, so that nothing is fetched twice."""
    builder.build("ttylinux", appliances.folder(), print)
    folder = session_folder.new()
    shutil.copytree(appliances.folder() / ".packages", folder / ".packages")
    return folder


def test_the_same_packages_give_the_same_identifier(into: Path) -> None:
    assert (
        builder.build("ttylinux", into, print).id == builder.build("ttylinux", appliances.folder(), print).id
    )


def test_two_builders_at_once_make_one_and_answer_the_same(into: Path) -> None:
    argv = [sys.executable, "-m", "slshell.backend.appliances", "build", "ttylinux", "--into", str(into)]
    both = [
        subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    answers = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    assert {out for out, _ in answers} == {f"{into}/ttylinux\n"}
    assert sum("making the disk image" in err for _, err in answers) == 1


def test_a_change_of_the_recipe_builds_anew_and_nothing_else_does(
    into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    builder.build("ttylinux", into, said.append)
    said.clear()
    builder.build("ttylinux", into, said.append)
    assert said == []
    monkeypatch.setattr(recipe, "source_of", lambda name: b"another recipe")
    builder.build("ttylinux", into, said.append)
    assert any("making the disk image" in line for line in said)


def test_what_a_killed_build_left_is_removed_and_everybody_may_read_the_result(into: Path) -> None:
    (into / ".ttylinux.killed" / "tree").mkdir(parents=True, mode=0o500)
    built = builder.build("ttylinux", into, print)
    assert sorted(path.name for path in into.iterdir()) == [".packages", ".ttylinux.lock", "ttylinux"]
    for path in (built.disk, built.kernel, built.initrd):
        assert path.stat().st_mode & 0o444 == 0o444
    assert Path(built.folder).stat().st_mode & 0o555 == 0o555
