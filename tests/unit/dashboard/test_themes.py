"""Themes are data; what is wrong with a file is told with file and key."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from slshell.dashboard import themes
from slshell.model.errors import UsageError
from tests.unit.dashboard.contrast import BLINDNESS, difference, ratio

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


GROUNDS = ("background", "surface", "panel", "cursor", "cursor-idle", "marked", "flash")
STATES = ("success", "warning", "error", "busy")
TEXTS = ("foreground", "dim", "primary", "secondary", "accent", *STATES)
BUNDLED = themes.bundled()
PAINTED = [theme for theme in BUNDLED if not theme.ansi]


def color(theme: Theme, name: str) -> Color:
    """A colour of a theme by the name that style sheets use."""
    return Color.parse(theme.variables.get(name) or getattr(theme, name))


def test_there_are_the_themes_that_people_ask_for() -> None:
    found = {theme.name: theme.dark for theme in BUNDLED}
    assert found["slshell-dark"] is True
    assert found["slshell-light"] is False
    assert {"high-contrast", "colour-blind", "nord", "gruvbox", "solarized-dark"} < set(found)
    assert themes.DEFAULT in found
    assert themes.SIXTEEN in found


@pytest.mark.parametrize("theme", PAINTED, ids=lambda theme: theme.name)
def test_every_text_can_be_read_on_all_that_it_stands_on(theme: Theme) -> None:
    least = 7.0 if theme.name == "high-contrast" else 4.5
    poor = {
        f"{text} on {ground}": round(found, 2)
        for text in TEXTS
        for ground in GROUNDS
        if (found := ratio(color(theme, text), color(theme, ground))) < least
    }
    assert poor == {}


@pytest.mark.parametrize("theme", PAINTED, ids=lambda theme: theme.name)
def test_text_on_buttons_and_badges_can_be_read(theme: Theme) -> None:
    for ground in ("primary", "warning", "error"):
        assert ratio(color(theme, "background"), color(theme, ground)) >= 4.5


@pytest.mark.parametrize("theme", PAINTED, ids=lambda theme: theme.name)
def test_the_footer_can_be_read(theme: Theme) -> None:
    for text in ("footer-key-foreground", "footer-description-foreground"):
        assert ratio(color(theme, text), color(theme, "footer-background")) >= 4.5


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_the_colour_blind_theme_keeps_states_apart_for_such_eyes(blindness: str) -> None:
    theme = next(theme for theme in BUNDLED if theme.name == "colour-blind")
    for first, second in combinations(STATES, 2):
        assert difference(color(theme, first), color(theme, second), blindness) > 20


def test_the_theme_for_sixteen_colours_uses_the_terminals_own() -> None:
    theme = next(theme for theme in BUNDLED if theme.name == themes.SIXTEEN)
    assert theme.ansi
    assert {color(theme, name).ansi is not None for name in (*TEXTS, *GROUNDS)} == {True}


@pytest.mark.parametrize(
    ("environ", "theme"),
    [
        ({"TERM": "xterm-256color"}, themes.DEFAULT),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, themes.DEFAULT),
        ({"TERM": "linux"}, themes.SIXTEEN),
        ({"TERM": "xterm"}, themes.SIXTEEN),
        ({"TERM": "linux", "TEXTUAL_COLOR_SYSTEM": "truecolor"}, themes.DEFAULT),
        ({"TERM": "xterm-256color", "TEXTUAL_COLOR_SYSTEM": "standard"}, themes.SIXTEEN),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, themes.SIXTEEN),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, themes.DEFAULT),
    ],
)
def test_the_terminal_decides_for_who_has_chosen_no_theme(environ: dict[str, str], theme: str) -> None:
    assert themes.usual(environ) == theme


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
        ("dark = false", "ansi = 16", "ansi is not true or false"),
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
