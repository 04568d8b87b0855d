"""What cannot be built is told at once, with the line that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from slshell.backend import appliances
from slshell.backend.appliances import builder, packages, recipe, tools
from slshell.model.errors import EngineFailed, NotFound


def test_an_unknown_recipe_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as refused:
        builder.build("../../etc/passwd", tmp_path, print)
    assert "ttylinux" in refused.value.hint


def test_every_recipe_can_be_read_and_has_its_files() -> None:
    assert "ttylinux" in recipe.names()
    for name in recipe.names():
        assert recipe.load(name).name == name
        assert recipe.own_files(name)


def test_missing_programs_are_named_with_the_line_that_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools, "SYSTEM_FOLDERS", ())
    with pytest.raises(EngineFailed) as refused:
        builder.build("ttylinux", tmp_path / "into", print)
    assert refused.value.hint.startswith("sudo apt-get install ")
    assert {"mtools", "dosfstools", "lz4", "syslinux"} <= set(refused.value.hint.split())
    assert not (tmp_path / "into").exists()


def test_missing_package_lists_are_told_with_the_line_that_fetches_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lists").mkdir()
    settings = tmp_path / "apt.conf"
    settings.write_text(f'Dir::State::lists "{tmp_path}/lists";\nDir::State::status "/dev/null";\n')
    monkeypatch.setenv("APT_CONFIG", str(settings))
    plan = recipe.load("ttylinux")
    assert isinstance(plan, recipe.Recipe)
    with pytest.raises(EngineFailed) as refused:
        packages.resolve(plan.packages, plan.architecture)
    assert "sudo apt-get update" in refused.value.hint


def test_the_folder_for_appliances_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLSHELL_APPLIANCES", str(tmp_path / "mine"))
    assert appliances.folder() == tmp_path / "mine"
