"""Themes as data: each TOML file of this folder, and of the user's `themes` folder, is one theme."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

from slshell.model.errors import UsageError

DEFAULT = "slshell-dark"
SIXTEEN = "terminal"
"""The theme for terminals that have no more than sixteen colours, or none."""
COLORS = (
    "primary", "secondary", "accent", "foreground", "background", "surface", "panel", "boost",
    "success", "warning", "error",
)  # fmt: skip
NEEDED = ("primary", "foreground", "background", "surface", "panel", "success", "warning", "error")
OWN = {
    "dim": "#808080",
    "rule": "#606060",
    "busy": "#5fafd7",
    "cursor": "#3a5a80",
    "cursor-idle": "#404850",
    "marked": "#4a4066",
    "flash": "#50603c",
}
"""Variables of our own style sheets, and what they are where a theme does not set them."""
_VARIABLE = re.compile(r"[a-z][a-z0-9-]*")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


def usual(environ: Mapping[str, str]) -> str:
    """The theme for a user who has chosen none, by what the terminal says of its colours."""
    forced = environ.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if has_no_colour(environ) or forced == "standard":
        return SIXTEEN
    kind = environ.get("COLORTERM", "").lower()
    terminal = environ.get("TERM", "xterm-256color")
    many = kind in ("truecolor", "24bit") or "256" in terminal or "direct" in terminal
    return DEFAULT if many or forced in ("256", "truecolor") else SIXTEEN


def has_no_colour(environ: Mapping[str, str]) -> bool:
    """Whether the user wants no colours at all."""
    return bool(environ.get("NO_COLOR"))


def bundled() -> list[Theme]:
    """The themes that come with the program."""
    folder = resources.files(__name__)
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda f: f.name)
    return [parse(file.read_text(encoding="utf-8"), file.name) for file in files]


def of_folder(folder: Path) -> tuple[list[Theme], list[UsageError]]:
    """The themes of a user's folder, and what is wrong with those that cannot be used."""
    themes: list[Theme] = []
    errors: list[UsageError] = []
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else []:
        try:
            themes.append(parse(path.read_text(encoding="utf-8"), str(path)))
        except UsageError as error:
            errors.append(error)
        except (OSError, UnicodeDecodeError) as error:
            errors.append(
                UsageError(f"{path}: cannot be read: {error}", hint="make it a readable UTF-8 file")
            )
    return themes, errors


def parse(text: str, where: str) -> Theme:
    """A theme from TOML.

    Raises:
        UsageError: naming the file and the key that is wrong or missing.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where}: is not TOML: {error}", hint="correct that line") from error
    for key in data:
        if key not in ("name", "dark", "ansi", "colors", "variables"):
            raise UsageError(
                f"{where}: unknown key “{key}”", hint="use name, dark, ansi, [colors] and [variables]"
            )
    name = data.get("name")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise UsageError(
            f"{where}: name is missing or wrong", hint="use lower-case letters, digits and dashes"
        )
    for key in ("dark", "ansi"):
        if not isinstance(data.get(key, True), bool):
            raise UsageError(
                f"{where}: {key} is not true or false", hint=f"write {key} = true or {key} = false"
            )
    colors = _colors(data, where)
    needed = BUILTIN_THEMES["ansi-dark"].variables if data.get("ansi") else {}
    variables = {**needed, **OWN, **_variables(data, where)}
    return Theme(
        name=name,
        primary=colors["primary"],
        secondary=colors.get("secondary"),
        accent=colors.get("accent"),
        foreground=colors["foreground"],
        background=colors["background"],
        surface=colors["surface"],
        panel=colors["panel"],
        boost=colors.get("boost"),
        success=colors["success"],
        warning=colors["warning"],
        error=colors["error"],
        dark=data.get("dark", True),
        ansi=data.get("ansi", False),
        variables=variables,
    )


def _colors(data: dict[str, Any], where: str) -> dict[str, str]:
    colors = _table(data, "colors", where)
    for key, value in colors.items():
        if key not in COLORS:
            raise UsageError(f"{where}: colors.{key} is unknown", hint=f"there is: {', '.join(COLORS)}")
        _check_color(value, f"{where}: colors.{key}")
    for key in NEEDED:
        if key not in colors:
            raise UsageError(f"{where}: colors.{key} is missing", hint="give it a colour such as #6cb0f5")
    return colors


def _variables(data: dict[str, Any], where: str) -> dict[str, str]:
    variables = _table(data, "variables", where)
    for key, value in variables.items():
        if _VARIABLE.fullmatch(key) is None:
            raise UsageError(f"{where}: variables.{key} is no name", hint="use lower-case letters and dashes")
        if key in OWN or value.startswith("#"):
            _check_color(value, f"{where}: variables.{key}")
        elif re.fullmatch(r"[a-z0-9_ %.-]*", value) is None:
            raise UsageError(f"{where}: variables.{key} is “{value}”", hint="use a colour or a plain word")
    return variables


def _table(data: dict[str, Any], key: str, where: str) -> dict[str, str]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise UsageError(f"{where}: {key} is not a table", hint=f"write [{key}]")
    for name, value in table.items():
        if not isinstance(value, str):
            raise UsageError(f"{where}: {key}.{name} is not text", hint='write it in quotes, as in "#6cb0f5"')
    return table


def _check_color(value: str, where: str) -> None:
    try:
        Color.parse(value)
    except ColorParseError as error:
        raise UsageError(f"{where}: “{value}” is not a colour", hint="write it as #rrggbb") from error
