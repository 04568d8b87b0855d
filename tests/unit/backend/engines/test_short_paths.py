"""The short name of a long folder, and others who want the same name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from slshell.backend.engines.libvirt import short_paths
from slshell.backend.engines.libvirt.account import account_for
from slshell.backend.engines.libvirt.mark import short_id
from slshell.backend.engines.libvirt.short_paths import MAX_BASE, drop_alias, settle
from tests.unit.backend.engines.specs import CLOUD

OURSELVES = account_for(None)


@pytest.fixture
def long_folder(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that needs an alias, and a place for aliases that is only this test's."""
    aliases = short_folder / "a"
    aliases.mkdir()
    monkeypatch.setattr(short_paths, "_parents", lambda _account: [aliases])
    yield short_folder / ("long" * 12) / "e"
    for alias in aliases.iterdir():
        alias.unlink()


def test_a_short_folder_needs_no_alias(short_folder: Path) -> None:
    places = settle(short_folder / "e", CLOUD, OURSELVES)
    assert places.base == places.real == short_folder / "e"


def test_a_long_folder_gets_a_short_name_and_keeps_it(long_folder: Path) -> None:
    places = settle(long_folder, CLOUD, OURSELVES)
    assert len(str(places.base)) <= MAX_BASE
    assert places.base.resolve() == places.real == long_folder
    assert settle(long_folder, CLOUD, OURSELVES) == places


def test_a_vanished_alias_is_made_again_under_the_same_name(long_folder: Path) -> None:
    places = settle(long_folder, CLOUD, OURSELVES)
    drop_alias(places)
    assert not places.base.is_symlink()
    assert settle(long_folder, CLOUD, OURSELVES) == places
    assert places.base.is_symlink()


def test_a_name_that_another_holds_is_neither_used_nor_touched(long_folder: Path, short_folder: Path) -> None:
    taken = short_folder / "a" / "sls-01234567"
    taken.symlink_to("/etc")
    places = settle(long_folder, CLOUD, OURSELVES)
    assert places.base != taken
    assert places.base.resolve() == long_folder
    drop_alias(places)
    assert str(taken.readlink()) == "/etc"


def test_an_alias_bent_to_another_place_is_not_trusted(long_folder: Path) -> None:
    places = settle(long_folder, CLOUD, OURSELVES)
    places.base.unlink()
    places.base.symlink_to("/etc")
    again = settle(long_folder, CLOUD, OURSELVES)
    assert again.base != places.base
    assert again.base.resolve() == long_folder


@pytest.mark.parametrize("cloud_id", ["", "abc", "../../etc/passwd", "ABCDEF0123", "01234567 "])
def test_a_cloud_id_that_is_none_never_becomes_a_path(cloud_id: str) -> None:
    with pytest.raises(ValueError, match="cloud id"):
        short_id(cloud_id)
