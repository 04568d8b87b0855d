"""`Clouds`: every cloud that the two configuration files and the environment name, as profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from slshell.client.profiles import LOCAL, Profile, Settings, data_folder, home_folder, pick_profile
from slshell.client.stratuslab import (
    DEFAULT,
    SECTION_VARIABLE,
    UserFile,
    Value,
    read_user_file,
)
from slshell.model.errors import UsageError
from slshell.model.nearest import nearest_hint

ENDPOINT_VARIABLE = "STRATUSLAB_ENDPOINT"
PROFILE_VARIABLE = "SLSHELL_PROFILE"
TIMEOUT_S = 5.0
"""How long one of several clouds may take to answer, where the profile does not say."""


@dataclass(frozen=True)
class Clouds:
    """The profiles there are. Those of `config.toml` hide sections of the same name."""

    settings: Settings
    file: UserFile
    environ: Mapping[str, str]

    @classmethod
    def read(cls, settings: Settings, environ: Mapping[str, str]) -> Clouds:
        """Read `stratuslab-user.cfg` beside the settings of `config.toml`."""
        return cls(settings, read_user_file(environ, home_folder(environ)), environ)

    def names(self) -> list[str]:
        """The names of all profiles, the bundled cloud's first."""
        default = [DEFAULT] if self._address(DEFAULT) else []
        return list(dict.fromkeys([LOCAL, *self.settings.profiles, *default, *self.file.clouds]))

    def chosen(self, option: str | None) -> tuple[str, str]:
        """The profile to use, and what chose it."""
        selected = self.file.sections.get(DEFAULT, {}).get("selected_section", "")
        for name, source in (
            (option, "--profile"),
            (self.environ.get(PROFILE_VARIABLE), PROFILE_VARIABLE),
            (self.environ.get(SECTION_VARIABLE), SECTION_VARIABLE),
            (self.settings.profile, "config.toml"),
            (selected, f"{self.file.path.name} [{DEFAULT}]"),
        ):
            if name:
                return name, source
        if address := self._address(DEFAULT):
            return DEFAULT, address.source
        return LOCAL, DEFAULT

    def pick(self, option: str | None = None, *, variables: bool = True) -> Profile:
        """The profile with this name, else the chosen one; `variables=False` looks into files only.

        Raises:
            UsageError: there is no such profile, or its address is missing or wrong.
        """
        name = option or self.chosen(None)[0]
        if name == LOCAL or name in self.settings.profiles:
            found = pick_profile(name, self.settings, self.environ)
            return self._with_user_values(found) if name == LOCAL else found
        if name not in self.file.clouds and not (name == DEFAULT and self._address(DEFAULT)):
            raise UsageError(f"there is no profile “{name}”", hint=nearest_hint(name, self.names()))
        values = self.file.values(name, self.environ, variables=variables)
        if "endpoint" not in values:
            raise UsageError(
                f"{self.file.path}, [{name}]: there is no endpoint",
                hint=f"slshell config set {name}.endpoint https://… says where the cloud is",
            )
        return _profile(name, data_folder(self.environ), values)

    def _address(self, section: str) -> Value | None:
        return self.file.values(section, self.environ).get("endpoint")

    def _with_user_values(self, local: Profile) -> Profile:
        """The bundled cloud with the user's keys and type; it has no address and no account."""
        values = self.file.values(LOCAL, self.environ)
        if "endpoint" in self.file.sections.get(LOCAL, {}):
            raise UsageError(
                f"{self.file.path}, [{LOCAL}]: endpoint is set, but {LOCAL} is the bundled cloud",
                hint="give that section another name",
            )
        user = _user_values(values)
        own = self.file.sections.get(LOCAL, {})
        if "read_only" in own or "confirm" in own:
            user |= {"read_only": _yes(values.get("read_only")), "confirm": _text(values, "confirm")}
        return replace(local, **user)  # type: ignore[arg-type]


def _profile(name: str, home: Path, values: Mapping[str, Value]) -> Profile:
    return Profile(
        name=name,
        home=home,
        url=_url(values["endpoint"]),
        token_file=_path(values, "token_file"),
        cafile=_path(values, "cafile"),
        username=_text(values, "username"),
        password=_text(values, "password"),
        password_from=_text(values, "password_from"),
        pem_certificate=_path(values, "pem_certificate"),
        pem_key=_path(values, "pem_key"),
        timeout_s=_seconds(values.get("endpoint_timeout")),
        read_only=_yes(values.get("read_only")),
        confirm=_text(values, "confirm"),
        **_user_values(values),  # type: ignore[arg-type]
    )


def _user_values(values: Mapping[str, Value]) -> dict[str, object]:
    public = _text(values, "user_public_key_file")
    private = _path(values, "user_private_key_file")
    if private is None and public.endswith(".pub"):
        private = Path(public.removesuffix(".pub")).expanduser()
    return {
        "instance_type": _text(values, "default_instance_type") or _text(values, "instance_type"),
        "public_key": public,
        "private_key": private,
    }


def _url(value: Value) -> str:
    """An address; a bare host or host:port is meant with https."""
    url = value.text if "://" in value.text else f"https://{value.text}"
    if not url.startswith(("http://", "https://")):
        raise UsageError(
            f"endpoint in {value.source} is “{value.text}”", hint="give an address that starts with https://"
        )
    return url.rstrip("/")


def _text(values: Mapping[str, Value], key: str) -> str:
    return values[key].text if key in values else ""


def _path(values: Mapping[str, Value], key: str) -> Path | None:
    return Path(values[key].text).expanduser() if _text(values, key) else None


def _yes(value: Value | None) -> bool:
    word = value.text.lower() if value else "no"
    if word not in ("yes", "true", "on", "1", "no", "false", "off", "0"):
        raise UsageError(f"read_only in {value.source if value else ''} is “{word}”", hint="write yes or no")
    return word in ("yes", "true", "on", "1")


def _seconds(value: Value | None) -> float:
    if value is None:
        return TIMEOUT_S
    try:
        seconds = float(value.text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 3600:
        raise UsageError(
            f"endpoint_timeout in {value.source} is “{value.text}”", hint="give seconds, for example 5"
        )
    return seconds
