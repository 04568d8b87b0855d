"""Where things are and what the user set: data and configuration folders, `config.toml`, profiles."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from slshell.model.errors import UsageError
from slshell.model.nearest import nearest_hint as nearest_hint

LOCAL = "local"
CONFIG_FILE = "config.toml"

T = TypeVar("T")


class OutputSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[output]`: how commands print."""

    format: str = "table"
    """table, json, yaml, csv or name."""
    colour: str = "auto"
    """auto, always or never."""


class SshSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[ssh]`: the keys that machines get."""

    key: str = ""
    """Path of the public key to use when neither `--key` nor STRATUSLAB_KEY names one."""


class DashboardSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[dashboard]`: look and keys of the dashboard."""

    theme: str = ""
    keys: dict[str, str] = {}
    """Binding id → key."""


class SessionsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[sessions]`: terminals in the dashboard."""

    history: int = 5000
    """Rows that each keeps above its screen."""
    clipboard: bool = False
    """Programs in machines may set the clipboard (OSC 52)."""
    reconnect: bool = True
    """Try again by itself when a connection broke."""


class ReplSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[repl]`: the line one types into."""

    keys: str = "emacs"
    """emacs or vi."""


class RemoteSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[profiles.NAME]`: a cloud elsewhere; `[profiles.local]`, without an address, is the bundled one."""

    url: str = ""
    token_file: str = ""
    cafile: str = ""
    username: str = ""
    password_from: str = ""
    """`keyring`, or empty where no password is needed; the password itself is never written here."""
    read_only: bool = False
    """Refuse every command that changes something."""
    confirm: str = ""
    """`name`: whoever destroys something must type its name; empty: a yes will do."""
    theme: str = ""
    """The dashboard's theme for this cloud, whatever was chosen for others."""
    banner: str = ""
    """A line that the dashboard shows on top, so that nobody mistakes this cloud for another."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of `config.toml`; every key is optional."""

    profile: str = ""
    """The cloud to talk to; empty: the one that `stratuslab-user.cfg` selects, else `local`."""
    output: OutputSettings = OutputSettings()
    ssh: SshSettings = SshSettings()
    dashboard: DashboardSettings = DashboardSettings()
    repl: ReplSettings = ReplSettings()
    sessions: SessionsSettings = SessionsSettings()
    profiles: dict[str, RemoteSettings] = {}
    cloud: dict[str, Any] = {}
    """Settings of the bundled cloud; the back end checks them."""
    instance_types: dict[str, Any] = {}
    """Machine sizes; the back end checks them."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One cloud to talk to. `url` is None for the bundled one, which lives in `home`."""

    name: str
    home: Path
    url: str | None = None
    token_file: Path | None = None
    cafile: Path | None = None
    read_only: bool = False
    confirm: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    password_from: str = ""
    """`keyring` when the password is there."""
    pem_certificate: Path | None = None
    pem_key: Path | None = None
    instance_type: str = ""
    """The type that `run` asks for when none is named; empty: the cloud's own choice."""
    public_key: str = ""
    private_key: Path | None = None
    timeout_s: float = 5.0
    """How long the cloud may take when several are asked."""
    theme: str = ""
    banner: str = ""

    @property
    def is_local(self) -> bool:
        """True for the bundled cloud."""
        return self.url is None


def data_folder(environ: Mapping[str, str] | None = None) -> Path:
    """The folder of the bundled cloud: SLSHELL_HOME, /var/lib/slshell for root, else XDG."""
    environ = os.environ if environ is None else environ
    if chosen := environ.get("SLSHELL_HOME"):
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/slshell")
    return _xdg(environ, "XDG_DATA_HOME", ".local/share") / "slshell"


def config_folder(environ: Mapping[str, str] | None = None) -> Path:
    """The folder of `config.toml` and of slshell's own key: SLSHELL_CONFIG, else XDG."""
    environ = os.environ if environ is None else environ
    if chosen := environ.get("SLSHELL_CONFIG"):
        return Path(chosen).expanduser().absolute()
    return _xdg(environ, "XDG_CONFIG_HOME", ".config") / "slshell"


def state_folder(environ: Mapping[str, str] | None = None) -> Path:
    """The folder of what faces remember from one time to the next, by the XDG rules."""
    environ = os.environ if environ is None else environ
    return _xdg(environ, "XDG_STATE_HOME", ".local/state") / "slshell"


def home_folder(environ: Mapping[str, str] | None = None) -> Path:
    """The user's home folder as the given environment sees it."""
    environ = os.environ if environ is None else environ
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read `config.toml`; a missing file means defaults.

    Raises:
        UsageError: the file cannot be read, is not TOML, or has an unknown or mistyped key (named).
    """
    return settings_from(settings_data(environ), config_folder(environ) / CONFIG_FILE)


def settings_data(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What `config.toml` says, unchecked; nothing when there is no such file.

    Raises:
        UsageError: the file cannot be read or is not TOML.
    """
    path = config_folder(environ) / CONFIG_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read", why=str(error), hint="make it a readable UTF-8 file"
        ) from error
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not TOML", why=str(error), hint="correct that line") from error


def settings_from(data: dict[str, Any], path: Path) -> Settings:
    """Check the content of a configuration file that was read from `path`."""
    _refuse_unknown(data, Settings, path, "")
    for section in ("output", "ssh", "dashboard", "repl"):
        kind = type(getattr(Settings(), section))
        _refuse_unknown(data.get(section), kind, path, section)
    remotes = data.get("profiles")
    if isinstance(remotes, dict):
        for name, remote in remotes.items():
            _refuse_unknown(remote, RemoteSettings, path, f"profiles.{name}")
            checked = _convert(remote, RemoteSettings, path, f"profiles.{name}.")
            if not checked.url and name != LOCAL:
                raise UsageError(
                    f"{path}: profiles.{name} has no url", hint="give an address that starts with https://"
                )
    return _convert(data, Settings, path, "")


def pick_profile(name: str | None, settings: Settings, environ: Mapping[str, str] | None = None) -> Profile:
    """The profile to use: `name` (an option), SLSHELL_PROFILE, the configuration's, else `local`.

    Raises:
        UsageError: there is no such profile, or its address is not http(s).
    """
    environ = os.environ if environ is None else environ
    chosen = name or environ.get("SLSHELL_PROFILE") or settings.profile or LOCAL
    home = data_folder(environ)
    remote = settings.profiles.get(chosen, RemoteSettings())
    if remote.confirm not in ("", "name"):
        raise UsageError(
            f"profiles.{chosen}.confirm is “{remote.confirm}”",
            hint='use confirm = "name", or leave it out',
        )
    if chosen in settings.profiles and (remote.url or chosen != LOCAL):
        if not remote.url.startswith(("http://", "https://")):
            raise UsageError(
                f"profiles.{chosen}.url is “{remote.url}”", hint="give an address that starts with https://"
            )
        return Profile(
            name=chosen,
            home=home,
            url=remote.url.rstrip("/"),
            token_file=Path(remote.token_file).expanduser() if remote.token_file else None,
            cafile=Path(remote.cafile).expanduser() if remote.cafile else None,
            username=remote.username,
            password_from=_password_place(chosen, remote.password_from),
            read_only=remote.read_only,
            confirm=remote.confirm,
            theme=remote.theme,
            banner=remote.banner,
        )
    if chosen == LOCAL:
        return Profile(
            name=LOCAL,
            home=home,
            read_only=remote.read_only,
            confirm=remote.confirm,
            theme=remote.theme,
            banner=remote.banner,
        )
    known = [LOCAL, *settings.profiles]
    raise UsageError(f"there is no profile “{chosen}”", hint=nearest_hint(chosen, known))


def _password_place(name: str, place: str) -> str:
    if place not in ("", "keyring"):
        raise UsageError(f"profiles.{name}.password_from is “{place}”", hint='use password_from = "keyring"')
    return place


def _xdg(environ: Mapping[str, str], variable: str, default: str) -> Path:
    value = environ.get(variable, "")
    return Path(value) if value.startswith("/") else home_folder(environ) / default


def _convert(data: object, kind: type[T], path: Path, prefix: str) -> T:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$.")
        key = (prefix + place.rstrip("`")).rstrip(".") or "the file"
        raise UsageError(
            f"{path}: {key}: {text}", hint="see docs/configuration.md for keys and types"
        ) from error


def _refuse_unknown(data: object, kind: type[msgspec.Struct], path: Path, section: str) -> None:
    if not isinstance(data, dict):
        return
    for key in data:
        if key not in kind.__struct_fields__:
            where = f"{section}.{key}" if section else str(key)
            hint = nearest_hint(str(key), list(kind.__struct_fields__))
            raise UsageError(f"{path}: unknown key “{where}”", hint=hint)
