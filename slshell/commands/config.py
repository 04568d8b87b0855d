"""`slshell config`: where things are, what is set, and changing it."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from slshell.client.config_file import Place, drop_setting, place_of, write_setting
from slshell.client.profiles import (
    CONFIG_FILE,
    config_folder,
    data_folder,
    home_folder,
    settings_data,
)
from slshell.client.secrets import KEYRING, keep_password
from slshell.client.stratuslab import DEFAULT, SECRETS, TYPES, user_file_path
from slshell.commands.environment import Environment
from slshell.commands.options import ProfileName
from slshell.commands.profile_checks import PROFILE_TEST, try_profiles
from slshell.commands.registry import Danger, group, subcommand
from slshell.model.errors import ExitCode, NotFound, UsageError
from slshell.model.nearest import nearest_hint
from slshell.output.formats import parse_format
from slshell.output.listing import Listing
from slshell.ssh.keys import own_key

HIDDEN = "********"


@group(default="list")
def config_command() -> None:
    """Show where slshell keeps things and what is set, and change it."""


@subcommand(config_command, danger=Danger.READ, name="list")
def list_settings(environment: Environment) -> None:
    """Show every setting as it is in effect, and where it comes from.

    Passwords are not shown.
    """
    found = _all(environment)
    lines = [f"{f'{key} = {_toml(value)}':<40} # {source}" for key, (value, source) in found.items()]
    data = _settings(environment) | {"clouds": _clouds_data(environment)}
    environment.output.show_data(data, "\n".join(lines))


@subcommand(config_command, danger=Danger.READ, name="get")
@click.argument("key")
def get_setting(environment: Environment, key: str) -> None:
    """Show one setting, for example output.format or lab.endpoint."""
    value: Any = _settings(environment)
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        found = _all(environment)
        for name in (key, f"{DEFAULT}.{key}"):
            if name in found:
                value = found[name][0]
                break
        else:
            raise NotFound(f"there is no setting “{key}”", hint=nearest_hint(key, list(found)))
    environment.output.show_data(value, value if isinstance(value, str) else _toml(value))


@subcommand(config_command, danger=Danger.READ, name="path", needs_settings=False)
def show_paths(environment: Environment) -> None:
    """Show the files and folders that slshell uses."""
    environ = environment.environ
    home = data_folder(environ)
    paths = {
        "config": str(config_folder(environ) / CONFIG_FILE),
        "clouds": str(user_file_path(environ, home_folder(environ))),
        "key": str(own_key(environ)),
        "data": str(home),
        "log": str(home / "daemon.log"),
        "known_hosts": str(home / "known_hosts"),
    }
    environment.output.show_data(paths, "\n".join(f"{name:<12} {path}" for name, path in paths.items()))


@subcommand(config_command, danger=Danger.CHANGE, name="set", needs_settings=False)
@click.argument("key")
@click.argument("value", required=False)
@click.option("--keyring", is_flag=True, help="Keep a password in the keyring instead of the file.")
def set_setting(environment: Environment, key: str, value: str | None, keyring: bool) -> None:
    """Change one setting; comments and all other lines stay, and only you can read the file afterwards.

    `output.format` and the like belong to config.toml, `lab.endpoint` to the section [lab] of
    stratuslab-user.cfg, and `endpoint` to its [default]. A password is never given on the line: it is
    asked for, or read from stdin.
    """
    place = place_of(_asked_for_keyring(key) if keyring else key, environment.environ)
    if keyring:
        _into_keyring(environment, key, place)
        return
    if place.is_secret:
        value = _secret(environment, key, value)
    if value is None:
        raise UsageError(f"the value of {key} is missing", hint=f"write slshell config set {key} VALUE")
    if place.steps == ("output", "format"):
        parse_format(value)
    write_setting(place, value)
    environment.output.notice(f"{place.path}: {'.'.join(place.steps)} is set")


@subcommand(config_command, danger=Danger.CHANGE, name="use")
@click.argument("name", type=ProfileName(), metavar="PROFILE")
def use_profile(environment: Environment, name: str) -> None:
    """Talk to another cloud from now on."""
    found = environment.clouds.pick(name)
    write_setting(place_of("profile", environment.environ), name)
    environment.output.notice(f"commands now talk to {found.name}{f' at {found.url}' if found.url else ''}")
    chosen, source = environment.clouds.chosen(None)
    if source.isupper() and chosen != name:
        environment.output.warning(f"but {source} is set, and says {chosen}")


@subcommand(config_command, danger=Danger.READ, name="test", shows=PROFILE_TEST)
@click.argument("profiles", type=ProfileName(), nargs=-1, metavar="[PROFILE…]")
def try_clouds(environment: Environment, profiles: tuple[str, ...]) -> Listing:
    """Ask the clouds of all profiles, or of those named, and say what works. None is started.

    The exit code is that of the worst.
    """
    results = try_profiles(environment, profiles or environment.clouds.names())
    code = max((result.exit_code for result in results), default=ExitCode.DONE)
    return Listing(kind=PROFILE_TEST, items=results, exit_code=code)


def _asked_for_keyring(key: str) -> str:
    if key.rpartition(".")[2] != "password":
        raise UsageError("only a password can be kept in the keyring", hint="for example lab.password")
    return f"{key}_from"


def _into_keyring(environment: Environment, key: str, place: Place) -> None:
    """Ask for a password, keep it, and say so in the file, where an older one is taken out."""
    name = place.steps[1] if place.is_toml else place.steps[0]
    username = environment.clouds.pick(name).username
    if not username:
        raise UsageError(
            f"profile “{name}” has no username", hint=f"slshell config set {name}.username NAME comes first"
        )
    keep_password(name, username, _secret(environment, key, None))
    write_setting(place, KEYRING)
    if not place.is_toml:
        drop_setting(Place(place.path, (name, "password"), False))
    environment.output.notice(f"the password of {username} for {name} is in the keyring")


def _secret(environment: Environment, key: str, value: str | None) -> str:
    if value not in (None, "-"):
        raise UsageError(
            f"{key} is not given on the line, where others can read it",
            hint=f"slshell config set {key} asks for it; with - behind it, it is read from stdin",
        )
    if value is None and environment.ask_secret is not None:
        found = environment.ask_secret(f"{key}: ")
    else:
        found = environment.stdin.readline().rstrip("\n")
    if not found:
        raise UsageError(f"no {key} was given", hint="nothing was changed")
    return found


def _settings(environment: Environment) -> dict[str, Any]:
    settings: dict[str, Any] = msgspec.to_builtins(environment.settings)
    return settings | {"profile": environment.clouds.chosen(environment.profile_name)[0]}


def _all(environment: Environment) -> dict[str, tuple[Any, str]]:
    """Every setting by its dotted name: the value, hidden where it is a secret, and its source."""
    given = _flat(settings_data(environment.environ))
    source = environment.clouds.chosen(environment.profile_name)[1]
    found = {
        key: (value, source if key == "profile" else CONFIG_FILE if key in given else "default")
        for key, value in _flat(_settings(environment)).items()
    }
    for name in _sections(environment):
        for key, each in environment.clouds.file.values(name, environment.environ).items():
            found[f"{name}.{key}"] = (HIDDEN if key in SECRETS else each.text, each.source)
    for name, size in environment.clouds.file.types.items():
        numbers = [size.vcpu, size.ram_mib, size.swap_mib]
        found[f"{TYPES}.{name}"] = (numbers, f"{environment.clouds.file.path.name} [{TYPES}]")
    return found


def _clouds_data(environment: Environment) -> dict[str, dict[str, str]]:
    return {
        name: {
            key: HIDDEN if key in SECRETS else each.text
            for key, each in environment.clouds.file.values(name, environment.environ).items()
        }
        for name in _sections(environment)
    }


def _sections(environment: Environment) -> list[str]:
    """`[default]`, where it or the environment says something, and the clouds of the file."""
    clouds = environment.clouds
    default = [DEFAULT] if clouds.file.values(DEFAULT, environment.environ) else []
    return [*default, *clouds.file.clouds]


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
