"""Folders and `config.toml`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slshell.client.profiles import config_folder, data_folder, load_settings, pick_profile
from slshell.model.errors import UsageError


def written(folder: Path, text: str) -> dict[str, str]:
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(text)
    return {"SLSHELL_CONFIG": str(folder), "HOME": str(folder)}


def test_the_variables_choose_the_folders(tmp_path: Path) -> None:
    environ = {"SLSHELL_HOME": "relative", "SLSHELL_CONFIG": "/c", "HOME": "/home/u"}
    assert data_folder(environ) == Path.cwd() / "relative"
    assert config_folder(environ) == Path("/c")


@pytest.mark.skipif(os.geteuid() == 0, reason="root has its own data folder")
def test_an_ordinary_user_follows_xdg() -> None:
    assert data_folder({"HOME": "/home/u"}) == Path("/home/u/.local/share/slshell")
    assert data_folder({"HOME": "/home/u", "XDG_DATA_HOME": "/x"}) == Path("/x/slshell")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has it")
def test_root_has_a_data_folder_of_the_system() -> None:
    assert data_folder({"HOME": "/root"}) == Path("/var/lib/slshell")


def test_a_relative_xdg_folder_is_ignored_as_the_rules_say() -> None:
    assert config_folder({"HOME": "/h", "XDG_CONFIG_HOME": "x"}) == Path("/h/.config/slshell")


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_settings({"SLSHELL_CONFIG": str(tmp_path)}).output.format == "table"


@pytest.mark.parametrize(
    ("text", "told", "hint"),
    [
        ("[output]\nformt = 'json'", "unknown key “output.formt”", "did you mean format?"),
        ("profil = 'x'", "unknown key “profil”", "did you mean profile"),
        (
            "[profiles.lab]\nurl='https://a'\ntokenfile='x'",
            "profiles.lab.tokenfile",
            "did you mean token_file?",
        ),
        ("[output]\nformat = 3", "output.format: Expected `str`, got `int`", ""),
        ("[profiles.lab]\ncafile='x'", "profiles.lab", ""),
        ("[output\n", "is not TOML", ""),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path: Path, text: str, told: str, hint: str) -> None:
    environ = written(tmp_path / "c", text)
    with pytest.raises(UsageError) as caught:
        load_settings(environ)
    assert told in caught.value.message
    assert str(tmp_path / "c" / "config.toml") in caught.value.message
    assert hint in caught.value.hint


def test_the_back_ends_sections_are_left_to_it(tmp_path: Path) -> None:
    text = '[cloud]\naccelerator = "tcg"\n[instance_types]\n"m1.huge" = [8, 16384, 2048]\n'
    assert load_settings(written(tmp_path / "c", text)).cloud == {"accelerator": "tcg"}


def test_option_beats_variable_beats_file(tmp_path: Path) -> None:
    text = "profile = 'a'\n" + "".join(f"[profiles.{name}]\nurl = 'https://{name}'\n" for name in "abc")
    environ = written(tmp_path / "c", text)
    settings = load_settings(environ)
    assert pick_profile(None, settings, environ).url == "https://a"
    assert pick_profile(None, settings, {**environ, "SLSHELL_PROFILE": "b"}).url == "https://b"
    assert pick_profile("c", settings, {**environ, "SLSHELL_PROFILE": "b"}).url == "https://c"
    assert pick_profile("local", settings, environ).is_local


def test_an_unknown_profile_names_the_nearest(tmp_path: Path) -> None:
    environ = written(tmp_path / "c", "[profiles.production]\nurl = 'https://p'\n")
    with pytest.raises(UsageError) as caught:
        pick_profile("producton", load_settings(environ), environ)
    assert caught.value.hint == "did you mean production?"


def test_an_address_that_is_not_http_is_refused(tmp_path: Path) -> None:
    environ = written(tmp_path / "c", "[profiles.x]\nurl = 'ftp://p'\n")
    with pytest.raises(UsageError, match=r"profiles\.x\.url"):
        pick_profile("x", load_settings(environ), environ)


def test_a_profile_may_be_read_only_and_look_different(tmp_path: Path) -> None:
    looks = "read_only = true\ntheme = 'nord'\nbanner = 'look twice'\n"
    environ = written(tmp_path / "c", f"[profiles.p]\nurl = 'https://p'\n{looks}[profiles.local]\n{looks}")
    settings = load_settings(environ)
    for name in ("p", "local"):
        profile = pick_profile(name, settings, environ)
        assert (profile.read_only, profile.theme, profile.banner) == (True, "nord", "look twice")
    assert pick_profile("local", settings, environ).is_local


def test_the_bundled_cloud_may_be_written_to_unless_told_otherwise(tmp_path: Path) -> None:
    environ = written(tmp_path / "c", "")
    assert not pick_profile(None, load_settings(environ), environ).read_only
