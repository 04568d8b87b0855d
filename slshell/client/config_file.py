"""Changing one setting in a configuration file: everything else in it stays as it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from slshell.client import profiles
from slshell.client.profiles import CONFIG_FILE, RemoteSettings, Settings, config_folder, home_folder
from slshell.client.stratuslab import DEFAULT, KEPT, SECRETS, TYPES, USED, parsed, user_file_path
from slshell.model.errors import UsageError
from slshell.model.nearest import nearest_hint

PROFILES = "profiles"
_FREE = frozenset({"cloud", TYPES})
"""Tables whose keys the back end knows."""


@dataclass(frozen=True)
class Place:
    """Where a setting belongs: the file, and the tables or the section down to its key."""

    path: Path
    steps: tuple[str, ...]
    is_toml: bool

    @property
    def key(self) -> str:
        """The last step."""
        return self.steps[-1]

    @property
    def is_secret(self) -> bool:
        """Whether its value is never shown."""
        return self.key in SECRETS


def place_of(name: str, environ: Mapping[str, str]) -> Place:
    """Where `output.format`, `profiles.lab.url`, `lab.endpoint` or `username` is kept.

    Raises:
        UsageError: no setting has such a name; the nearest is named.
    """
    toml = config_folder(environ) / CONFIG_FILE
    user = user_file_path(environ, home_folder(environ))
    first, _, rest = name.partition(".")
    if first in Settings.__struct_fields__ and (rest or first == "profile"):
        return Place(toml, _steps(name), True)
    section, _, key = name.rpartition(".")
    if key.lower() in (*USED, *KEPT):
        return Place(user, (section or DEFAULT, key.lower()), False)
    known = [f"output.{field}" for field in profiles.OutputSettings.__struct_fields__]
    known += ["profile", "ssh.key", "dashboard.theme", *USED]
    raise UsageError(f"there is no setting “{name}”", hint=nearest_hint(key or name, known))


def write_setting(place: Place, text: str) -> None:
    """Write one setting, as the file's format has it, after a check of the whole.

    Raises:
        UsageError: the value does not fit, the file is broken, or it cannot be written.
    """
    if any(ord(character) < 32 for character in text):
        raise UsageError(f"the value of {'.'.join(place.steps)} has a control character in it")
    before = _read(place.path)
    if place.is_toml:
        import tomllib

        after = _with_toml(before, place, _value(place, text))
        profiles.settings_from(tomllib.loads(after), place.path)
    else:
        after = _with_user_value(before, place, text)
        parsed(after, place.path)
    _replace(place.path, after)


def drop_setting(place: Place) -> None:
    """Take one setting out of `stratuslab-user.cfg`, if it is there."""
    before = _read(place.path)
    if place.is_toml or not before:
        return
    updater = _updater(before, place.path)
    section, key = place.steps
    if updater.has_option(section, key):
        updater.remove_option(section, key)
        _replace(place.path, str(updater))


def _steps(name: str) -> tuple[str, ...]:
    """Names of types and of profiles may hold dots."""
    first, _, rest = name.partition(".")
    if first == TYPES:
        return (first, rest)
    if first == PROFILES:
        profile, _, key = rest.rpartition(".")
        if not profile:
            raise UsageError(f"“{name}” is not a setting", hint=f"write profiles.{rest}.url")
        return (first, profile, key)
    if name.startswith("dashboard.keys."):
        return ("dashboard", "keys", name.removeprefix("dashboard.keys."))
    return tuple(name.split("."))


def _value(place: Place, text: str) -> Any:
    """Text where a text is wanted, else what TOML makes of it."""
    if _declared(place.steps) is str:
        return text
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _declared(steps: tuple[str, ...]) -> Any:
    if steps[0] in _FREE:
        return None
    kind: Any = Settings
    for step in ("profiles",) if steps[0] == PROFILES else steps[:-1]:
        kind = {field.name: field.type for field in msgspec.structs.fields(kind)}.get(step)
        if step == "keys":
            return str
        kind = RemoteSettings if step == PROFILES else kind
        if kind is None:
            return None
    return {field.name: field.type for field in msgspec.structs.fields(kind)}.get(steps[-1])


def _with_toml(before: str, place: Place, value: Any) -> str:
    import tomlkit
    import tomlkit.exceptions

    try:
        document = tomlkit.parse(before)
    except tomlkit.exceptions.ParseError as error:
        raise UsageError(f"{place.path} is not TOML", why=str(error), hint="correct that line") from error
    table: Any = document
    for step in place.steps[:-1]:
        if step not in table:
            table[step] = tomlkit.table(is_super_table=step == PROFILES)
        table = table[step]
    table[place.key] = value
    return tomlkit.dumps(document)


def _with_user_value(before: str, place: Place, text: str) -> str:
    updater = _updater(before, place.path)
    section, key = place.steps
    if not updater.has_section(section):
        if section in (TYPES, "") or any(sign in section for sign in "[]"):
            raise UsageError(f"“{section}” cannot be the name of a cloud", hint="use letters and digits")
        if before.strip():
            updater.last_block.add_after.space(1)
        updater.add_section(section)
    value = text.replace("%%", "%%%%")
    options = list(updater[section].option_blocks())
    if options and key not in updater[section]:
        options[-1].add_after.option(key, value)
    else:
        updater.set(section, key, value)
    return str(updater)


def _updater(text: str, path: Path) -> Any:
    import configupdater

    updater = configupdater.ConfigUpdater()
    try:
        updater.read_string(text)
    except configupdater.ParsingError as error:
        raise UsageError(
            f"{path} cannot be understood", why=" ".join(str(error).split()), hint="correct that line"
        ) from error
    return updater


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read", why=str(error), hint="make it a readable text") from error


def _replace(path: Path, text: str) -> None:
    """Put a whole new file in the place of the old one, which only its owner can read; a link stays one."""
    import tempfile

    target = path.resolve()
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written", why=str(error.strerror), hint="it and its folder must be yours"
        ) from error
