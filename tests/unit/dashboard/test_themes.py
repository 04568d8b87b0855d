"""Themes are data; what is wrong with a file is told with file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from slshell.dashboard import themes
from slshell.model.errors import UsageError

GOOD = """
name = "mine"
dark = false
[colors]
primary = "#112233"
foreground = "#000000"
background = "#ffffff"
surface = "#eeeeee"
panel = "#dddddd"
success = "green"
warning = "#aa7700"
error = "#aa0000"
[variables]
dim = "#777777"
"""


def test_the_bundled_themes_are_a_dark_and_a_light_one() -> None:
    found = {theme.name: theme.dark for theme in themes.bundled()}
    assert found["slshell-dark"] is True
    assert found["slshell-light"] is False
    assert themes.DEFAULT in found


def test_a_users_theme_is_read_and_missing_variables_are_filled_in() -> None:
    theme = themes.parse(GOOD, "mine.toml")
    assert theme.name == "mine"
    assert theme.variables["dim"] == "#777777"
    assert theme.variables["cursor"] == themes.OWN["cursor"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('primary = "#112233"', 'primary = "blurple!"', "colors.primary"),
        ('primary = "#112233"', "", "colors.primary is missing"),
        ('primary = "#112233"', "primary = 7", "colors.primary is not text"),
        ('error = "#aa0000"', 'error = "#aa0000"\nmistake = "#aa0000"', "colors.mistake is unknown"),
        ('name = "mine"', 'name = "Not A Name"', "name is missing or wrong"),
        ("dark = false", 'dark = "no"', "dark is not true or false"),
        ("dark = false", "", ""),
        ('dim = "#777777"', 'dim = "#77777"', "variables.dim"),
        ('dim = "#777777"', 'footer = "x; } evil {"', "variables.footer"),
        ("[variables]", "[variabels]", "unknown key “variabels”"),
        ("[colors]", "[colors", "is not TOML"),
    ],
)
def test_a_wrong_key_is_told_with_its_file(old: str, new: str, told: str) -> None:
    text = GOOD.replace(old, new)
    if not told:
        assert themes.parse(text, "x.toml").dark is True
        return
    with pytest.raises(UsageError) as caught:
        themes.parse(text, "/some/x.toml")
    assert caught.value.message.startswith("/some/x.toml: ")
    assert told in caught.value.message
    assert caught.value.hint


def test_a_bad_file_does_not_hide_the_good_ones(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(GOOD)
    (tmp_path / "bad.toml").write_text("name = 1")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    found, errors = themes.of_folder(tmp_path)
    assert [theme.name for theme in found] == ["mine"]
    assert len(errors) == 2
    assert themes.of_folder(tmp_path / "none") == ([], [])
