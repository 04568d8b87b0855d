"""`slshell config`: where things are and what is set."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from slshell.client.profiles import CONFIG_FILE, config_folder, nearest_hint, settings_data
from slshell.commands.environment import Environment
from slshell.commands.registry import Danger, group, subcommand
from slshell.model.errors import NotFound
from slshell.ssh.keys import own_key


@group(default="list")
def config_command() -> None:
    """Show where slshell keeps things and what is set."""


@subcommand(config_command, danger=Danger.READ, name="list")
def list_settings(environment: Environment) -> None:
    """Show every setting as it is in effect, and where it comes from."""
    settings = _effective(environment)
    given = _flat(settings_data(environment.environ))
    lines = []
    for key, value in _flat(settings).items():
        source = CONFIG_FILE if key in given else "default"
        if key == "profile" and environment.profile_name:
            source = "--profile"
        elif key == "profile" and environment.environ.get("SLSHELL_PROFILE"):
            source = "SLSHELL_PROFILE"
        lines.append(f"{f'{key} = {_toml(value)}':<40} # {source}")
    environment.output.show_data(settings, "\n".join(lines))


@subcommand(config_command, danger=Danger.READ, name="get")
@click.argument("key")
def get_setting(environment: Environment, key: str) -> None:
    """Show one setting, for example output.format."""
    settings = _effective(environment)
    value: Any = settings
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            raise NotFound(f"there is no setting “{key}”", hint=nearest_hint(key, list(_flat(settings))))
        value = value[part]
    environment.output.show_data(value, value if isinstance(value, str) else _toml(value))


@subcommand(config_command, danger=Danger.READ, name="path")
def show_paths(environment: Environment) -> None:
    """Show the files and folders that slshell uses."""
    environ = environment.environ
    home = environment.profile.home
    paths = {
        "config": str(config_folder(environ) / CONFIG_FILE),
        "key": str(own_key(environ)),
        "data": str(home),
        "log": str(home / "daemon.log"),
        "known_hosts": str(home / "known_hosts"),
    }
    environment.output.show_data(paths, "\n".join(f"{name:<12} {path}" for name, path in paths.items()))


def _effective(environment: Environment) -> dict[str, Any]:
    settings: dict[str, Any] = msgspec.to_builtins(environment.settings)
    return settings | {"profile": environment.profile.name}


def _flat(data: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys; empty ones stay, so that one sees they are there."""
    flat: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, dict) and value:
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _toml(value: Any) -> str:
    return msgspec.json.encode(value).decode()
